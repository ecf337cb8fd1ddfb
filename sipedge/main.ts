import { createInterface } from 'node:readline';
import { systemClock } from '#shared/runtime/clock.ts';
import { createLogger } from '#shared/runtime/logger.ts';
import { startEdge } from './edge.ts';
import { optionsSchema } from './options.ts';

/**
 * The SIP edge as a process. Its parent writes the options as one line of JSON to standard input (a secret must not stand where
 * other users can read it) and keeps that open: when it ends, the parent is gone, and the edge ends too. When everything listens,
 * one line `{"controlPort":…,"listeners":[{"protocol":…,"host":…,"port":…}]}` is printed.
 */
const input = createInterface({ input: process.stdin });
const first = await new Promise<string | undefined>((resolve) => {
  input.once('line', resolve);
  input.once('close', () => resolve(undefined));
});
if (first === undefined) process.exit(2);

const given = optionsSchema.safeParse(JSON.parse(first));
const logger = createLogger({ level: given.data?.log ?? 'warn', format: 'json', fields: { process: 'sipedge' } });
process.on('unhandledRejection', (error) => logger.error('a promise was rejected and nobody looked', { error }));

function fail(problem: string, error: unknown): never {
  logger.error(problem, { error });
  process.exit(1);
}

if (!given.success) fail('the options are wrong', given.error);
const edge = await startEdge(given.data, { clock: systemClock, logger }).catch((error: unknown) =>
  fail('nothing can be served', error),
);

let isStopping = false;
function stop(): void {
  if (isStopping) return;
  isStopping = true;
  void edge.stop().then(() => process.exit(0));
}
input.on('close', stop);
process.on('SIGTERM', stop);
// A terminal sends this to parent and child alike; the parent decides.
process.on('SIGINT', () => undefined);
process.on('disconnect', stop);
// Nobody reads any more; that the parent is gone shows on standard input.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
console.log(JSON.stringify({ controlPort: edge.controlPort, listeners: edge.listeners }));
