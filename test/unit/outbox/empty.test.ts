import assert from 'node:assert/strict';
import { OutboxWorld } from './outbox-world.ts';

describe('outbox: whether nothing is pending', () => {
  it('is said of all servers, and never while it cannot be known', async () => {
    const world = await OutboxWorld.start(2);
    await world.do({ act: 'pass', ms: 1_100 });
    assert.equal(await world.isEmpty(1), true);
    await world.do({ act: 'sqlAway' });
    // The other server hears of it from nobody and has to read it.
    await world.do({ act: 'loseEvents' });
    await world.do({ act: 'message', author: 0, server: 0, conversation: 0 });
    assert.equal(world.reached.pending, 1);
    assert.equal(await world.isEmpty(1), false);
    await world.do({ act: 'sqlBack' });
    await world.do({ act: 'pass', ms: 6_000 });
    assert.equal(await world.isEmpty(1), true);
    await world.do({ act: 'redisAway' });
    assert.equal(await world.isEmpty(1), false);
    await world.recover();
    await world.stop();
  });
});
