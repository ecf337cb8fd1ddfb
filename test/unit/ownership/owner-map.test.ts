import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Incarnation, incarnationId, type ServerId, type UserId } from '#shared/ids.ts';
import type { OwnerChangeRecord } from '#shared/mesh/contracts/ownership.ts';
import { runs } from '#test/support/effort.ts';
import { compareVersions, OwnerMap } from '#ucserver/ownership/owner-map.ts';

const incarnation = (serverId: string, life: number): Incarnation => ({ serverId: serverId as ServerId, life });
const one = incarnation('one', 1);
const two = incarnation('two', 1);
const taken = (userId: string, term: number, owner: Incarnation): OwnerChangeRecord => ({
  ...{ userId: userId as UserId, term, owner: incarnationId(owner), owned: true },
});
const released = (userId: string, term: number, owner: Incarnation) => ({ ...taken(userId, term, owner), owned: false });
const ann = 'ann' as UserId;

const changes = fc.array(
  fc.record({
    userId: fc.constantFrom('ann', 'bob', 'cid'),
    term: fc.integer({ min: 1, max: 4 }),
    owner: fc.constantFrom(one, two, incarnation('one', 2)),
    owned: fc.boolean(),
  }),
  { maxLength: 12 },
);

function stateOf(map: OwnerMap): unknown {
  const users = ['ann', 'bob', 'cid'].map((userId) => map.known(userId as UserId));
  const digests = [one, two, incarnation('one', 2)].map((owner) => map.digest(owner));
  return { users, digests };
}

describe('owner map', () => {
  it('is the same whatever the order of the changes and however often they come', () => {
    fc.assert(
      fc.property(changes, fc.infiniteStream(fc.nat()), (made, order) => {
        const records = made.map(({ userId, term, owner, owned }) => ({ ...taken(userId, term, owner), owned }));
        const straight = new OwnerMap();
        for (const record of records) straight.apply(record);
        const shuffled = new OwnerMap();
        const twice = [...records, ...records].map((record) => ({ record, key: order.next().value ?? 0 }));
        for (const { record } of twice.sort((a, b) => a.key - b.key)) shuffled.apply(record);
        assert.deepEqual(stateOf(shuffled), stateOf(straight));
      }),
      { numRuns: runs(300) },
    );
  });

  it('tells what each change did, so that a follower of the changes knows the map', () => {
    fc.assert(
      fc.property(changes, (made) => {
        const map = new OwnerMap();
        const followed = new Map<UserId, string>();
        for (const { userId, term, owner, owned } of made) {
          const applied = map.apply({ ...taken(userId, term, owner), owned });
          if (applied?.owner) followed.set(applied.userId, `${applied.owner.term} ${incarnationId(applied.owner.incarnation)}`);
          else if (applied) followed.delete(applied.userId);
        }
        for (const userId of ['ann', 'bob', 'cid'] as UserId[]) {
          const owner = map.ownerOf(userId);
          assert.equal(followed.get(userId), owner && `${owner.term} ${incarnationId(owner.incarnation)}`);
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('orders by term, then server, then life', () => {
    assert.ok(compareVersions({ term: 2, owner: one }, { term: 1, owner: two }) > 0);
    assert.ok(compareVersions({ term: 1, owner: two }, { term: 1, owner: one }) > 0);
    assert.ok(compareVersions({ term: 1, owner: incarnation('one', 2) }, { term: 1, owner: one }) > 0);
    assert.equal(compareVersions({ term: 1, owner: one }, { term: 1, owner: incarnation('one', 1) }), 0);
  });

  it('does not bring back who was released when the taking comes late', () => {
    const map = new OwnerMap();
    map.apply(released('ann', 3, one));
    assert.equal(map.apply(taken('ann', 3, one)), undefined);
    assert.equal(map.ownerOf(ann), undefined);
    assert.ok(map.apply(taken('ann', 4, two)));
  });

  it('drops what a dead server owned, and nothing that has moved on', () => {
    const map = new OwnerMap();
    for (const change of [taken('ann', 1, one), taken('bob', 1, one), taken('bob', 2, two)]) map.apply(change);
    assert.deepEqual(
      map.drop(one).map(({ userId }) => userId),
      ['ann'],
    );
    assert.equal(map.ownerOf(ann), undefined);
    assert.deepEqual(map.ownerOf('bob' as UserId)?.incarnation, two);
    assert.deepEqual(map.digest(one), { users: 0, hash: 0 });
  });

  it('gives every user of an owner exactly once over all pages', () => {
    const map = new OwnerMap();
    const users = Array.from({ length: 523 }, (_, at) => `user-${(at * 7919) % 523}`);
    for (const userId of users) map.apply(taken(userId, 1, one));
    map.apply(taken('someone', 1, two));
    const read: string[] = [];
    for (let after: string | undefined, more = true; more; more = after !== undefined) {
      const page = map.page(one, after, 200);
      read.push(...page.items.map(({ userId }) => userId));
      after = page.next;
    }
    assert.deepEqual(read, [...new Set(users)].sort());
  });

  it('has equal digests exactly when the same is held of an owner', () => {
    const [a, b] = [new OwnerMap(), new OwnerMap()];
    a.apply(taken('ann', 1, one));
    a.apply(taken('bob', 1, one));
    b.apply(taken('bob', 1, one));
    assert.notDeepEqual(a.digest(one), b.digest(one));
    b.apply(taken('ann', 1, one));
    assert.deepEqual(a.digest(one), b.digest(one));
    b.apply(taken('ann', 2, one));
    assert.notDeepEqual(a.digest(one), b.digest(one));
  });
});
