import assert from 'node:assert/strict';
import { UCError } from '#shared/protocol/errors.ts';
import { eventually } from '#test/support/eventually.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { GatewayFixture } from './fixture.ts';

/** Writes down what the listeners of the table hear. */
function listen(fixture: GatewayFixture): string[] {
  const heard: string[] = [];
  fixture.sessions.onOpened(({ userId }, first) => heard.push(`opened ${userId}${first ? ' first' : ''}`));
  fixture.sessions.onClosed(({ userId }, last) => heard.push(`closed ${userId}${last ? ' last' : ''}`));
  fixture.sessions.onActivity(({ userId, activity }) => heard.push(`${userId} ${activity}`));
  return heard;
}

describe('gateway: sessions', () => {
  it('waits for a lost device, which comes back without anybody noticing', async () => {
    const clock = new ManualClock();
    await using fixture = await GatewayFixture.start({ clock });
    const heard = listen(fixture);
    const before = await fixture.signedIn('alice', 'phone');
    const [lost] = fixture.sessions.ofUser('alice' as never);
    before.socket.terminate();
    await eventually(() => lost !== undefined && fixture.sessions.isLost(lost.id));
    clock.advance(4_000);
    lost?.push('{"event":"dropped"}' as never);
    assert.equal(fixture.sessions.userCount, 1);
    await fixture.signedIn('alice', 'phone');
    assert.deepEqual(heard, ['opened alice first', 'opened alice', 'closed alice']);
    clock.advance(7_000);
    assert.equal(fixture.sessions.size, 1);
  });

  it('gives a lost device up after its time', async () => {
    const clock = new ManualClock();
    await using fixture = await GatewayFixture.start({ clock });
    const heard = listen(fixture);
    (await fixture.signedIn('alice')).socket.terminate();
    await eventually(() => fixture.gateway.connectionCount === 0);
    clock.advance(9_000);
    assert.deepEqual(heard, ['opened alice first', 'closed alice last']);
  });

  it('replaces the session of the same device and tells the older one', async () => {
    await using fixture = await GatewayFixture.start();
    const older = await fixture.signedIn('alice', 'browser');
    const other = await fixture.signedIn('alice', 'laptop');
    await fixture.signedIn('alice', 'browser');
    assert.equal((await older.closing()).code, 4409);
    assert.deepEqual(older.events.at(-1), { event: 'session.ended', reason: 'replaced' });
    assert.equal(other.closed, undefined);
    assert.equal(fixture.sessions.size, 2);
  });

  it('tells of activity, ends at once when asked to, and when the token has ended', async () => {
    const clock = new ManualClock();
    await using fixture = await GatewayFixture.start({ clock });
    const heard = listen(fixture);
    const alice = await fixture.signedIn('alice');
    await alice.request('session.activity', { activity: 'idle', unsentText: true });
    await alice.request('session.activity', { activity: 'idle' });
    const [session] = fixture.sessions.all();
    assert.equal(session?.unsentText, false);
    assert.ok((await alice.request('session.close', {})).result);
    await alice.closing();
    assert.deepEqual(heard, ['opened alice first', 'alice idle', 'closed alice last']);
    const bob = await fixture.signedIn('bob');
    for (const each of fixture.sessions.all()) each.tokenEndsAt = clock.wallMs() + 1_000;
    clock.advance(2_000);
    assert.equal((await bob.closing()).code, 4401);
    assert.deepEqual(bob.events.at(-1), { event: 'session.ended', reason: 'tokenEnded' });
  });
});

describe('gateway: handlers', () => {
  const update = { actId: 'act-1', language: 'de' };

  it('does an act once, however often and at the same time it is asked for', async () => {
    await using fixture = await GatewayFixture.start();
    let done = 0;
    fixture.dispatcher.register('account.update', async () => {
      await new Promise(setImmediate);
      return { done: ++done } as never;
    });
    const alice = await fixture.signedIn('alice');
    const answers = await Promise.all([alice.request('account.update', update), alice.request('account.update', update)]);
    assert.deepEqual(
      [...answers, await alice.request('account.update', update)].map(({ result }) => result.done),
      [1, 1, 1],
    );
    const other = await alice.request('account.update', { ...update, language: 'en' });
    assert.equal(other.error.code, 'ID_CONFLICT');
    const bob = await fixture.signedIn('bob');
    assert.equal((await bob.request('account.update', update)).result.done, 2, 'ids belong to their user');
  });

  it('tries a failed act again, and forgets results after five minutes', async () => {
    const clock = new ManualClock();
    await using fixture = await GatewayFixture.start({ clock });
    let calls = 0;
    fixture.dispatcher.register('account.update', () => {
      if (++calls === 1) throw new UCError('STORAGE_UNAVAILABLE');
      return { calls } as never;
    });
    const alice = await fixture.signedIn('alice');
    assert.equal((await alice.request('account.update', update)).error.code, 'STORAGE_UNAVAILABLE');
    assert.equal((await alice.request('account.update', update)).result.calls, 2);
    const handedOver: unknown = JSON.parse(JSON.stringify(fixture.dispatcher.acts.handOver('alice' as never)));
    fixture.dispatcher.acts.takeOver('carol' as never, handedOver);
    const carol = await fixture.signedIn('carol');
    assert.equal((await carol.request('account.update', update)).result.calls, 2, 'results go along with the user');
    for (let second = 0; second < 300; second += 4) {
      clock.advance(4_000);
      await carol.request('session.ping', {});
    }
    assert.equal((await carol.request('account.update', update)).result.calls, 3);
  });

  it('hides what went wrong inside, but says where to find it', async () => {
    await using fixture = await GatewayFixture.start();
    fixture.dispatcher.register('account.get', () => {
      throw new TypeError('secret detail');
    });
    const alice = await fixture.signedIn('alice');
    const { error } = await alice.request('account.get', {});
    assert.equal(error.code, 'INTERNAL');
    assert.ok(error.retryable);
    assert.match(error.details.logId, /^test-[0-9a-z]+-[0-9a-z]+$/);
    assert.ok(!JSON.stringify(error).includes('secret'));
  });
});
