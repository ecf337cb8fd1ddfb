import assert from 'node:assert/strict';
import type { Position, UserId } from '#web/api/index.ts';
import { messageLimits } from '#web/client/chat/message-limits.ts';
import { readStateOf } from '#web/client/chat/read-state.ts';

describe('web/client: who has read a message', () => {
  const [ada, bob, cleo] = ['ada', 'bob', 'cleo'] as unknown as [UserId, UserId, UserId];
  const positions = new Map<UserId, Position>([
    [ada, { userId: ada, read: 7, delivered: 7 }],
    [bob, { userId: bob, read: 3, delivered: 7 }],
  ]);

  it('is told apart from whom it has only reached, and whom it has not', () => {
    assert.deepEqual(readStateOf([ada, bob, cleo], positions, 5), { read: [ada], delivered: [bob], waiting: [cleo] });
    assert.deepEqual(readStateOf([ada, bob, cleo], positions), { read: [], delivered: [], waiting: [ada, bob, cleo] });
  });

  it('limits are those of the company, or the highest there can be', () => {
    assert.equal(messageLimits({ 'chat.messageUnits': 200 }).units, 200);
    assert.deepEqual(messageLimits({ 'chat.messageFiles': 'x' }), {
      ...{ units: 10_000, files: 10, mentions: 50, everybodyMembers: Number.POSITIVE_INFINITY },
    });
  });
});
