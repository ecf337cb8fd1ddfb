import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { Lifecycle, type Part } from '#shared/runtime/lifecycle.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { ManualClock } from '#test/support/manual-clock.ts';

describe('Lifecycle', () => {
  let clock: ManualClock;
  let lifecycle: Lifecycle;
  let log: string[];

  function part(name: string, overrides: Partial<Part> = {}): Part {
    return { name, start: () => void log.push(`start ${name}`), stop: () => void log.push(`stop ${name}`), ...overrides };
  }

  beforeEach(() => {
    clock = new ManualClock();
    lifecycle = new Lifecycle({ clock, logger: silentLogger });
    log = [];
  });

  it('starts in order and stops in reverse order, once', async () => {
    lifecycle.add(part('a'));
    lifecycle.add(part('b'));
    await lifecycle.start();
    await Promise.all([lifecycle.stop('test'), lifecycle.stop('again')]);
    assert.deepEqual(log, ['start a', 'start b', 'stop b', 'stop a']);
    assert.equal(clock.pendingTimers, 0);
  });

  it('stops what was started when a later part cannot start', async () => {
    lifecycle.add(part('a'));
    lifecycle.add(part('b', { start: () => Promise.reject(new Error('no port')) }));
    lifecycle.add(part('c'));
    await assert.rejects(lifecycle.start(), /no port/);
    assert.deepEqual(log, ['start a', 'stop a']);
  });

  it('stops the others when one fails to stop', async () => {
    lifecycle.add(part('a'));
    lifecycle.add(part('b', { stop: () => Promise.reject(new Error('stuck')) }));
    await lifecycle.start();
    await lifecycle.stop('test');
    assert.deepEqual(log, ['start a', 'start b', 'stop a']);
  });

  it('waits 10 s for all parts together and no longer', async () => {
    const left: number[] = [];
    lifecycle.add(part('a', { stop: (deadline) => void left.push(deadline.remainingMs()) }));
    lifecycle.add(part('b', { stop: () => new Promise(() => undefined) }));
    lifecycle.add(part('c', { stop: (deadline) => new Promise((done) => clock.after(deadline.remainingMs() - 6_000, done)) }));
    await lifecycle.start();
    let stopped = false;
    const stopping = lifecycle.stop('test').then(() => {
      stopped = true;
    });
    await clock.pass(9_999);
    assert.equal(stopped, false);
    await clock.pass(1);
    await stopping;
    assert.deepEqual(left, [0]);
  });

  it('stops at a signal; a second one ends at once', async () => {
    const signals = new EventEmitter();
    let ended = 0;
    const forget = lifecycle.stopOnSignals(signals, () => {
      ended++;
    });
    lifecycle.add(part('stuck', { stop: () => new Promise(() => undefined) }));
    await lifecycle.start();
    signals.emit('SIGTERM');
    assert.equal(lifecycle.isStopping, true);
    assert.equal(ended, 0);
    signals.emit('SIGINT');
    assert.equal(ended, 1);
    await clock.pass(10_000);
    await eventually(() => ended === 2);
    forget();
    assert.equal(signals.listenerCount('SIGTERM'), 0);
  });
});
