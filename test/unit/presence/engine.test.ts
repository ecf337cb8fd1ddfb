import assert from 'node:assert/strict';
import fc from 'fast-check';
import { userIdSchema } from '#shared/ids.ts';
import type { ManualState, PresenceState } from '#shared/protocol/presence.ts';
import { runs } from '#test/support/effort.ts';
import {
  type Claim,
  type ManualClaim,
  type ManualClaims,
  manualInForce,
  mergeClaims,
  type PresenceInputs,
} from '#ucserver/presence/engine.ts';

const now = 1_000_000;
const me = userIdSchema.parse('me');

const session = (
  activity: 'active' | 'idle' | 'locked' = 'active',
  device: 'browser' | 'desktop' | 'mobile' = 'browser',
): Claim => ({
  kind: 'session',
  activity,
  device,
  capabilities: ['chat'],
});
const call = (phase: 'ringing' | 'inCall' | 'inConference' = 'inCall', other = 'Bob'): Claim => ({
  kind: 'call',
  phase,
  with: other,
});
const appointment = (from = now - 10, until = now + 10): Claim => ({ kind: 'appointment', from, until, subject: 'Review' });
const wrapUp: Claim = { kind: 'afterCallWork' };
const lasting = (state: ManualState): ManualClaims => ({ lasting: { state, setBy: me, setAt: 1 } });
const timed = (state: ManualState, until = now + 100): ManualClaims => ({ timed: { state, until, setBy: me, setAt: 1 } });

function merge(claims: Claim[], manual: ManualClaims = {}, at = now) {
  return mergeClaims({ claims, manual }, at);
}

