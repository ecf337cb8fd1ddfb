import assert from 'node:assert/strict';
import type { CallId, UserId } from '#shared/ids.ts';
import type { JournalEntry } from '#shared/protocol/journal.ts';
import { journalRowSchema } from '#ucserver/journal/journal-row.ts';
import { entryTest } from '#ucserver/journal/list-filter.ts';
import { type Listed, mergePage, pendingList } from '#ucserver/journal/list-plan.ts';

const entryOf = (id: string, startedAt: number, changes: Partial<JournalEntry> = {}): JournalEntry => ({
  ...{
    callId: id as CallId,
    scenarioId: id as CallId,
    direction: 'incoming',
    scope: 'external',
    peer: { number: '+49301234567' },
  },
  ...{ startedAt, endedAt: startedAt + 1, result: 'answered', ...changes },
});
const listed = (id: string, startedAt: number, precedence = 'm', changes: Partial<JournalEntry> = {}): Listed => ({
  ...{ place: { startedAt, callId: id as CallId }, precedence, entry: entryOf(id, startedAt, changes) },
});
const idsOf = (page: readonly Listed[]) => page.map(({ entry }) => entry.callId);

describe('a page of the journal', () => {
  it('puts what waits for SQL into its place, and beyond neither end', () => {
    const stored = [listed('d', 40), listed('b', 20)];
    const waiting = [listed('e', 50), listed('c', 30), listed('a', 10)];
    assert.deepEqual(idsOf(mergePage(stored, waiting, undefined, undefined, undefined)), ['e', 'd', 'c', 'b', 'a']);
    const [after, end] = [
      { startedAt: 50, callId: 'e' as CallId },
      { startedAt: 20, callId: 'b' as CallId },
    ];
    assert.deepEqual(idsOf(mergePage(stored, waiting, undefined, after, end)), ['d', 'c', 'b']);
  });

  it('shows a call once, as the row that says more has it, with the note that SQL has', () => {
    const stored = [listed('a', 10, 'm', { note: 'mine' }), listed('b', 5, 'm')];
    const waiting = [listed('a', 10, 'z', { endedAt: 99 }), listed('b', 5, 'a', { endedAt: 99 })];
    const page = mergePage(stored, waiting, undefined, undefined, undefined);
    assert.deepEqual(
      page.map(({ entry }) => [entry.callId, entry.endedAt, entry.note]),
      [
        ['a', 99, 'mine'],
        ['b', 6, undefined],
      ],
    );
  });

  it('takes of several waiting rows of one call the one that says most', () => {
    const base = { userId: 'ada' as UserId, ...entryOf('a', 10) };
    const rows = [
      { ...base, term: 1, endedAt: 20 },
      { ...base, term: 3, endedAt: 30, closedByOther: true as const },
    ].map((row) => journalRowSchema.parse(row));
    const [only, ...others] = pendingList(rows, () => true);
    assert.deepEqual([only?.entry.endedAt, only?.entry.unread, others.length], [20, true, 0]);
  });
});

describe('filters of the journal', () => {
  const matches = (filter: Parameters<typeof entryTest>[0], changes: Partial<JournalEntry> = {}) =>
    entryTest(filter)?.(entryOf('a', 10, changes));

  it('are none when nothing is asked for', () => assert.equal(entryTest({}), undefined));

  it('know missed calls: incoming ones that nobody took or refused', () => {
    const results = ['missed', 'busy', 'unreachable', 'failed', 'answered', 'declined', 'answeredElsewhere'] as const;
    assert.deepEqual(
      results.filter((result) => matches({ missed: true }, { result })),
      ['missed', 'busy', 'unreachable', 'failed'],
    );
    assert.equal(matches({ missed: true }, { result: 'noAnswer', direction: 'outgoing' }), false);
  });

  it('find parts of names, notes and numbers, however they are written', () => {
    const changes = {
      peer: { name: 'Zoë Müller', number: '+49301234567' },
      note: 'über das Angebot',
      acceptedBy: { name: 'Bob' },
    };
    for (const text of ['zoe', 'MÜLL', 'angebot', 'bob', '030 12', '+49 30', '1234567'])
      assert.equal(matches({ text }, changes), true, text);
    for (const text of ['zoeb', '99']) assert.equal(matches({ text }, changes), false, text);
  });

  it('know bounds of time, both included, directions and people', () => {
    assert.deepEqual([matches({ from: 10, to: 10 }), matches({ from: 11 }), matches({ to: 9 })], [true, false, false]);
    assert.deepEqual([matches({ direction: 'incoming' }), matches({ direction: 'outgoing' })], [true, false]);
    assert.deepEqual(
      [matches({ person: 'b' as UserId }), matches({ person: 'b' as UserId }, { peer: { userId: 'b' as UserId } })],
      [false, true],
    );
  });
});
