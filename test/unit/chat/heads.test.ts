import assert from 'node:assert/strict';
import { type ConversationId, type UserId, userIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import type { ConversationMembers } from '#ucserver/chat/conversation-members.ts';
import type { Delivery } from '#ucserver/chat/delivery.ts';
import type { Generation } from '#ucserver/chat/generation.ts';
import { Heads } from '#ucserver/chat/heads.ts';

const ada = userIdSchema.parse('ada');
const conversationId = 'd-one' as ConversationId;

describe('heads after a restore', () => {
  let clock: ManualClock;
  let isAway: boolean;
  let reads: number;
  let told: (readonly [readonly UserId[], number])[];
  let heads: Heads;

  beforeEach(() => {
    clock = new ManualClock();
    isAway = true;
    reads = 0;
    told = [];
    heads = new Heads({
      repository: {
        async *heads() {
          reads++;
          if (isAway) throw new UCError('STORAGE_UNAVAILABLE');
          yield [{ userId: ada, conversationId, lastSeq: 7, lastAt: 0 }];
        },
      },
      delivery: { tellHead: (_, users, seq) => told.push([users, seq]) } as Pick<Delivery, 'tellHead'> as Delivery,
      generation: { read: async () => 2 } as Pick<Generation, 'read'> as Generation,
      members: {} as ConversationMembers,
      sessions: { users: () => [ada].values(), has: () => true, ofUser: () => [] },
      isCutOff: () => false,
      clock,
      logger: silentLogger,
    });
  });

  it('are told as soon as SQL lets them be read', async () => {
    await heads.tellAll();
    assert.deepEqual(told, []);
    isAway = false;
    clock.advance(1_000);
    await eventually(() => assert.deepEqual(told, [[[ada], 7]]));
    clock.advance(10_000);
    assert.equal(reads, 2);
  });

  it('are not read any more once the server has stopped', async () => {
    const telling = heads.tellAll();
    heads.stop();
    await telling;
    clock.advance(10_000);
    assert.equal(reads, 1);
  });
});
