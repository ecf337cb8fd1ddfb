import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runs } from '#test/support/effort.ts';
import { type Binding, type Register, registered } from '#ucserver/sip/index.ts';

const contact = (uri: string, expiresSeconds?: number, instance?: string, regId?: number) => ({
  uri,
  expiresSeconds,
  instance,
  regId,
});

function register(changes: Partial<Register>): Register {
  const source = { host: '192.0.2.1', port: 5060 };
  return {
    callId: 'call',
    seq: 1,
    contacts: [],
    expiresSeconds: undefined,
    path: [],
    protocol: 'udp',
    source,
    userAgent: undefined,
    at: 0,
    ...changes,
  };
}

function accept(bindings: readonly Binding[], changes: Partial<Register>, nowMs = 0, random = 0): readonly Binding[] {
  const outcome = registered(bindings, register(changes), nowMs, random);
  assert.equal(outcome.kind, 'accepted', JSON.stringify(outcome));
  return outcome.kind === 'accepted' ? outcome.bindings : [];
}

const status = (bindings: readonly Binding[], changes: Partial<Register>) => {
  const outcome = registered(bindings, register(changes), 0, 0);
  return outcome.kind === 'refused' ? outcome.status : 200;
};

describe('registrar', () => {
  it('keeps several devices, refreshes, removes and lets expire', () => {
    let bindings = accept([], { contacts: [contact('sip:a@1')], path: ['<sip:edge>'] });
    bindings = accept(bindings, { callId: 'other', contacts: [contact('sip:a@2', 600)] });
    assert.deepEqual(
      bindings.map((each) => [each.contact, each.expiresMs, each.path.length]),
      [
        ['sip:a@1', 120_000, 1],
        ['sip:a@2', 600_000, 0],
      ],
    );
    bindings = accept(bindings, { seq: 2, contacts: [contact('sip:a@1', 300)] }, 1_000);
    assert.equal(bindings.find((each) => each.contact === 'sip:a@1')?.expiresMs, 301_000);
    assert.equal(accept(bindings, { seq: 3, contacts: [contact('sip:a@1', 0)] }).length, 1);
    assert.equal(accept(bindings, {}, 400_000).length, 1);
    assert.deepEqual(accept(bindings, { seq: 9, contacts: 'all', expiresSeconds: 0 }), []);
  });

  it('knows a flow by device and number, whatever its Contact', () => {
    let bindings = accept([], { contacts: [contact('sip:a@1', 600, 'urn:x', 1)] });
    bindings = accept(bindings, { callId: 'two', contacts: [contact('sip:a@2', 600, 'urn:x', 2)] });
    bindings = accept(bindings, { callId: 'three', contacts: [contact('sip:a@3', 600, 'urn:x', 1)] });
    assert.deepEqual(bindings.map((each) => each.contact).sort(), ['sip:a@2', 'sip:a@3']);
  });

  it('refuses what is too short, late, too much or wrong, and changes nothing then', () => {
    const bindings = accept([], { seq: 5, contacts: [contact('sip:a@1')] });
    assert.equal(status([], { contacts: [contact('sip:a@1', 30)] }), 423);
    assert.equal(status(bindings, { seq: 5, contacts: [contact('sip:a@1')] }), 500);
    assert.equal(status(bindings, { seq: 4, contacts: 'all', expiresSeconds: 0 }), 500);
    assert.equal(status(bindings, { contacts: 'all', expiresSeconds: 60 }), 400);
    assert.equal(status([], { contacts: Array.from({ length: 11 }, (_, index) => contact(`sip:a@${index}`)) }), 403);
  });

  it('spreads expiry, and never holds more than it may or what has expired', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            uri: fc.constantFrom('sip:1', 'sip:2', 'sip:3'),
            seconds: fc.nat(7_200),
            at: fc.nat(600),
            random: fc.double({ min: 0, max: 1, noNaN: true }),
          }),
        ),
        (steps) => {
          let bindings: readonly Binding[] = [];
          let nowMs = 0;
          for (const [seq, { uri, seconds, at, random }] of steps.entries()) {
            nowMs += at * 1_000;
            const outcome = registered(bindings, register({ seq: seq + 1, contacts: [contact(uri, seconds)] }), nowMs, random);
            if (outcome.kind === 'refused') {
              assert.equal(outcome.status, 423);
              continue;
            }
            bindings = outcome.bindings;
            assert.equal(new Set(bindings.map((each) => each.contact)).size, bindings.length);
            for (const { expiresMs } of bindings) assert.ok(expiresMs > nowMs && expiresMs <= nowMs + 3_600_000);
          }
        },
      ),
      { numRuns: runs(200) },
    );
  });
});
