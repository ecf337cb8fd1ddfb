import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { FeedPosition } from './change-feed.ts';
import type { SecretBox } from './secret-box.ts';

export interface Snapshot {
  readonly position: FeedPosition;
  /** Rows by kind. */
  readonly rows: ReadonlyMap<string, readonly object[]>;
}

type Frame =
  | { readonly frame: 'start'; readonly position: FeedPosition }
  | { readonly frame: 'rows'; readonly kind: string; readonly rows: readonly object[] }
  | { readonly frame: 'end' };

const magic = Buffer.from('ucmesh snapshot 1\n');
const framesPerWrite = 16;

/**
 * The copy of the memory on this server's disk. A sequence of sealed frames, each bound to its place, with an end mark: a
 * file that is torn, altered or of another mesh is told from a good one as a whole. Written beside and renamed, in slices,
 * so that the event loop goes on.
 */
export class SnapshotFile {
  readonly #path: string;
  readonly #box: SecretBox;

  constructor(path: string, box: SecretBox) {
    this.#path = path;
    this.#box = box;
  }

  /** @param pages the rows, in pages of at most some hundred; read while the file is written */
  async write(
    position: FeedPosition,
    pages: Iterable<{ readonly kind: string; readonly rows: readonly object[] }>,
  ): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    const beside = `${this.#path}.new`;
    const file = await open(beside, 'w', 0o600);
    try {
      let place = 0;
      let chunk: Buffer[] = [magic, this.#seal({ frame: 'start', position }, place)];
      for (const { kind, rows } of pages) {
        place += 1;
        chunk.push(this.#seal({ frame: 'rows', kind, rows }, place));
        await turn();
        if (chunk.length >= framesPerWrite) {
          await file.writev(chunk);
          chunk = [];
        }
      }
      await file.writev([...chunk, this.#seal({ frame: 'end' }, place + 1)]);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, this.#path);
    await syncFolder(dirname(this.#path));
  }

  /** @returns `undefined` when there is no file @throws Error when the file is not a whole snapshot of this mesh */
  async read(): Promise<Snapshot | undefined> {
    let bytes: Buffer;
    try {
      bytes = await readFile(this.#path);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
    if (!bytes.subarray(0, magic.length).equals(magic)) throw new Error('not a snapshot of this version');
    const rows = new Map<string, object[]>();
    let position: FeedPosition | undefined;
    let at = magic.length;
    for (let place = 0; ; place += 1) {
      const { frame, next } = this.#open(bytes, at, place);
      at = next;
      if (frame.frame === 'end') break;
      if (frame.frame === 'start') position = frame.position;
      else append(rows, frame.kind, frame.rows);
      await turn();
    }
    if (position === undefined) throw new Error('the snapshot has no start');
    return { position, rows };
  }

  #seal(frame: Frame, place: number): Buffer {
    const sealed = this.#box.seal(Buffer.from(JSON.stringify(frame)), `snapshot frame ${place}`);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(sealed.length);
    return Buffer.concat([length, sealed]);
  }

  #open(bytes: Buffer, at: number, place: number): { frame: Frame; next: number } {
    if (at + 4 > bytes.length) throw new Error('the snapshot is cut short');
    const next = at + 4 + bytes.readUInt32BE(at);
    if (next > bytes.length) throw new Error('the snapshot is cut short');
    const plain = this.#box.open(bytes.subarray(at + 4, next), `snapshot frame ${place}`);
    return { frame: JSON.parse(plain.toString()) as Frame, next };
  }
}

function append(rows: Map<string, object[]>, kind: string, more: readonly object[]): void {
  const known = rows.get(kind);
  if (known === undefined) rows.set(kind, [...more]);
  else known.push(...more);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
