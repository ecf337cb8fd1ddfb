import assert from 'node:assert/strict';
import { UCError } from '#shared/protocol/errors.ts';
import { Arrivals } from '#web/api/arrivals.ts';
import type { ConversationId, Entry, EntryId, PendingEntry, UserId } from '#web/api/index.ts';

const anna = 'anna' as UserId;
const ben = 'ben' as UserId;

const entry = (seq: number, body: Entry['body'] = { text: String(seq) }): Entry => ({
  ...{ conversationId: 'c' as ConversationId, seq, entryId: `e${seq}` as EntryId, author: ben, at: seq, kind: 'message', body },
});
const pending = (place: number): PendingEntry => {
  const { seq: _, ...rest } = entry(place);
  return { ...rest, place };
};

describe('web/api: arrivals', () => {
  let marks: object[];
  let heard: string[];
  let isAway: boolean;
  let arrivals: Arrivals;

  beforeEach(() => {
    marks = [];
    heard = [];
    isAway = false;
    arrivals = new Arrivals({
      self: anna,
      readUpTo: () => 0,
      mark: async (position) => {
        if (isAway) throw new UCError('STORAGE_UNAVAILABLE');
        marks.push(position);
      },
      arrived: (entries) => heard.push(...entries.map(({ body }) => String(body.text))),
    });
  });

  it('announces each message once, also one that was pending first, and none that was taken back before', () => {
    arrivals.pending([pending(1)]);
    arrivals.pending([pending(1), pending(2)]);
    arrivals.entries([entry(1), entry(2), entry(3, {}), entry(4)]);
    assert.deepEqual(heard, ['1', '2', '4']);
  });

  it('tells the furthest position again that could not be taken', async () => {
    isAway = true;
    arrivals.entries([entry(1), entry(2)]);
    arrivals.tellRead(1);
    arrivals.tellRead(2);
    await Promise.resolve();
    isAway = false;
    arrivals.tellAgain();
    arrivals.tellAgain();
    assert.deepEqual(marks, [{ read: 2, delivered: 2 }]);
  });
});
