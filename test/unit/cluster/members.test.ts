import assert from 'node:assert/strict';
import { type AliveAnswer, MemberTable } from '#shared/cluster/members.ts';
import type { IncarnationId, ServerId } from '#shared/ids.ts';
import type { MemberRecord } from '#shared/redis/records.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { ManualClock } from '#test/support/manual-clock.ts';

const record = (serverId: string, life: number, beat: number): MemberRecord => ({
  serverId: serverId as ServerId,
  life,
  beat,
  url: `http://${serverId}`,
  meshUrl: `http://${serverId}:7100`,
  site: '',
  version: '1',
  users: 0,
  connections: 0,
  fill: 0,
  draining: false,
  full: false,
});

describe('members as one server judges them', () => {
  let clock: ManualClock;
  let answers: Map<string, AliveAnswer>;
  let mayJudge: boolean;
  let busUp: boolean;
  let table: MemberTable;
  let events: string[];
  let probes: number;
  let beats: Map<string, number>;

  const two = 'two' as ServerId;
  const now = () => Math.round(clock.monotonicMs());
  const alive = (id: string): AliveAnswer => ({ incarnation: id as IncarnationId, buried: false });

  beforeEach(() => {
    clock = new ManualClock();
    answers = new Map();
    [mayJudge, busUp, events, probes, beats] = [true, true, [], 0, new Map()];
    table = new MemberTable({
      clock,
      logger: silentLogger,
      alive: async (meshUrl) => {
        probes++;
        return answers.get(new URL(meshUrl).hostname) ?? 'silent';
      },
      mayJudge: () => mayJudge,
      busUp: () => busUp,
      onVerdict: (buried) => events.push(`verdict ${buried}`),
      onTombstone: () => undefined,
      onLeftover: ({ serverId, life }) => events.push(`leftover ${serverId}:${life}`),
    });
    table.setSelf(record('one', 1, 0));
    table.onJoined(({ serverId, life }) => events.push(`joined ${serverId}:${life}`));
    table.onChanged(({ serverId, suspected }) => events.push(`${serverId} ${suspected ? 'suspected' : 'heard'} ${now()}`));
    table.onLost(({ serverId, life }, { reason }) => events.push(`lost ${serverId}:${life} ${reason} ${now()}`));
    table.start();
  });

  afterEach(() => table.stop());

  function beat(serverId: string, life = 1): void {
    const count = (beats.get(serverId) ?? 0) + 1;
    beats.set(serverId, count);
    table.heard(record(serverId, life, count));
  }

  /** Lets time pass in which these servers beat every 500 ms. */
  async function live(ms: number, ...serverIds: string[]): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += 500) {
      for (const serverId of serverIds) beat(serverId);
      await clock.pass(Math.min(500, ms - passedMs));
    }
  }

  it('keeps who beats, and tells only of changes', async () => {
    await live(10_000, 'two', 'three');
    assert.deepEqual(events, ['joined two:1', 'joined three:1']);
    assert.deepEqual(
      table.all().map(({ serverId }) => serverId),
      ['one', 'two', 'three'],
    );
    assert.ok(table.isLive({ serverId: two, life: 1 }));
  });

  it('suspects after 1.5 s of silence and calls lost by 2.3 s who does not answer either', async () => {
    beat('two');
    await clock.pass(1_500);
    assert.deepEqual(events, ['joined two:1']);
    await clock.pass(800);
    assert.equal(events[1], 'two suspected 1600');
    assert.match(events[2] ?? '', /^lost two:1 silent (2[01]\d\d)$/);
    assert.equal(table.get(two), undefined);
    assert.ok(table.isBuried({ serverId: two, life: 1 }));
  });

  it('keeps who answers a probe suspected, as long as it answers', async () => {
    answers.set('two', alive('two:1'));
    beat('two');
    await clock.pass(6_000);
    assert.equal(table.get(two)?.suspected, true);
    assert.ok(!events.some((event) => event.startsWith('lost')));
    beat('two');
    assert.equal(table.get(two)?.suspected, false);
    assert.ok(events.at(-1)?.startsWith('two heard'));
  });

  it('calls lost at once who refuses a probe, or under whose address another incarnation lives', async () => {
    for (const answer of ['refused', alive('two:2'), alive('three:1')] as const) {
      beats.clear();
      events.length = 0;
      const life = [...table.lives].find(([id]) => id === two)?.[1] ?? 0;
      beat('two', life + 1);
      await clock.pass(800);
      answers.set('two', typeof answer === 'object' && answer.incarnation === 'two:2' ? alive(`two:${life + 2}`) : answer);
      assert.equal(await table.probe(two), 'refused');
      await clock.pass(100);
      assert.match(events.at(-1) ?? '', /^lost two:\d+ refused/);
    }
  });

  it('believes heartbeats more than a refused probe', async () => {
    answers.set('two', 'refused');
    beat('two');
    assert.equal(await table.probe(two), 'refused');
    await live(3_000, 'two');
    assert.ok(table.isLive({ serverId: two, life: 1 }));
  });

  it('judges nobody while its own heartbeat or self-ping fails', async () => {
    beat('two');
    mayJudge = false;
    await clock.pass(10_000);
    assert.deepEqual(events, ['joined two:1']);
  });

  it('does not call lost who is silent when its right to judge ends during the probe', async () => {
    beat('two');
    await clock.pass(1_700);
    mayJudge = false;
    await clock.pass(3_000);
    assert.ok(table.isLive({ serverId: two, life: 1 }));
  });

  it('judges nobody dead by silence while the bus is down, and starts the clocks anew on its return', async () => {
    beat('two');
    busUp = false;
    table.suspectAll();
    await clock.pass(10_000);
    assert.ok(probes >= 9, 'whether it lives is asked at its mesh address');
    assert.ok(table.isLive({ serverId: two, life: 1 }));
    busUp = true;
    table.restartClocks();
    await clock.pass(1_400);
    assert.ok(table.isLive({ serverId: two, life: 1 }));
    await clock.pass(900);
    assert.ok(!table.isLive({ serverId: two, life: 1 }));
  });

  it('calls lost who refuses a probe also while the bus is down', async () => {
    beat('two');
    busUp = false;
    answers.set('two', 'refused');
    await clock.pass(1_300);
    assert.match(events.at(-1) ?? '', /^lost two:1 refused/);
  });

  it('tells what others say about itself', async () => {
    beat('two');
    answers.set('two', { incarnation: 'two:1' as IncarnationId, buried: true });
    await table.probe(two);
    assert.deepEqual(events, ['joined two:1', 'verdict true']);
  });

  it('does not take a pause of its own loop for silence of the others', async () => {
    await live(1_000, 'two', 'three');
    clock.stall(5_000);
    await clock.pass(400);
    await live(2_000, 'two', 'three');
    assert.ok(!events.some((event) => event.startsWith('lost') || event.includes('suspected')));
  });

  it('calls the life before lost when a new one begins, and ignores what comes from it later', async () => {
    beat('two', 1);
    beats.clear();
    beat('two', 2);
    assert.deepEqual(events, ['joined two:1', 'lost two:1 restarted 0', 'joined two:2']);
    table.heard(record('two', 1, 99));
    assert.deepEqual(events.at(-1), 'leftover two:1');
    assert.ok(table.isLive({ serverId: two, life: 2 }));
  });

  it('ignores an old record that is told again', async () => {
    await live(1_000, 'two');
    for (let n = 0; n < 30; n++) {
      table.heard(record('two', 1, 1));
      await clock.pass(100);
    }
    assert.ok(!table.isLive({ serverId: two, life: 1 }));
  });

  it('hears of a death from others once, and remembers deaths of servers it never met', async () => {
    beat('two');
    table.bury({ serverId: two, life: 1 }, 'silent', 'three:1' as IncarnationId);
    table.bury({ serverId: two, life: 1 }, 'silent');
    assert.deepEqual(events, ['joined two:1', 'lost two:1 silent 0']);
    table.learn([{ incarnation: 'four:9' as IncarnationId, by: 'three:1' as IncarnationId, reason: 'silent' }]);
    assert.ok(table.isBuried({ serverId: 'four' as ServerId, life: 9 }));
    assert.equal(table.lives.get('four' as ServerId), 9);
    table.heard(record('four', 9, 1));
    assert.equal(events.at(-1), 'leftover four:9');
  });

  it('is healthy since the bus has been up without a break', async () => {
    await live(2_000, 'two');
    assert.equal(table.get(two)?.healthySinceMs, 0);
    busUp = false;
    table.suspectAll();
    assert.equal(table.get(two)?.healthySinceMs, undefined);
    busUp = true;
    beat('two');
    assert.equal(table.get(two)?.healthySinceMs, 2_000);
  });
});
