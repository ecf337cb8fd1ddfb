import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import type { Effect } from '#ucserver/calls/call.ts';
import type { CallEvent } from '#ucserver/calls/call-state.ts';
import { CallWorld, id, leg } from './call-world.ts';

describe('call state: any order of events', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
  const anyLeg = fc.constantFrom(...names).map(id);
  const anyEvent: fc.Arbitrary<CallEvent> = fc.oneof(
    fc.record({ type: fc.constant('rings' as const), legId: anyLeg }),
    fc.record({ type: fc.constant('rings' as const), legId: anyLeg, sdp: fc.constant('early') }),
    fc.record({ type: fc.constant('answers' as const), legId: anyLeg, sdp: fc.constant('S') }),
    fc.record({
      type: fc.constant('refuses' as const),
      legId: anyLeg,
      reason: fc.constantFrom('busy', 'declined', 'unreachable'),
    }),
    fc.record({ type: fc.constant('leaves' as const), legId: anyLeg, reason: fc.constantFrom('hungUp', 'lost') }),
    fc.constant({ type: 'rangLongEnough' as const }),
    fc.record({ type: fc.constant('offers' as const), legId: anyLeg, sdp: fc.constant('O'), holding: fc.boolean() }),
    fc.record({ type: fc.constant('answersOffer' as const), legId: anyLeg, offer: fc.nat(6), sdp: fc.constant('N') }),
    fc.record({ type: fc.constant('refusesOffer' as const), legId: anyLeg, offer: fc.nat(6), isGlare: fc.boolean() }),
    fc.record({ type: fc.constant('holds' as const), legId: anyLeg, holding: fc.boolean() }),
    fc.record({ type: fc.constant('acknowledges' as const), legId: anyLeg, sdp: fc.constant('K') }),
    fc.record({ type: fc.constant('givesAway' as const), legId: anyLeg }),
    fc.record({
      type: fc.constant('replaces' as const),
      leg: fc.constant(leg('f', { direction: 'inbound', sdp: 'F' })),
      inPlaceOf: anyLeg,
    }),
    fc.record({ type: fc.constant('transfers' as const), legId: anyLeg, targets: fc.constant([leg('d')]) }),
    fc.record({
      type: fc.constant('adopts' as const),
      leg: fc.constant(leg('e', { phase: 'answered', sdp: 'E' })),
      inPlaceOf: anyLeg,
    }),
  );
  const ends = (effects: readonly Effect[], name: string) =>
    effects.filter((effect) => ['refuse', 'cancel', 'hangUp'].includes(effect.do) && 'legId' in effect && effect.legId === name);

  /** A leg id is used once in a call. */
  const isNew = (event: CallEvent, known: ReadonlySet<string>) =>
    !(event.type === 'transfers' && known.has('d')) &&
    !(event.type === 'adopts' && known.has('e')) &&
    !(event.type === 'replaces' && known.has('f'));

  it('has one winner, keeps what has ended, and leaves no leg alone', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
        const world = new CallWorld().ringing('b', 'c');
        for (const event of events) {
          if (!isNew(event, new Set(world.call.legs.map((each) => each.id)))) continue;
          const before = world.call;
          world.on(event);
          const talking = world.call.legs.filter((each) => each.phase === 'answered');
          ok(talking.length <= 2, 'two talk at most');
          for (const old of before.legs.filter((each) => each.phase === 'ended')) {
            const now = world.call.legs.find((each) => each.id === old.id);
            deepEqual([now?.phase, now?.end], ['ended', old.end]);
          }
          if (before.phase === 'ended') deepEqual([world.call.end, world.call.endedAt], [before.end, before.endedAt]);
          if (world.call.phase === 'ended') ok(world.call.legs.every((each) => each.phase === 'ended'));
        }
        world.on({ type: 'leaves', legId: id('a'), reason: 'hungUp' }, { type: 'leaves', legId: id('b'), reason: 'hungUp' });
        const accepted = world.effects.filter((effect) => effect.do === 'accept');
        ok(
          new Set(accepted.map((effect) => 'legId' in effect && effect.legId)).size === accepted.length,
          'each is answered once',
        );
        equal(ends(world.effects, 'a').filter((effect) => effect.do === 'refuse').length <= 1, true);
      }),
      { numRuns: 2_000 },
    );
  });
});
