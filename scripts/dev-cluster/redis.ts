import { mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { type Child, startChild, untilReady } from './children.ts';
import type { Plan } from './plan.ts';

/** Arguments of the private Redis: on loopback, append-only file on, nothing ever evicted. */
export function redisArguments({ port, folder, password }: Plan['redis']): string[] {
  return [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--requirepass', password],
    ...['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction', '--daemonize', 'no'],
  ];
}

/** Starts the private Redis of the demo and waits until it answers. */
export async function startRedis(plan: Plan['redis']): Promise<Child> {
  mkdirSync(plan.folder, { recursive: true });
  const child = await startChild({ name: 'redis', command: 'redis-server', args: redisArguments(plan), logFile: plan.logFile });
  await untilReady(child, () => answersPing(plan), 10_000, plan.logFile);
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
