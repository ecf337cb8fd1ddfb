import assert from 'node:assert/strict';
import type { Entry } from '#web/api/index.ts';
import { messageRows } from '#web/client/chat/message-rows.ts';
import { Formats } from '#web/ui/formats.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 0, 5, 9);
const entry = (seq: number, author: string, at: number) =>
  ({ conversationId: 'c', seq, entryId: `e${seq}`, author, at, kind: 'message', body: { text: 'x' } }) as unknown as Entry;

describe('web client: a conversation as rows', () => {
  const format = new Formats('en', 'Europe/Berlin');
  const dayKey = (at: number) => format.dayKey(at);

  it('separates days, joins what one person writes in a row, and marks what is new once', () => {
    const entries = [
      entry(1, 'ben', start),
      entry(2, 'ben', start + 1000),
      entry(3, 'anna', start + 2000),
      entry(4, 'ben', start + day),
    ];
    const rows = messageRows({ entries, outgoing: [], newAfter: 2, self: 'anna', dayKey });
    assert.deepEqual(
      rows.map((row) => (row.kind === 'entry' ? `${row.entry.seq}${row.joined ? ' joined' : ''}` : row.kind)),
      ['day', '1', '2 joined', '3', 'day', 'unread', '4'],
    );
  });

  it('knows days by the time zone of the account', () => {
    const lateInBerlin = Date.UTC(2026, 0, 5, 23, 30);
    assert.equal(format.dayKey(lateInBerlin), '2026-01-06');
    assert.equal(new Formats('en', 'America/New_York').dayKey(lateInBerlin), '2026-01-05');
    assert.equal(format.day(lateInBerlin, lateInBerlin), 'Today');
    assert.equal(new Formats('de', 'Europe/Berlin').day(lateInBerlin - day, lateInBerlin), 'Gestern');
  });
});
