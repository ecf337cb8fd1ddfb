import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { type Child, startChild, untilReady } from './children.ts';
import type { Plan } from './plan.ts';

/** Starts the private Redis of the demo (loopback, append-only file, nothing ever evicted) and waits until it answers. */
export async function startRedis(plan: Plan['redis']): Promise<Child> {
  const { port, folder, password, logFile } = plan;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'redis.conf');
  const lines = [`port ${port}`, 'bind 127.0.0.1', `dir "${folder}"`, `requirepass ${password}`];
  const keeping = ['appendonly yes', 'save ""', 'maxmemory-policy noeviction', 'daemonize no'];
  writeFileSync(file, [...lines, ...keeping, ''].join('\n'), { mode: 0o600 });
  const child = await startChild({ name: 'redis', command: 'redis-server', args: [file], logFile });
  await untilReady(child, () => answersPing(plan), 10_000, logFile);
  return child;
}

/** Asks over the plain protocol (RESP), so that the launcher needs no client of its own. */
function answersPing({ port, password }: Plan['redis']): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    let answer = '';
    socket.setTimeout(1_000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (answer.includes('+PONG')) finish(true);
      else if (answer.includes('-')) finish(false);
    });
  });
}
