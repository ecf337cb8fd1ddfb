import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { endProcess, spawnBound } from '#test/support/child-process.ts';
import { eventually } from '#test/support/eventually.ts';
import type { TestClusterOptions } from '#test/support/test-cluster.ts';

/** What the process tells; see member-process.ts. */
export interface MemberLine {
  readonly event: 'started' | 'rebirth' | 'permission' | 'paused';
  readonly mayServe: boolean;
  readonly incarnation?: string;
  readonly before?: string;
}

/** A server of the mesh in a process of its own, to be killed and stopped. */
export class MemberProcess {
  readonly lines: MemberLine[] = [];
  readonly #child: ChildProcess;

  static async start(serverId: string, options: TestClusterOptions): Promise<MemberProcess> {
    const member = new MemberProcess(serverId, options);
    await eventually(() => member.lines.some(({ event }) => event === 'started'), {
      withinMs: 15_000,
      what: `${serverId} has started`,
    });
    return member;
  }

  private constructor(serverId: string, options: TestClusterOptions) {
    const path = fileURLToPath(new URL('./member-process.ts', import.meta.url));
    this.#child = spawnBound(process.execPath, [path, JSON.stringify({ serverId, ...options })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (this.#child.stdout) createInterface(this.#child.stdout).on('line', (line) => this.lines.push(JSON.parse(line)));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    await endProcess(this.#child, 'SIGKILL');
  }
}
