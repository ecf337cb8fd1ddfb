import assert from 'node:assert/strict';
import type { EntryId, PendingEntry, ShownMessage } from '#web/api/index.ts';
import { indexOfSeq, type MessageRowsInput, messageRows } from '#web/client/chat/message-rows.ts';
import { Formats } from '#web/ui/formats.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 0, 5, 9);
const message = (seq: number, author: string, at: number) =>
  ({ seq, entryId: `e${seq}`, author, at, text: 'x' }) as unknown as ShownMessage;

describe('web client: a conversation as rows', () => {
  const format = new Formats('en', 'Europe/Berlin');
  const dayKey = (at: number) => format.dayKey(at);

  it('separates days, joins what one person writes in a row, and marks what is new once', () => {
    const messages = [
      message(1, 'ben', start),
      message(2, 'ben', start + 1000),
      message(3, 'anna', start + 2000),
      message(4, 'ben', start + day),
    ];
    const rows = messageRows({ messages, outgoing: [], newAfter: 2, self: 'anna', dayKey });
    assert.deepEqual(
      rows.map((row) => [row.key, row.day !== undefined, row.isFirstNew, row.kind === 'message' && row.joined]),
      [
        ['e1', true, false, false],
        ['e2', false, false, true],
        ['e3', false, false, false],
        ['e4', true, true, false],
      ],
    );
  });

  it('knows days by the time zone of the account', () => {
    const lateInBerlin = Date.UTC(2026, 0, 5, 23, 30);
    assert.equal(format.dayKey(lateInBerlin), '2026-01-06');
    assert.equal(new Formats('en', 'America/New_York').dayKey(lateInBerlin), '2026-01-05');
    assert.equal(format.day(lateInBerlin, lateInBerlin), 'Today');
    assert.equal(new Formats('de', 'Europe/Berlin').day(lateInBerlin - day, lateInBerlin), 'Gestern');
  });

  it('gives a row the same key when it gets its number and when older ones come before it', () => {
    const outgoing = [{ entryId: 'e3' as EntryId, text: 'x', at: start + 2000, state: 'sending' as const }];
    const keys = (input: Pick<MessageRowsInput, 'messages' | 'outgoing'>) =>
      messageRows({ ...input, newAfter: undefined, self: 'anna', dayKey }).map(({ key }) => key);
    assert.deepEqual(keys({ messages: [message(2, 'ben', start)], outgoing }), ['e2', 'e3']);
    const messages = [message(1, 'ben', start - 1000), message(2, 'ben', start), message(3, 'anna', start + 2000)];
    assert.deepEqual(keys({ messages, outgoing: [] }), ['e1', 'e2', 'e3']);
  });

  it('tells what happened to the group while the database is away where it stands between the messages', () => {
    const waiting = (kind: string, entryId: string) =>
      ({ kind, entryId, author: 'ben', at: start + 10 }) as unknown as PendingEntry;
    const messages = [message(1, 'ben', start), { ...message(2, 'ben', start + 1000), seq: undefined }];
    const pending = [waiting('rename', 'p1'), waiting('message', 'e2'), waiting('reaction', 'p2'), waiting('members', 'p3')];
    const rows = messageRows({ messages, pending, outgoing: [], newAfter: undefined, self: 'anna', dayKey });
    assert.deepEqual(
      rows.map(({ kind, key }) => `${kind} ${key}`),
      ['message e1', 'notice p1', 'message e2', 'notice p3'],
    );
  });

  it('finds the row of a number, or the first one behind it', () => {
    const messages = [message(1, 'ben', start), message(4, 'ben', start), message(9, 'ben', start)];
    const rows = messageRows({ messages, outgoing: [], newAfter: undefined, self: 'anna', dayKey });
    assert.deepEqual(
      [1, 2, 4, 5, 9, 10].map((seq) => indexOfSeq(rows, seq)),
      [0, 1, 1, 2, 2, -1],
    );
  });
});
