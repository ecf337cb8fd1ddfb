import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ServerId } from '#shared/ids.ts';
import { runs } from '#test/support/effort.ts';
import { mostHops, type Place, pickPlace, type Situation, selectServer } from '#ucserver/sign-in/server-selector.ts';

const [a, b, c, d] = ['a', 'b', 'c', 'd'] as ServerId[] as [ServerId, ServerId, ServerId, ServerId];

const place = (id: ServerId, more: Partial<Place> = {}): Place => ({
  ...{ id, users: 10, fill: 0.1, full: false, draining: false, suspected: false },
  ...more,
});

function situation(more: Partial<Situation> = {}): Situation {
  return {
    ...{ self: a, places: [place(a), place(b), place(c)], home: undefined, owner: undefined, hop: 0, unreachable: new Set() },
    ...{ sentLately: () => 0, random: () => 0 },
    ...more,
  };
}

const anyPlace = fc.record({
  users: fc.integer({ min: 0, max: 1_000 }),
  fill: fc.double({ min: 0, max: 1, noNaN: true }),
  full: fc.boolean(),
  draining: fc.boolean(),
  suspected: fc.boolean(),
});

const anySituation: fc.Arbitrary<Situation> = fc
  .record({
    places: fc
      .uniqueArray(fc.constantFrom(b, c, d), { maxLength: 3 })
      .chain((others) =>
        fc.tuple(fc.constant([a, ...others]), fc.array(anyPlace, { minLength: others.length + 1, maxLength: others.length + 1 })),
      ),
    home: fc.option(fc.constantFrom(a, b, c, d), { nil: undefined }),
    owner: fc.option(fc.constantFrom(a, b, c, d), { nil: undefined }),
    hop: fc.integer({ min: 0, max: 4 }),
    unreachable: fc.subarray([b, c, d]),
    sent: fc.integer({ min: 0, max: 50 }),
    chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
  })
  .map(({ places: [ids, shapes], home, owner, hop, unreachable, sent, chance }) => ({
    ...{ self: a, home, owner, hop, unreachable: new Set(unreachable), sentLately: () => sent, random: () => chance },
    places: ids.map((id, at) => ({ id, ...(shapes[at] as Omit<Place, 'id'>) })),
  }));

