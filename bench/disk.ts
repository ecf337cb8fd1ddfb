import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { percentile } from './figures.ts';

/** About what a server under half load commits at once, and how often. */
const bytes = 128 << 10;
const everyMs = 20;
const times = 150;

/** How long it takes until the disk holds what was just written to a file in this folder: below that no commit can be, ms. */
export async function fsyncP95Ms(folder: string): Promise<number> {
  const file = `${folder}/fsync.probe`;
  const descriptor = openSync(file, 'w');
  try {
    const block = Buffer.alloc(bytes, 1);
    const tookMs: number[] = [];
    for (let count = 0; count < times; count++) {
      writeSync(descriptor, block);
      const startMs = performance.now();
      fdatasyncSync(descriptor);
      tookMs.push(performance.now() - startMs);
      await pause(everyMs);
    }
    return percentile(tookMs, 0.95);
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
}
