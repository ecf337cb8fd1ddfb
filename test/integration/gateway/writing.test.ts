import assert from 'node:assert/strict';
import { eventually, never } from '#test/support/eventually.ts';
import { GatewayFixture } from './fixture.ts';

describe('gateway: a server that may not speak', () => {
  it('keeps what is for its clients until it may', async () => {
    await using fixture = await GatewayFixture.start();
    const alice = await fixture.signedIn('alice');
    fixture.gateway.allowWriting(false);
    const [session] = fixture.sessions.ofUser('alice' as never);
    session?.push('{"event":"first"}' as never);
    session?.push('{"event":"second"}' as never);
    const heldAnswer = alice.request('session.ping', {});
    await never(() => alice.events.length > 0, 100);
    fixture.gateway.allowWriting(true);
    await eventually(() => alice.events.length === 2);
    assert.deepEqual(alice.events, [{ event: 'first' }, { event: 'second' }]);
    assert.deepEqual((await heldAnswer).result, {});
  });
});