describe('server selector', () => {
  it('serves the users it owns, also when it is full', () => {
    const places = [place(a, { full: true }), place(b)];
    assert.deepEqual(selectServer(situation({ owner: a, places })), { kind: 'accept' });
  });

  it('redirects to the live owner', () => {
    assert.deepEqual(selectServer(situation({ owner: b, home: a })), { kind: 'redirect', to: b });
    const places = [place(a), place(b, { full: true })];
    assert.deepEqual(
      selectServer(situation({ owner: b, places })),
      { kind: 'redirect', to: b },
      'an owner takes its users always',
    );
  });

  it('serves attached after the last hop while there is a live owner', () => {
    assert.deepEqual(selectServer(situation({ owner: b, hop: mostHops })), { kind: 'attach', owner: b });
  });

  it('contests an owner whom the client cannot reach, or who is draining', () => {
    assert.deepEqual(selectServer(situation({ owner: b, unreachable: new Set([b]) })), { kind: 'contest', owner: b });
    const places = [place(a), place(b, { draining: true })];
    assert.deepEqual(selectServer(situation({ owner: b, places })), { kind: 'contest', owner: b });
  });

  it('probes a suspected owner, and takes the user only when its own bus is down', () => {
    const heard = [place(a), place(b, { suspected: true })];
    assert.deepEqual(selectServer(situation({ owner: b, places: heard })), { kind: 'probe', owner: b, takeIfSilent: false });
    const cutOff = [place(a, { suspected: true }), place(b, { suspected: true })];
    assert.deepEqual(selectServer(situation({ owner: b, places: cutOff })), { kind: 'probe', owner: b, takeIfSilent: true });
  });

  it('sends users nobody owns home', () => {
    assert.deepEqual(selectServer(situation({ home: c })), { kind: 'redirect', to: c });
    assert.deepEqual(selectServer(situation({ home: a })), { kind: 'accept' });
  });

  it('does not send users to a home server that is draining, full, silent, away or unreachable', () => {
    for (const more of [{ draining: true }, { full: true }, { suspected: true }]) {
      const places = [place(a), place(c, more)];
      assert.deepEqual(selectServer(situation({ home: c, places })), { kind: 'accept' });
    }
    assert.deepEqual(selectServer(situation({ home: d, places: [place(a)] })), { kind: 'accept' });
    const unreachable = new Set([c]);
    assert.deepEqual(selectServer(situation({ home: c, places: [place(a), place(c)], unreachable })), { kind: 'accept' });
  });

  it('keeps who was sent here, so that nobody is sent in circles', () => {
    assert.deepEqual(selectServer(situation({ hop: 1, home: b })), { kind: 'accept' });
  });

  it('serves everybody itself while its bus is down', () => {
    const places = [place(a, { suspected: true }), place(b, { suspected: true })];
    assert.deepEqual(selectServer(situation({ home: b, places })), { kind: 'accept' });
  });

  it('hands its users to another server while it is draining', () => {
    const places = [place(a, { draining: true }), place(b)];
    assert.deepEqual(selectServer(situation({ owner: a, places })), { kind: 'move', to: b });
    assert.deepEqual(selectServer(situation({ owner: a, places: [place(a, { draining: true })] })), { kind: 'busy' });
  });

  it('takes the better of two, counting who was sent there lately', () => {
    const places = [place(a, { users: 500, fill: 0.5 }), place(b, { users: 100, fill: 0.1 })];
    assert.equal(pickPlace(situation({ places })), b);
    assert.equal(pickPlace(situation({ places, sentLately: (server) => (server === b ? 450 : 0) })), a);
  });

  it('spreads users evenly, about', () => {
    const places = [place(a, { users: 0, fill: 0 }), place(b, { users: 0, fill: 0 }), place(c, { users: 0, fill: 0 })];
    const sent = new Map<ServerId, number>();
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (let user = 0; user < 300; user++) {
      const to = pickPlace(situation({ places, random, sentLately: (server) => sent.get(server) ?? 0 }));
      if (to) sent.set(to, (sent.get(to) ?? 0) + 1);
    }
    for (const id of [a, b, c]) assert.ok(Math.abs((sent.get(id) ?? 0) - 100) <= 5, `${id}: ${sent.get(id)}`);
  });

  it('keeps its promises in every situation', () => {
    fc.assert(
      fc.property(anySituation, (given) => {
        const choice = selectServer(given);
        const { places, owner, hop, unreachable } = given;
        const byId = (id: ServerId | undefined) => places.find((each) => each.id === id);
        const here = byId(a);
        if (choice.kind === 'redirect') {
          const target = byId(choice.to);
          assert.ok(target, 'a living server');
          assert.notEqual(choice.to, a, 'not to itself');
          assert.ok(!unreachable.has(choice.to), 'not where the client could not go');
          assert.ok(hop < mostHops, 'not after the last hop');
          if (choice.to !== owner) assert.ok(!target.full && !target.draining && !target.suspected, 'where there is room');
        }
        if (choice.kind === 'accept') {
          assert.ok(!here?.draining, 'not while draining');
          assert.ok(owner === undefined || owner === a || !byId(owner), 'not what another living server owns');
        }
        if (choice.kind === 'attach' || choice.kind === 'contest' || choice.kind === 'probe') {
          assert.equal(choice.owner, owner);
          assert.notEqual(owner, a);
        }
        if (choice.kind === 'busy' && here && !here.draining) {
          assert.ok(here.full, 'only when there is no room');
          assert.ok(owner === undefined || !byId(owner), 'never for a user of a living owner');
        }
      }),
      { numRuns: runs(2_000) },
    );
  });

  it('comes to an end within two hops when all servers see the same', () => {
    fc.assert(
      fc.property(anySituation, (given) => {
        let self = a;
        for (let hop = 0; hop <= mostHops + 1; hop++) {
          const choice = selectServer({ ...given, self, hop, unreachable: new Set() });
          if (choice.kind !== 'redirect') return;
          self = choice.to;
        }
        assert.fail('redirected too often');
      }),
      { numRuns: runs(1_000) },
    );
  });
});
