import assert from 'node:assert/strict';
import type { ServerCluster } from '#shared/cluster/cluster.ts';
import type { Incarnation, ServerId } from '#shared/ids.ts';
import { eventually } from '#test/support/eventually.ts';
import { measured } from '#test/support/measured.ts';
import { RedisServer } from '#test/support/redis-server.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { createTestCluster } from '#test/support/test-cluster.ts';
import { MemberProcess } from './member.ts';

/** Every server knows of a death by then. */
const promisedMs = 2_600;

describe('death of a server process', function () {
  this.timeout(60_000);
  let redis: RedisServer;
  let folder: TempFolder;
  let observers: ServerCluster[];
  let member: MemberProcess;
  let lost: { by: ServerId; incarnation: Incarnation; atMs: number }[];
  const three = 'three' as ServerId;

  beforeEach(async () => {
    redis = await RedisServer.start();
    folder = new TempFolder('death');
    observers = ['one', 'two'].map((name) => createTestCluster(name, { redis: redis.address, folder: folder.file(name) }));
    lost = [];
    for (const cluster of observers) {
      cluster.members.onLost((incarnation) => lost.push({ by: cluster.self.serverId, incarnation, atMs: performance.now() }));
    }
    await Promise.all(observers.map((cluster) => cluster.start()));
    member = await MemberProcess.start('three', { redis: redis.address, folder: folder.file('three') });
    await seenHealthy();
  });

  afterEach(async () => {
    await member.kill();
    await Promise.all(observers.map((cluster) => cluster.stop()));
    await redis.stop();
    folder.remove();
  });

  const seenHealthy = () =>
    eventually(() => observers.every(({ members }) => members.get(three)?.suspected === false), {
      withinMs: 6_000,
      what: 'three is seen',
    });

  async function noticed(sinceMs: number, how: string): Promise<void> {
    await eventually(() => lost.length === observers.length, { withinMs: 2 * promisedMs, what: 'everybody has noticed' });
    measured(`${how}: known everywhere`, Math.max(...lost.map(({ atMs }) => atMs)) - sinceMs, promisedMs);
  }

  it('is noticed in time after kill -9, and cleared up after by one server', async () => {
    const steps: string[] = [];
    for (const cluster of observers) cluster.addLostStep('note', async () => void steps.push(cluster.self.serverId));
    const sinceMs = performance.now();
    await member.kill();
    await noticed(sinceMs, 'killed');
    const [client, cluster] = [redis.client(), observers[0]];
    assert.ok(cluster);
    await eventually(async () => (await client.hlen(cluster.keys.members())) === 2, { what: 'its record is gone' });
    assert.equal(steps.length, 1);
  });

  it('is noticed when the process hangs; when it wakes up it does nothing as the old incarnation', async () => {
    const before = member.lines[0]?.incarnation;
    const sinceMs = performance.now();
    member.signal('SIGSTOP');
    await noticed(sinceMs, 'hung');
    member.signal('SIGCONT');
    const rebirth = await eventually(() => member.lines.find(({ event }) => event === 'rebirth') ?? false, {
      withinMs: 6_000,
      what: 'a new life',
    });
    assert.equal(rebirth.before, before);
    assert.notEqual(rebirth.incarnation, before);
    const woken = member.lines.find(({ event }) => event === 'paused');
    assert.equal(woken?.mayServe, false, 'what runs first after the pause is told to do nothing');
    await seenHealthy();
    const lives = observers.map(({ members }) => members.get(three)?.life);
    assert.deepEqual(
      lives,
      observers.map(() => Number(rebirth.incarnation?.split(':')[1])),
    );
  });

  it('is noticed at once when a new process of the same server starts', async () => {
    await member.kill();
    member = await MemberProcess.start('three', { redis: redis.address, folder: folder.file('three') });
    await eventually(() => lost.length === 2, { withinMs: 1_000 });
    await seenHealthy();
  });
});
