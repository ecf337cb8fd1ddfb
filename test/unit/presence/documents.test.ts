import assert from 'node:assert/strict';
import { serverIdSchema, userIdSchema } from '#shared/ids.ts';
import type { PresenceVersion } from '#shared/protocol/presence.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import type { WholePresence } from '#ucserver/auth/permissions.ts';
import { bucketCount, bucketOf, PresenceDigest } from '#ucserver/presence/digest.ts';
import { asStale, PresenceDocument, presenceIn } from '#ucserver/presence/document.ts';
import { Interests } from '#ucserver/presence/interests.ts';
import { Timeline } from '#ucserver/presence/timeline.ts';
import { compareVersions } from '#ucserver/presence/versions.ts';

const [ann, bob, cleo] = ['ann', 'bob', 'cleo'].map((id) => userIdSchema.parse(id)) as [never, never, never];
const s1 = serverIdSchema.parse('s1');
const s2 = serverIdSchema.parse('s2');
const at = (seq: number, term = 1): PresenceVersion => [term, s1, 1, seq];
const team = 3;
const open = 1;

describe('a presence document', () => {
  const whole: WholePresence = { userId: ann, version: at(1), state: 'busy', note: { text: 'Lunch' } };

  it('is cut for each level and can be read back', () => {
    const document = new PresenceDocument(whole);
    assert.deepEqual(presenceIn(document.variant(team)), { ...whole, level: 'team' });
    assert.deepEqual(presenceIn(document.variant(open)), { userId: ann, version: at(1), level: 'public', state: 'busy' });
    assert.equal(presenceIn({ text: asStale(document.variant(team).text) }).stale, true);
    assert.equal(JSON.parse(document.variant(team).text).event, 'presence.changed');
  });

  it('serialises each level once', () => {
    const document = new PresenceDocument(whole);
    assert.equal(document.variant(team), document.variant(team));
  });

  it('keeps the variant of a level that sees no difference', () => {
    const first = new PresenceDocument(whole);
    const variants = [first.variant(team), first.variant(open)];
    const second = new PresenceDocument({ ...whole, version: at(12), note: { text: 'Dinner' } }, first);
    const third = new PresenceDocument({ ...whole, version: at(13), note: { text: 'Supper' } }, second);
    assert.deepEqual(third.variant(team).version, at(13));
    assert.equal(third.variant(open), variants[1]);
  });
});

describe('versions', () => {
  it('are ordered by term, server, life and number', () => {
    const ordered: PresenceVersion[] = [
      [1, s1, 1, 1],
      [1, s1, 1, 2],
      [1, s1, 2, 1],
      [1, s2, 1, 1],
      [2, s1, 1, 1],
    ];
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries()) assert.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j));
    }
  });
});

describe('the timeline', () => {
  it('drives all users by one timer, without any traffic', () => {
    const clock = new ManualClock();
    const due: string[] = [];
    const timeline = new Timeline(clock, (userId) => due.push(userId));
    const start = clock.wallMs();
    timeline.set(ann, start + 3_600_000);
    timeline.set(bob, start + 1_000);
    timeline.set(cleo, start + 2_000);
    assert.equal(clock.pendingTimers, 1);
    clock.advance(1_500);
    assert.deepEqual(due, ['bob']);
    timeline.set(cleo, undefined);
    clock.advance(3_600_000);
    assert.deepEqual(due, ['bob', 'ann']);
    assert.equal(clock.pendingTimers, 0);
  });

  it('notices within a minute that the wall clock has jumped', () => {
    const clock = new ManualClock();
    const due: string[] = [];
    const timeline = new Timeline(clock, (userId) => due.push(userId));
    timeline.set(ann, clock.wallMs() + 3_600_000);
    clock.jumpWall(3_600_000);
    clock.advance(60_000);
    assert.deepEqual(due, ['ann']);
  });
});

describe('digests', () => {
  it('are the same whatever the order, and tell which buckets differ', () => {
    const [one, other] = [new PresenceDigest(), new PresenceDigest()];
    one.add(ann, team, at(1));
    one.add(bob, team, at(1));
    other.add(bob, team, at(1));
    other.add(ann, team, at(1));
    assert.equal(one.hash, other.hash);
    other.add(cleo, open, undefined);
    assert.notEqual(one.hash, other.hash);
    assert.deepEqual(one.differingFrom(other.buckets), [bucketOf(cleo)]);
    assert.ok(bucketOf(cleo) < bucketCount);
  });

  it('differ with the version and with the level', () => {
    const hashes = [at(1), at(2), at(1, 2), undefined].flatMap((version) =>
      [open, team].map((rank) => {
        const digest = new PresenceDigest();
        digest.add(ann, rank, version);
        return digest.hash;
      }),
    );
    assert.equal(new Set(hashes).size, hashes.length);
  });
});

describe('interests', () => {
  const from = { serverId: s2, life: 1 };

  it('group servers by the levels in use there', () => {
    const interests = new Interests();
    interests.add(from, ann, [
      [bob, team],
      [cleo, team],
    ]);
    interests.add({ serverId: s1, life: 1 }, ann, [[bob, team]]);
    assert.deepEqual([...interests.groups(ann).values()], [{ ranks: [team], servers: [s2, s1] }]);
    interests.add(from, ann, [[cleo, open]]);
    assert.deepEqual(
      [...interests.groups(ann).values()],
      [
        { ranks: [open, team], servers: [s2] },
        { ranks: [team], servers: [s1] },
      ],
    );
  });

  it('end with the last watcher, the server, its life, or a bucket that names them no more', () => {
    const interests = new Interests();
    const watch = () => interests.add(from, ann, [[bob, team]]);
    watch();
    interests.remove(from, ann, [bob]);
    assert.equal(interests.isWatched(ann), false);
    watch();
    interests.dropServer({ ...from, life: 2 });
    assert.equal(interests.isWatched(ann), true);
    interests.dropServer(from);
    assert.equal(interests.isWatched(ann), false);
    watch();
    interests.add({ ...from, life: 2 }, bob, [[cleo, team]]);
    assert.equal(interests.isWatched(ann), false);
    watch();
    interests.clearBuckets(from, new Set([bucketOf(ann)]));
    assert.equal(interests.isWatched(ann), false);
    interests.dropUser(bob);
    assert.equal(interests.size, 0);
  });

  it('tell who has another level', () => {
    const interests = new Interests();
    interests.add(from, ann, [
      [bob, team],
      [cleo, team],
    ]);
    const changed = interests.reconsider(ann, (watcher) => (watcher === bob ? open : team));
    assert.deepEqual([...changed], [[s2, [{ watcher: bob, rank: open }]]]);
    assert.equal(interests.reconsider(ann, (watcher) => (watcher === bob ? open : team)).size, 0);
  });
});
