import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A process of the demo cluster. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<string>;
  readonly running: () => boolean;
  readonly stop: (limitMs: number) => Promise<void>;
}

export interface ChildPlan {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Added to our own environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Starts a process whose output goes to its log file. The kernel ends it with us (PR_SET_PDEATHSIG), so that a launcher that is
 * killed leaves nothing behind.
 */
export async function startChild({ name, command, args, logFile, environment }: ChildPlan): Promise<Child> {
  const log = openSync(logFile, 'a');
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', command, ...args], {
    // A process group of its own: Ctrl-C reaches the launcher alone, which then stops the others in order.
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...environment },
  });
  closeSync(log);
  await once(child, 'spawn');
  if (child.pid === undefined) throw new Error(`${name} could not be started`);
  const exited = once(child, 'exit').then(([code, signal]) =>
    signal ? `signal ${String(signal)}` : `exit code ${String(code)}`,
  );
  return {
    name,
    pid: child.pid,
    exited,
    running: () => isRunning(child),
    stop: (limitMs) => stop(child, exited, limitMs),
  };
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

async function stop(child: ChildProcess, exited: Promise<string>, limitMs: number): Promise<void> {
  if (!isRunning(child)) return;
  child.kill('SIGTERM');
  // A process somebody has stopped with SIGSTOP only hears us when it goes on.
  child.kill('SIGCONT');
  const late = await Promise.race([exited.then(() => false), delay(limitMs, true, { ref: false })]);
  if (late && isRunning(child)) child.kill('SIGKILL');
  await exited;
}

/** Polls until `ready` answers true. @throws Error when the child ends before or the time is over. */
export async function untilReady(child: Child, ready: () => Promise<boolean>, limitMs: number, logFile: string): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await ready())) {
    if (!child.running()) throw new Error(`${child.name} ended (${await child.exited}); its log is ${logFile}`);
    if (Date.now() > end) throw new Error(`${child.name} was not ready within ${limitMs / 1000} s; its log is ${logFile}`);
    await delay(50);
  }
}
