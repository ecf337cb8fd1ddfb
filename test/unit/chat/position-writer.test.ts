import assert from 'node:assert/strict';
import { conversationIdSchema, userIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import type { MemberPosition } from '#ucserver/chat/position-plan.ts';
import { PositionSpool } from '#ucserver/chat/position-spool.ts';
import { PositionWriter } from '#ucserver/chat/position-writer.ts';
import { MemoryDisk } from '../outbox/memory-disk.ts';

const position = (user: string, read: number): MemberPosition => ({
  ...{ conversationId: conversationIdSchema.parse('d-conversation'), userId: userIdSchema.parse(user) },
  ...{ read, delivered: read },
});

describe('read positions while SQL is away', () => {
  let disk: MemoryDisk;
  let clock: ManualClock;
  let stored: Map<string, number>;
  let isAway: boolean;

  beforeEach(() => {
    disk = new MemoryDisk();
    clock = new ManualClock();
    stored = new Map();
    isAway = false;
  });

  async function open(): Promise<{ writer: PositionWriter; spool: PositionSpool }> {
    const spool = await PositionSpool.open({ disk, logger: silentLogger });
    const writer = new PositionWriter({
      ...{ spool, clock, logger: silentLogger, everyMs: 20, canWrite: () => !isAway },
      repository: {
        async raisePositions(positions) {
          if (isAway) throw new UCError('STORAGE_UNAVAILABLE');
          for (const { userId, read } of positions) stored.set(userId, Math.max(read, stored.get(userId) ?? 0));
        },
      },
    });
    writer.start();
    return { writer, spool };
  }

  it('need no disk while SQL is there', async () => {
    const { writer } = await open();
    await writer.raise(position('ada', 3));
    await clock.pass(20);
    await eventually(() => assert.deepEqual([...stored].sort(), [['ada', 3]]));
    assert.deepEqual(disk.done, []);
    await writer.stop();
  });

  it('survive a crash once they are acknowledged, the highest of each', async () => {
    const { writer } = await open();
    isAway = true;
    await writer.raise(position('ada', 3));
    await writer.raise(position('bob', 1));
    await writer.raise(position('ada', 5));
    await writer.raise(position('ada', 4));
    assert.ok(disk.done.includes('sync'));
    disk.crash(5);

    isAway = false;
    const next = await open();
    assert.equal(next.writer.waiting(position('ada', 0).conversationId, position('ada', 0).userId)?.read, 5);
    await clock.pass(20);
    await eventually(() =>
      assert.deepEqual([...stored].sort(), [
        ['ada', 5],
        ['bob', 1],
      ]),
    );
    await eventually(() => assert.equal(next.spool.size, 0));
    await next.writer.stop();
    assert.equal(disk.files.size, 0);
  });

  it('are spooled too when they came before SQL was known to be away', async () => {
    const { writer, spool } = await open();
    await writer.raise(position('ada', 3));
    isAway = true;
    await clock.pass(20);
    await eventually(() => assert.equal(spool.size, 1));
    isAway = false;
    await clock.pass(1_000);
    await eventually(() => assert.deepEqual([...stored].sort(), [['ada', 3]]));
    await eventually(() => assert.equal(spool.size, 0));
    await writer.stop();
  });

  it('are not acknowledged when the disk refuses them', async () => {
    const { writer } = await open();
    isAway = true;
    disk.failNext = 'sync';
    await assert.rejects(writer.raise(position('ada', 3)), { code: 'STORAGE_UNAVAILABLE' });
    await writer.stop();
  });
});
