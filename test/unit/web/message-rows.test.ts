import assert from 'node:assert/strict';
import type { ShownMessage } from '#web/api/index.ts';
import { messageRows } from '#web/client/chat/message-rows.ts';
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
      rows.map((row) => (row.kind === 'message' ? `${row.message.seq}${row.joined ? ' joined' : ''}` : row.kind)),
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
