import { generateKeyPairSync } from 'node:crypto';
import { rounded } from '../figures.ts';
import { seedPassword } from '../stage/seed.ts';
import type { Stage } from '../stage/stage.ts';

const seconds = 4;
const atOnce = 4;

/** Sign-ins with a password over HTTP that the servers together do per second: what the memory-hard hash leaves. */
export async function passwordSignInsPerSecond(stage: Stage): Promise<number> {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = publicKey.export({ format: 'jwk' });
  const untilMs = performance.now() + seconds * 1_000;
  let signedIn = 0;
  let next = 0;
  const signInSome = async () => {
    while (performance.now() < untilMs) {
      const user = next++ % 50;
      const server = stage.urls[stage.serverOf(user)]?.replace(/^ws/, 'http').replace(/\/ws$/, '');
      const device = { id: `device${user}`, kind: 'browser', name: 'bench' };
      const response = await fetch(`${server}/api/auth/sign-in`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ signIn: `user${user}`, password: seedPassword, device, key }),
      });
      if (!response.ok) throw new Error(`sign-in with a password: ${response.status} ${await response.text()}`);
      signedIn++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, signInSome));
  return rounded(signedIn / seconds);
}
