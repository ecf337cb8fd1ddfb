import assert from 'node:assert/strict';
import { type Tokens, tokensSchema } from '#shared/protocol/account.ts';
import { httpPaths } from '#shared/protocol/http.ts';
import { eventually } from '#test/support/eventually.ts';
import { InProcess } from '#test/support/in-process.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { measured } from '#test/support/measured.ts';
import { TestDevice } from '#test/unit/auth/fixture.ts';

async function post(url: string, path: string, body: unknown, token?: string): Promise<Response> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { 'content-type': 'application/json', connection: 'close', ...authorization };
  return fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body), headers });
}

describe('auth on two servers', function () {
  this.timeout(60_000);
  const handles = new HandleWatch();
  let stage: InProcess;

  before(async () => {
    stage = await InProcess.start({ servers: 2, people: { ann: { home: 'server-1' }, bob: { home: 'server-2' } } });
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
    await handles.check(8_000);
  });

  async function signIn(name: string, device: TestDevice, at: number): Promise<Tokens> {
    const { password } = stage.account(name);
    const answer = await post(stage.urls[at] ?? '', httpPaths.signIn, {
      signIn: name,
      password,
      device: device.about,
      key: device.key,
    });
    return tokensSchema.parse(await answer.json());
  }

  async function refreshed(tokens: Tokens, device: TestDevice, at: number): Promise<number> {
    const url = stage.urls[at] ?? '';
    const { nonce } = (await (await post(stage.urls[1 - at] ?? '', httpPaths.nonce, {})).json()) as { nonce: string };
    const { refreshToken } = tokens;
    return (await post(url, httpPaths.refresh, { refreshToken, nonce, signature: device.sign(nonce) })).status;
  }

  it('takes tokens and nonces of the other server, and no more once the device was signed out there', async () => {
    const device = new TestDevice('bobs-browser');
    const tokens = await signIn('bob', device, 0);
    assert.equal(await refreshed(tokens, device, 1), 200);
    const beganMs = performance.now();
    assert.equal((await post(stage.urls[0] ?? '', httpPaths.signOut, {}, tokens.accessToken)).status, 200);
    await eventually(async () => (await refreshed(tokens, device, 1)) === 401);
    measured('signed out on the other server', performance.now() - beganMs, 1_000);
  });

  it('ends the sessions of all other devices, wherever their people are', async () => {
    const here = await stage.signIn('ann', 0, 'Laptop');
    const there = await stage.signIn('ann', 1, 'Phone');
    await eventually(async () => (await here.client.call('account.devices', {})).devices.length === 2);
    const beganMs = performance.now();
    await here.client.call('account.signOut', { actId: 'sign-out-others' as never });
    await eventually(() => there.client.state.phase !== 'open');
    measured('session of another device ended', performance.now() - beganMs, 1_000);
    assert.equal(here.client.state.phase, 'open');
    await eventually(() => JSON.stringify(there.client.state).includes('signedOut'), { what: 'the client knows why' });
  });
});