describe('merging claims', () => {
  describe('decides the automatic state:', () => {
    const rows: [string, Claim[], PresenceState, string[]][] = [
      ['nothing', [], 'offline', []],
      ['an active session', [session()], 'available', []],
      ['an idle session', [session('idle')], 'away', ['inactive']],
      ['a locked session', [session('locked')], 'away', ['inactive']],
      ['one idle and one active session', [session('idle'), session()], 'available', []],
      ['only an active mobile session', [session('active', 'mobile')], 'available', ['mobileOnly']],
      [
        'an idle desktop and an active mobile',
        [session('idle', 'desktop'), session('active', 'mobile')],
        'available',
        ['mobileOnly'],
      ],
      ['only an idle mobile session', [session('idle', 'mobile')], 'away', ['inactive', 'mobileOnly']],
      ['a ringing call', [session(), call('ringing')], 'available', ['ringing']],
      ['a call', [session(), call()], 'busy', ['inCall']],
      ['a call of somebody idle', [session('idle'), call()], 'busy', ['inCall', 'inactive']],
      ['a call without a session', [call()], 'busy', ['inCall']],
      ['a ringing telephone of somebody who is not here', [call('ringing')], 'offline', ['ringing']],
      ['a conference', [session(), call('inConference')], 'busy', ['inConference']],
      ['after-call work', [session(), wrapUp], 'busy', ['afterCallWork']],
      ['an appointment', [session(), appointment()], 'busy', ['appointment']],
      ['an appointment of somebody idle', [session('idle'), appointment()], 'busy', ['appointment', 'inactive']],
      ['an appointment of somebody who is not here', [appointment()], 'offline', ['appointment']],
      ['an appointment to come', [session(), appointment(now + 1, now + 2)], 'available', []],
      ['a telephone alone', [{ kind: 'phone' }], 'offline', []],
    ];
    for (const [what, claims, state, why] of rows) {
      it(`${what}: ${state}`, () => {
        const merged = merge(claims);
        assert.equal(merged.state, state);
        assert.equal(merged.automatic, state);
        assert.deepEqual(
          merged.activities.map(({ kind }) => kind),
          why,
        );
      });
    }
  });

  describe('puts what was set by hand over it:', () => {
    const states: ManualState[] = ['available', 'away', 'busy', 'doNotDisturb', 'offline'];
    const table: [string, Claim[], Record<ManualState, PresenceState>][] = [
      [
        'nobody there',
        [],
        { available: 'offline', away: 'offline', busy: 'offline', doNotDisturb: 'offline', offline: 'offline' },
      ],
      [
        'active',
        [session()],
        { available: 'available', away: 'away', busy: 'busy', doNotDisturb: 'doNotDisturb', offline: 'offline' },
      ],
      [
        'idle',
        [session('idle')],
        { available: 'available', away: 'away', busy: 'busy', doNotDisturb: 'doNotDisturb', offline: 'offline' },
      ],
      [
        'in an appointment',
        [session(), appointment()],
        { available: 'available', away: 'away', busy: 'busy', doNotDisturb: 'doNotDisturb', offline: 'offline' },
      ],
      [
        'in a call',
        [session(), call()],
        { available: 'busy', away: 'busy', busy: 'busy', doNotDisturb: 'doNotDisturb', offline: 'offline' },
      ],
      [
        'after a call',
        [session(), wrapUp],
        { available: 'busy', away: 'busy', busy: 'busy', doNotDisturb: 'doNotDisturb', offline: 'offline' },
      ],
    ];
    for (const [where, claims, expected] of table) {
      for (const state of states) {
        it(`${state} and ${where}: ${expected[state]}`, () => assert.equal(merge(claims, lasting(state)).state, expected[state]));
      }
    }

    it('a state with an end holds while nobody is there, except available', () => {
      for (const state of ['away', 'busy', 'doNotDisturb'] as const) assert.equal(merge([], timed(state)).state, state);
      assert.equal(merge([], timed('available')).state, 'offline');
    });

    it('says that it was set by hand, and until when', () => {
      assert.deepEqual(merge([session()], timed('busy')).activities, [{ kind: 'manual', until: now + 100 }]);
      assert.deepEqual(merge([session(), call()], lasting('available')).activities, [{ kind: 'inCall', with: 'Bob' }]);
    });

    it('betrays nothing of who appears offline', () => {
      const merged = mergeClaims({ claims: [session(), call()], manual: lasting('offline'), note: { text: 'At home' } }, now);
      assert.deepEqual(merged.activities, []);
      assert.deepEqual(merged.capabilities, []);
      assert.deepEqual(merged.devices, []);
      assert.equal(merged.appearsOffline, true);
      assert.equal(merged.automatic, 'busy');
      assert.deepEqual(merged.note, { text: 'At home' });
    });
  });

  it('sums capabilities and devices of all sessions', () => {
    const softphone: Claim = { kind: 'session', activity: 'active', device: 'desktop', capabilities: ['softphone', 'chat'] };
    const merged = merge([softphone, session(), { kind: 'phone' }]);
    assert.deepEqual(merged.capabilities, ['chat', 'softphone']);
    assert.deepEqual(merged.devices, ['browser', 'desktop', 'phone']);
  });

  it('lets the lasting state come back when the timed one is over', () => {
    const manual: ManualClaims = { ...lasting('busy'), ...timed('doNotDisturb') };
    assert.equal(merge([session()], manual).state, 'doNotDisturb');
    assert.equal(merge([session()], manual, now + 100).state, 'busy');
    assert.equal(merge([session()], manual, now + 100).manual?.state, 'busy');
  });

  it('names the timed state to come while none is in force', () => {
    const manual: ManualClaims = { timed: { state: 'busy', from: now + 5, until: now + 9, setBy: me, setAt: 1 } };
    assert.equal(merge([session()], manual).state, 'available');
    assert.equal(merge([session()], manual).manual?.state, 'busy');
    assert.equal(merge([session()], manual, now + 9).manual, undefined);
  });
});

