import assert from 'node:assert/strict';
import { maxEnvelopeBytes } from '#shared/mesh/envelope.ts';
import { Outbox, windowSize } from '#shared/mesh/outbox.ts';
import { decodePayload, encodeEvent, encodePayload, encodeRequest, type Fragment } from '#shared/mesh/payload.ts';

const event = (name: string) => encodeEvent(name, {});

describe('outbox of a peer', () => {
  it('sends the first lane first and in order, then the newest state of each key', () => {
    const outbox = new Outbox();
    outbox.addState('alice', event('alice.old'));
    outbox.addState('bob', event('bob'));
    outbox.add(event('call'));
    outbox.add(event('answer'), 7);
    outbox.addState('alice', event('alice.new'));
    const { first, second, requests } = outbox.take();
    assert.deepEqual(first, [event('call'), event('answer')]);
    assert.deepEqual(second, [event('bob'), event('alice.new')]);
    assert.deepEqual(requests, [7]);
    assert.ok(!outbox.ready);
  });

  it('keeps every state of keys that are their own', () => {
    const outbox = new Outbox();
    for (const name of ['a', 'b']) outbox.addState(Symbol('key'), event(name));
    assert.equal(outbox.take().second.length, 2);
  });

  it('lets no more states be under way than the window, and goes on when they are acknowledged or lost', () => {
    const outbox = new Outbox();
    for (let n = 0; n < windowSize + 10; n++) outbox.addState(String(n), event('state'));
    let number = 0;
    while (outbox.ready) outbox.sent(++number, outbox.take().second.length);
    assert.equal(outbox.unacknowledged, windowSize);
    outbox.addState('0', event('newer'));
    assert.ok(!outbox.ready);
    outbox.add(event('call'));
    assert.ok(outbox.ready, 'the first lane does not wait for the window');
    assert.deepEqual(outbox.take().second, []);
    outbox.acknowledged(number);
    assert.equal(outbox.unacknowledged, 0);
    assert.equal(outbox.take().second.length, 11);
  });

  it('splits what does not fit into one envelope', () => {
    const outbox = new Outbox();
    const fragment = encodeEvent('big', { text: 'ß€'.repeat(15_000) });
    for (let n = 0; n < 10; n++) outbox.add(fragment);
    let sent = 0;
    while (outbox.ready) {
      const { first, second } = outbox.take();
      assert.ok(first.length > 0);
      sent += first.length;
      assert.ok(Buffer.byteLength(encodePayload(0, first, second)) < maxEnvelopeBytes - 300);
    }
    assert.equal(sent, 10);
  });

  it('takes one that fills an envelope by itself and refuses a larger one', () => {
    const outbox = new Outbox();
    outbox.add(encodeEvent('big', 'x'.repeat(250_000)));
    outbox.add(encodeEvent('small', 1));
    assert.equal(outbox.take().first.length, 1);
    assert.throws(() => encodeEvent('huge', 'x'.repeat(270_000)), { code: 'TOO_LARGE' });
    assert.throws(() => encodeEvent('huge', '€'.repeat(90_000)), { code: 'TOO_LARGE' });
  });

  it('says what is lost when everything is given up', () => {
    const outbox = new Outbox();
    outbox.add(event('request'), 3);
    assert.deepEqual(outbox.clear(), { requests: [3], lostEvents: false });
    outbox.addState('a', event('a'));
    outbox.sent(1, 5);
    assert.deepEqual(outbox.clear(), { requests: [], lostEvents: true });
    assert.equal(outbox.unacknowledged, 0);
  });
});

describe('payload', () => {
  it('is read as it was written', () => {
    const request = { id: 5, name: 'q', params: { a: [1] }, deadlineMs: 900, correlationId: undefined };
    const payload = decodePayload(encodePayload(12, [event('e'), encodeRequest(request)], [encodeEvent('s', { n: 1 })]));
    assert.deepEqual(payload, {
      applied: 12,
      first: [
        { kind: 'event', name: 'e', event: {} },
        { kind: 'request', ...request },
      ],
      second: [{ name: 's', event: { n: 1 } }],
    });
  });

  it('leaves out what a newer version may have put in', () => {
    const payload = decodePayload(encodePayload(0, ['["new",1]' as Fragment, event('e')], ['["new"]' as Fragment]));
    assert.deepEqual(payload, { applied: 0, first: [{ kind: 'event', name: 'e', event: {} }], second: [] });
  });
});
