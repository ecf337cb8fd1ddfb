import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { CallId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { JournalEntry } from '#shared/protocol/journal.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import type { Client } from '#web/api/index.ts';
import { everyCall, filterParams } from '#web/client/journal/call-filter.ts';
import { CallJournal } from '#web/client/journal/call-journal.ts';
import { callRows, talkTime } from '#web/client/journal/call-rows.ts';

const entryOf = (id: string, startedAt: number, changes: Partial<JournalEntry> = {}): JournalEntry => ({
  ...{ callId: id as CallId, scenarioId: id as CallId, direction: 'incoming', scope: 'external', peer: {} },
  ...{ startedAt, endedAt: startedAt + 10, result: 'missed', ...changes },
});

/** A client whose server answers what it is told to. */
class FakeClient {
  readonly clock = new ManualClock();
  readonly state = { phase: 'open', welcome: { sessionId: 's1' } };
  readonly asked: { method: string; params: object }[] = [];
  readonly answers = new Map<string, unknown>([
    ['journal.unread', { missed: 0 }],
    ['journal.list', { entries: [] }],
  ]);
  readonly #listeners = new Map<string, (fields: unknown) => void>();

  readonly on = (event: string, listener: (fields: never) => void) => {
    this.#listeners.set(event, listener as (fields: unknown) => void);
    return () => this.#listeners.delete(event);
  };
  readonly onState = () => () => undefined;
  readonly now = () => 1_000;

  readonly call = async (method: string, params: object) => {
    this.asked.push({ method, params });
    const answer = this.answers.get(method);
    if (answer instanceof Error) throw answer;
    return answer;
  };

  tell(event: string, fields: unknown): void {
    this.#listeners.get(event)?.(fields);
  }
}

describe('past calls in the client', () => {
  let client: FakeClient;
  let journal: CallJournal;
  const settle = async (ms = 0) => {
    client.clock.advance(ms);
    for (let turns = 0; turns < 10; turns++) await turn();
  };
  const ids = () => journal.list.value.entries.map(({ callId }) => callId);

  beforeEach(() => {
    client = new FakeClient();
    journal = new CallJournal(client as unknown as Client);
  });
  afterEach(() => journal.close());

  it('are read when they are first looked at, page by page', async () => {
    await settle();
    assert.deepEqual(
      client.asked.map(({ method }) => method),
      ['journal.unread'],
    );
    client.answers.set('journal.list', { entries: [entryOf('b', 20)], nextCursor: 'next' });
    journal.show();
    await settle(1);
    client.answers.set('journal.list', { entries: [entryOf('b', 20), entryOf('a', 10)] });
    await journal.loadMore();
    assert.deepEqual([ids(), journal.list.value.more], [['b', 'a'], false]);
    assert.deepEqual(client.asked.at(-1)?.params, { limit: 50, cursor: 'next' });
  });

  it('come into their place, change, and go, as the server tells', async () => {
    client.answers.set('journal.list', { entries: [entryOf('c', 30), entryOf('a', 10, { unread: true })] });
    journal.show();
    await settle(1);
    client.tell('journal.entry', entryOf('b', 20));
    client.tell('journal.entry', entryOf('d', 40));
    client.tell('journal.entry', entryOf('c', 30, { note: 'mine' }));
    assert.deepEqual(ids(), ['d', 'c', 'b', 'a']);
    assert.equal(journal.list.value.entries[1]?.note, 'mine');
    client.tell('journal.read', { upTo: 15 });
    assert.equal(journal.list.value.entries.at(-1)?.unread, undefined);
    client.tell('journal.removed', { callIds: ['b'] });
    assert.deepEqual(ids(), ['d', 'c', 'a']);
  });

  it('leave what is older than the last page to the next one', async () => {
    client.answers.set('journal.list', { entries: [entryOf('c', 30)], nextCursor: 'next' });
    journal.show();
    await settle(1);
    client.tell('journal.entry', entryOf('a', 10));
    assert.deepEqual(ids(), ['c']);
  });

  it('are asked for again when one comes that a filter may leave out', async () => {
    journal.show();
    await settle(1);
    journal.look({ kind: 'missed' });
    await settle(300);
    const before = client.asked.length;
    client.tell('journal.entry', entryOf('a', 10));
    await settle(300);
    assert.deepEqual(client.asked.slice(before), [{ method: 'journal.list', params: { missed: true, limit: 50 } }]);
  });

  it('say why they cannot be read, and are read again when one asks or the database is back', async () => {
    client.answers.set('journal.list', new UCError('STORAGE_UNAVAILABLE'));
    journal.show();
    await settle(1);
    assert.deepEqual([journal.list.value.state, journal.list.value.error?.code], ['failed', 'STORAGE_UNAVAILABLE']);
    client.answers.set('journal.list', { entries: [entryOf('a', 10)], partial: true });
    journal.retry();
    await settle(1);
    assert.equal(journal.list.value.partial, true);
    client.answers.set('journal.list', { entries: [entryOf('b', 20), entryOf('a', 10)] });
    await settle(3_000);
    assert.deepEqual([ids(), journal.list.value.partial], [['b', 'a'], false]);
  });

  it('count what was missed, until it was seen', async () => {
    await settle();
    client.tell('journal.unread', { missed: 3 });
    client.answers.set('journal.markRead', { missed: 0 });
    await journal.markSeen();
    await journal.markSeen();
    assert.equal(journal.unread.value, 0);
    const marks = client.asked.filter(({ method }) => method === 'journal.markRead');
    assert.deepEqual(
      marks.map(({ params }) => params),
      [{ upTo: 1_000 }],
    );
  });
});

describe('words and rows of past calls', () => {
  it('stand under the heading of their day', () => {
    const rows = callRows([entryOf('c', 30), entryOf('b', 21), entryOf('a', 20)], (at) => String(Math.floor(at / 10)));
    assert.deepEqual(
      rows.map(({ key }) => key),
      ['day-3', 'c', 'day-2', 'b', 'a'],
    );
  });

  it('say how long people talked', () => {
    const talked = (ms: number) => talkTime(entryOf('a', 0, { connectedAt: 1_000, endedAt: 1_000 + ms }));
    assert.deepEqual([talked(4_400), talked(125_000), talked(3_723_000)], ['0:04', '2:05', '1:02:03']);
    assert.equal(talkTime(entryOf('a', 0)), undefined);
  });

  it('ask for whole days', () => {
    assert.deepEqual(filterParams(everyCall), {});
    const params = filterParams({ kind: 'incoming', text: ' x ', from: '2026-03-01', to: '2026-03-01' });
    assert.ok(params !== 'wrongDays' && params.from !== undefined && params.to !== undefined);
    assert.deepEqual([params.direction, params.text, params.to - params.from], ['incoming', 'x', 86_400_000 - 1]);
    assert.equal(filterParams({ ...everyCall, from: '2026-03-02', to: '2026-03-01' }), 'wrongDays');
  });
});
