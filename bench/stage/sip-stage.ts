import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { endProcess, spawnBound } from '#test/support/child-process.ts';
import type { WireAddress } from '#test/support/sip/wire.ts';
import { portOf } from './floor-stage.ts';

const secret = 'the-secret-of-the-bench';

/** An edge with one bare application on it, each a process of its own. */
export interface SipStage extends AsyncDisposable {
  readonly listener: WireAddress;
  readonly edgePid: number;
  readonly applicationPid: number;
}

/** @param what the application does; see `bench/floor/sip-application.ts` */
export async function sipFloorStage(what: 'answer' | 'connect' | 'register', uri = ''): Promise<SipStage> {
  const root = resolve(import.meta.dirname, '../..');
  const edge = spawnBound(process.execPath, [resolve(root, 'sipedge/main.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const limits = { transactionsPerSource: 1_000_000 };
  edge.stdin?.write(`${JSON.stringify({ control: { secret }, listeners: [{ protocol: 'udp' }], limits })}\n`);
  const { controlPort, listeners } = await firstLine(edge);
  const program = resolve(root, 'bench/floor/sip-application.ts');
  const application = spawnBound(process.execPath, [program, what, String(controlPort), secret, uri], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await portOf(application);
  const [listener] = listeners;
  if (listener === undefined || edge.pid === undefined || application.pid === undefined)
    throw new Error('the edge does not listen');
  return {
    listener,
    edgePid: edge.pid,
    applicationPid: application.pid,
    async [Symbol.asyncDispose]() {
      await endProcess(application);
      await endProcess(edge);
    },
  };
}

async function firstLine(edge: ChildProcess): Promise<{ controlPort: number; listeners: readonly WireAddress[] }> {
  if (edge.stdout === null) throw new Error('the edge has no standard output');
  const [line] = (await once(createInterface({ input: edge.stdout }), 'line')) as [string];
  return JSON.parse(line) as { controlPort: number; listeners: readonly WireAddress[] };
}
