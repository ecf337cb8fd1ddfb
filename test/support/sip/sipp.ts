import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { endProcess, spawnBound } from '../child-process.ts';
import { freePort } from '../free-port.ts';
import { TempFolder } from '../temp-folder.ts';
import type { WireAddress } from './wire.ts';

export interface SippOptions {
  readonly protocol: 'udp' | 'tcp';
  /** Calls per second. */
  readonly rate: number;
  readonly calls: number;
  /** How long each call lasts, in ms. */
  readonly holdMs: number;
  readonly to: WireAddress;
  /** User of the Request-URI. */
  readonly user?: string;
}

/** What sipp counted. */
export interface SippResult {
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
  readonly seconds: number;
}

/** Makes calls with sipp's own scenario of a caller, and answers what came of them. */
export async function sippCalls({ protocol, rate, calls, holdMs, to, user = 'service' }: SippOptions): Promise<SippResult> {
  using folder = new TempFolder('sipp');
  const file = folder.file('statistics.csv');
  const child = spawnBound('sipp', [
    ...['-sn', 'uac', `${to.host}:${to.port}`, '-i', '127.0.0.1', '-p', String(await freePort()), '-s', user],
    ...['-t', protocol === 'udp' ? 'u1' : 't1', '-r', String(rate), '-m', String(calls), '-d', String(holdMs), '-nostdin'],
    ...['-trace_stat', '-stf', file, '-fd', '1', '-timeout', '60', '-timeout_error'],
  ]);
  child.stdout?.resume();
  child.stderr?.resume();
  await once(child, 'exit');
  const [names = [], ...rows] = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(';'));
  const last = rows.at(-1) ?? [];
  const value = (name: string) => Number(last[names.indexOf(name)]);
  return {
    successful: value('SuccessfulCall(C)'),
    failed: value('FailedCall(C)'),
    retransmissions: value('Retransmissions(C)'),
    seconds: calls / rate,
  };
}

/** Answers calls with sipp's own scenario of who is called, until it is ended. */
export async function sippAnswers(
  protocol: 'udp' | 'tcp',
): Promise<{ readonly port: number; readonly child: ChildProcess; end(): Promise<void> }> {
  const port = await freePort();
  const transport = protocol === 'udp' ? 'u1' : 't1';
  const child = spawnBound('sipp', ['-sn', 'uas', '-i', '127.0.0.1', '-p', String(port), '-t', transport, '-nostdin']);
  child.stdout?.resume();
  child.stderr?.resume();
  return { port, child, end: () => endProcess(child, 'SIGKILL') };
}
