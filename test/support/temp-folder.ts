import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own, gone with everything in it after `remove()`, or at the end of an `using` block. */
export class TempFolder implements Disposable {
  readonly path: string;

  constructor(name = 'test') {
    this.path = mkdtempSync(join(tmpdir(), `ucmesh-${name}-`));
  }

  /** Path of something inside. */
  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}