describe('merging any claims', () => {
  const moment = fc.integer({ min: now - 50, max: now + 50 });
  const claim: fc.Arbitrary<Claim> = fc.oneof(
    fc.record({
      kind: fc.constant('session' as const),
      activity: fc.constantFrom('active' as const, 'idle' as const, 'locked' as const),
      device: fc.constantFrom('browser' as const, 'desktop' as const, 'mobile' as const),
      capabilities: fc.subarray(['chat', 'audio', 'video'] as const).map((list) => [...list]),
    }),
    fc.record({
      kind: fc.constant('call' as const),
      phase: fc.constantFrom('ringing' as const, 'inCall' as const, 'inConference' as const),
      with: fc.option(fc.constantFrom('Ann', 'Bob', '+49 30 1'), { nil: undefined }),
    }),
    fc.constant<Claim>({ kind: 'phone' }),
    fc.record({
      kind: fc.constant('appointment' as const),
      from: moment,
      until: moment,
      subject: fc.option(fc.constantFrom('A', 'B'), { nil: undefined }),
      private: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('afterCallWork' as const), until: fc.option(moment, { nil: undefined }) }),
  );
  const manualClaim: fc.Arbitrary<ManualClaim> = fc.record({
    state: fc.constantFrom('available' as const, 'busy' as const, 'doNotDisturb' as const, 'away' as const, 'offline' as const),
    from: fc.option(moment, { nil: undefined }),
    until: fc.option(moment, { nil: undefined }),
    setBy: fc.constant(me),
    setAt: moment,
  });
  const manual = fc.record({
    lasting: fc.option(manualClaim, { nil: undefined }),
    timed: fc.option(manualClaim, { nil: undefined }),
  });
  const note = fc.option(fc.record({ text: fc.constant('x'), until: moment }), { nil: undefined });
  const claims = fc.array(claim, { maxLength: 6 });
  const inputs: fc.Arbitrary<PresenceInputs> = fc.record({ claims, manual, note });
  const check = (property: fc.IPropertyWithHooks<never>) => fc.assert(property, { numRuns: runs(300) });

  it('gives the same in any order', () => {
    const shuffled = claims.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
    );
    check(
      fc.property(shuffled, manual, ([some, others], byHand) => {
        assert.deepEqual(
          mergeClaims({ claims: others, manual: byHand }, now),
          mergeClaims({ claims: some, manual: byHand }, now),
        );
      }) as never,
    );
  });

  it('changes by itself exactly when it says', () => {
    check(
      fc.property(inputs, (given) => {
        let at = now - 60;
        let known = mergeClaims(given, at);
        for (let moment = at; moment <= now + 60; moment++) {
          const merged = mergeClaims(given, moment);
          if (moment === known.nextChangeAt) {
            known = merged;
            at = moment;
          }
          const { nextChangeAt: _, ...shown } = merged;
          const { nextChangeAt: __, ...said } = known;
          assert.deepEqual(shown, said, `at ${moment}, known since ${at}`);
        }
      }) as never,
    );
  });

  it('brings back what a call has displaced', () => {
    check(
      fc.property(inputs, (given) => {
        const before = mergeClaims(given, now);
        const during = mergeClaims({ ...given, claims: [...given.claims, call()] }, now);
        const byHand = manualInForce(given.manual, now)?.state;
        assert.equal(during.state, byHand === 'doNotDisturb' || byHand === 'offline' ? byHand : 'busy');
        assert.deepEqual(mergeClaims(given, now), before);
        assert.deepEqual(during.manual, before.manual);
      }) as never,
    );
  });

  it('calls nobody inactive while a device is active', () => {
    check(
      fc.property(inputs, (given) => {
        const merged = mergeClaims({ ...given, claims: [...given.claims, session()] }, now);
        assert.ok(!merged.activities.some(({ kind }) => kind === 'inactive'));
        assert.notEqual(merged.automatic, 'away');
      }) as never,
    );
  });

  it('does not disturb whoever does not want to be', () => {
    check(
      fc.property(claims, (some) => {
        assert.equal(mergeClaims({ claims: [...some, session()], manual: lasting('doNotDisturb') }, now).state, 'doNotDisturb');
      }) as never,
    );
  });
});
