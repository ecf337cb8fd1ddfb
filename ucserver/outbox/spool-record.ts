import { crc32 } from 'node:zlib';
import * as z from 'zod';
import { itemSchema, type OutboxItem } from './item.ts';

/** What stands in a spool: an item, or that an item of this name before it does not count. */
export type SpoolRecord = { readonly item: OutboxItem } | { readonly cancelled: string };

const recordSchema = z.union([z.object({ item: itemSchema }), z.object({ cancelled: z.string() })]);

/** Length and CRC-32 of the JSON that follows, both 32 bits, little-endian. */
const headBytes = 8;
/** No record of ours is longer; a length above it is damage, not a reason to read on. */
const longestBytes = 1 << 20;

export function encodeRecord(record: SpoolRecord): Buffer {
  const json = Buffer.from(JSON.stringify(record));
  const head = Buffer.alloc(headBytes);
  head.writeUInt32LE(json.length, 0);
  head.writeUInt32LE(crc32(json), 4);
  return Buffer.concat([head, json]);
}

/**
 * Reads records up to the first that is not whole: the tail that a crash tore.
 *
 * @returns the whole records, and how many bytes were dropped behind them
 */
export function decodeRecords(bytes: Buffer): { readonly records: readonly SpoolRecord[]; readonly droppedBytes: number } {
  const records: SpoolRecord[] = [];
  let at = 0;
  while (bytes.length - at >= headBytes) {
    const length = bytes.readUInt32LE(at);
    const json = bytes.subarray(at + headBytes, at + headBytes + length);
    if (length > longestBytes || json.length < length || crc32(json) !== bytes.readUInt32LE(at + 4)) break;
    const record = parse(json);
    if (record === undefined) break;
    records.push(record);
    at += headBytes + length;
  }
  return { records, droppedBytes: bytes.length - at };
}

function parse(json: Buffer): SpoolRecord | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(json.toString())).data;
  } catch {
    return undefined;
  }
}
