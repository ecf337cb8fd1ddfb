import assert from 'node:assert/strict';
import type { CallId } from '#shared/ids.ts';
import { DatabaseLock } from '#test/support/database-lock.ts';
import { eventually } from '#test/support/eventually.ts';
import { InProcess } from '#test/support/in-process.ts';
import type { Person } from '#test/support/person.ts';
import type { JournalRowInput } from '#ucserver/journal/index.ts';

describe('the journal on two servers', function () {
  this.timeout(90_000);
  let stage: InProcess;
  let desk: Person;
  let phone: Person;
  let bob: Person;

  before(async () => {
    stage = await InProcess.start({
      servers: 2,
      people: { ann: { home: 'server-1' }, bob: { home: 'server-2' } },
      sections: { outbox: { drainPauseMs: 0 } },
    });
    [desk, phone, bob] = await Promise.all([
      stage.signIn('ann', 0, 'Desk'),
      stage.signIn('ann', 0, 'Phone'),
      stage.signIn('bob', 1),
    ]);
  });
  after(() => stage?.[Symbol.asyncDispose]());

  let calls = 0;
  const missedCall = (changes: Partial<JournalRowInput> = {}): JournalRowInput & { readonly callId: CallId } => {
    const callId = `call-${++calls}` as CallId;
    return {
      ...{ userId: desk.userId, scenarioId: callId, direction: 'incoming', scope: 'internal' },
      ...{ peer: { userId: bob.userId, number: '102', name: 'Bob' }, startedAt: 1_000 + calls, endedAt: 2_000 + calls },
      ...{ result: 'missed', term: 1, ...changes, callId },
    };
  };
  const hear = (person: Person) => {
    const heard: { event: string; fields: unknown }[] = [];
    const stops = (['journal.entry', 'journal.unread', 'journal.read', 'journal.removed'] as const).map((event) =>
      person.client.on(event, (fields) => heard.push({ event, fields })),
    );
    return {
      heard,
      stop() {
        for (const stop of stops) stop();
      },
    };
  };
  const callsOf = async (person: Person) => (await person.client.call('journal.list', {})).entries.map(({ callId }) => callId);

  it('tells all devices of a person at once, whichever server records the call, and once however many do', async () => {
    const [one, other] = [hear(desk), hear(phone)];
    const row = missedCall();
    await Promise.all(stage.servers.map(({ journal }) => journal.record(row)));
    for (const { heard } of [one, other]) {
      await eventually(() => assert.deepEqual(heard.findLast(({ event }) => event === 'journal.unread')?.fields, { missed: 1 }));
      assert.equal(heard.filter(({ event }) => event === 'journal.entry').length, 1);
    }
    const { entries } = await desk.client.call('journal.list', {});
    assert.deepEqual(
      entries.map(({ callId, peer, unread }) => [callId, peer.name, unread]),
      [[row.callId, 'Bob', true]],
    );
    assert.deepEqual(await callsOf(bob), [], 'everybody sees their own calls only');
    one.stop();
    other.stop();
  });

  it('shows notes, read marks and removals on the other devices', async () => {
    const row = missedCall();
    await stage.servers[0]?.journal.record(row);
    const { heard, stop } = hear(phone);
    await desk.client.call('journal.note', { callId: row.callId, note: 'call back' });
    await desk.client.call('journal.markRead', { upTo: 10_000 });
    await desk.client.call('journal.remove', { callIds: [row.callId] });
    await eventually(() => assert.ok(heard.some(({ event }) => event === 'journal.removed')));
    const of = (event: string) => heard.filter((each) => each.event === event).map(({ fields }) => fields);
    assert.equal((of('journal.entry').at(-1) as { note?: string }).note, 'call back');
    assert.deepEqual(of('journal.read'), [{ upTo: 10_000 }]);
    await eventually(() => assert.deepEqual(of('journal.unread').at(-1), { missed: 0 }));
    assert.ok(!(await callsOf(desk)).includes(row.callId));
    await assert.rejects(bob.client.call('journal.note', { callId: row.callId, note: 'mine' }), { code: 'NOT_FOUND' });
    stop();
  });

  it('is filtered and read in pages', async () => {
    const external = missedCall({ peer: { number: '+49301234567', name: 'Zoë Müller' }, scope: 'external', startedAt: 5_000 });
    await stage.servers[1]?.journal.record(external);
    await stage.servers[0]?.journal.record(missedCall({ direction: 'outgoing', result: 'answered', startedAt: 6_000 }));
    const list = async (params: Parameters<typeof desk.client.call<'journal.list'>>[1]) =>
      (await desk.client.call('journal.list', params)).entries.map(({ callId }) => callId);
    assert.deepEqual(await list({ text: 'MULL' }), [external.callId]);
    assert.deepEqual(await list({ text: '030 123' }), [external.callId]);
    assert.deepEqual(await list({ missed: true, from: 5_000 }), [external.callId]);
    assert.ok(!(await list({ person: bob.userId })).includes(external.callId));
    const all = await callsOf(desk);
    const read: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await desk.client.call('journal.list', { limit: 1, ...(cursor === undefined ? {} : { cursor }) });
      read.push(...page.entries.map(({ callId }) => callId));
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    assert.deepEqual(read, all);
    await assert.rejects(desk.client.call('journal.list', { cursor: 'nonsense' }), {
      code: 'BAD_REQUEST',
      field: 'params.cursor',
    });
  });

  it('loses and doubles nothing while SQL and then Redis too is away', async () => {
    const before = await callsOf(bob);
    const { heard, stop } = hear(bob);
    const rows = Array.from({ length: 6 }, () => missedCall({ userId: bob.userId, peer: { number: '101' } }));
    await using lock = await DatabaseLock.hold(stage.mesh.databaseFile);
    await Promise.all(rows.slice(0, 3).flatMap((row) => stage.servers.map(({ journal }) => journal.record(row))));
    await eventually(
      () =>
        assert.equal(
          new Set(
            heard.filter(({ event }) => event === 'journal.entry').map(({ fields }) => (fields as { callId: string }).callId),
          ).size,
          3,
        ),
      { withinMs: 10_000 },
    );
    await assert.rejects(bob.client.call('journal.note', { callId: rows[0]?.callId as CallId, note: 'x' }), {
      code: 'STORAGE_UNAVAILABLE',
    });
    await stage.redis.kill();
    await Promise.all(rows.slice(3).map((row) => stage.servers[0]?.journal.record(row)));
    await stage.redis.restart();
    await lock.release();
    await eventually(
      async () => assert.deepEqual((await callsOf(bob)).sort(), [...before, ...rows.map(({ callId }) => callId)].sort()),
      {
        withinMs: 30_000,
        what: 'all calls are in the journal',
      },
    );
    await eventually(
      async () => assert.deepEqual(heard.findLast(({ event }) => event === 'journal.unread')?.fields, { missed: 6 }),
      { withinMs: 15_000 },
    );
    stop();
  });
});
