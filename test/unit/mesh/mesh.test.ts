import assert from 'node:assert/strict';
import * as z from 'zod';
import { defineEvent, defineRequest } from '#shared/mesh/contract.ts';
import { type Envelope, EnvelopeSealer } from '#shared/mesh/envelope.ts';
import { MemoryHub } from '#shared/mesh/memory-bus.ts';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { encodePayload, encodeResult } from '#shared/mesh/payload.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { eventually } from '#test/support/eventually.ts';
import { introduce, startMesh, type TestServer } from './mesh-pair.ts';

const told = defineEvent('test.told', z.object({ text: z.string() }), { meaning: 'A text.' });
const state = defineEvent('test.state', z.object({ who: z.string(), n: z.number() }), { lane: 'second', meaning: 'A state.' });
const double = defineRequest('test.double', z.object({ n: z.number() }), z.object({ n: z.number() }), { meaning: 'Twice n.' });

describe('mesh on a memory bus', () => {
  let hub: MemoryHub;
  let one: TestServer;
  let two: TestServer;

  beforeEach(async () => {
    hub = new MemoryHub();
    one = startMesh(hub, 'one');
    two = startMesh(hub, 'two');
    introduce(one, two);
    await eventually(() => one.mesh.state === 'up' && two.mesh.state === 'up');
  });

  afterEach(() => {
    one.mesh.stop();
    two.mesh.stop();
  });

  it('keeps the order of events', async () => {
    const heard: string[] = [];
    two.mesh.on(told, ({ text }, from) => heard.push(`${from.serverId}:${text}`));
    for (const text of ['a', 'b', 'c']) one.mesh.send(two.id, told, { text });
    await eventually(() => heard.length === 3);
    assert.deepEqual(heard, ['one:a', 'one:b', 'one:c']);
  });

  it('joins what leaves in one turn into one envelope', async () => {
    let envelopes = 0;
    const publish = one.bus.publish.bind(one.bus);
    one.bus.publish = (channel, bytes) => {
      if (channel.includes('two')) envelopes++;
      return publish(channel, bytes);
    };
    const heard: string[] = [];
    two.mesh.on(told, ({ text }) => heard.push(text));
    await eventually(() => envelopes > 0);
    envelopes = 0;
    for (let n = 0; n < 100; n++) one.mesh.send(two.id, told, { text: String(n) });
    await eventually(() => heard.length === 100);
    assert.equal(envelopes, 1);
  });

  it('answers requests, also errors', async () => {
    two.mesh.handle(double, ({ n }) => {
      if (n < 0) throw new UCError('FORBIDDEN', 'not below zero');
      return { n: 2 * n };
    });
    assert.deepEqual(await one.mesh.request(two.id, double, { n: 4 }), { n: 8 });
    await assert.rejects(one.mesh.request(two.id, double, { n: -1 }), { code: 'FORBIDDEN', message: 'not below zero' });
    await assert.rejects(one.mesh.request(two.id, double, { n: 'x' as unknown as number }), {
      code: 'BAD_REQUEST',
      field: 'params.n',
    });
  });

  it('answers requests to itself', async () => {
    one.mesh.handle(double, ({ n }) => ({ n: 2 * n }));
    assert.deepEqual(await one.mesh.request(one.id, double, { n: 4 }), { n: 8 });
  });

  it('fails requests at once when nobody listens or the server is unknown', async () => {
    two.mesh.stop();
    const deadlineMs = 30_000;
    const before = performance.now();
    await assert.rejects(one.mesh.request(two.id, double, { n: 1 }, { deadlineMs }), { code: 'OWNER_UNREACHABLE' });
    one.mesh.bury(two.incarnation);
    await assert.rejects(one.mesh.request(two.id, double, { n: 1 }, { deadlineMs }), { code: 'OWNER_UNREACHABLE' });
    assert.ok(performance.now() - before < deadlineMs / 2);
  });

  it('does not know the outcome when no answer comes in time', async () => {
    two.mesh.handle(double, () => new Promise<never>(() => undefined));
    await assert.rejects(one.mesh.request(two.id, double, { n: 1 }, { deadlineMs: 30 }), { code: 'OUTCOME_UNKNOWN' });
  });

  it('sends only the newest state of a key and all keys', async () => {
    const heard: string[] = [];
    two.mesh.on(state, ({ who, n }) => heard.push(`${who}${n}`));
    for (let n = 1; n <= 3; n++) for (const who of ['a', 'b']) one.mesh.sendLatest(two.id, who, state, { who, n });
    await eventually(() => heard.length === 2);
    assert.deepEqual(heard, ['a3', 'b3']);
  });

  it('hands events of the first lane over before the states they travel with', async () => {
    const heard: string[] = [];
    two.mesh.on(state, ({ who }) => heard.push(who));
    two.mesh.on(told, ({ text }) => heard.push(text));
    one.mesh.sendLatest(two.id, 'a', state, { who: 'state', n: 1 });
    one.mesh.send(two.id, told, { text: 'call' });
    await eventually(() => heard.length === 2);
    assert.deepEqual(heard, ['call', 'state']);
  });

  it('drops an event that does not fit its schema and fields it does not know', async () => {
    const heard: unknown[] = [];
    two.mesh.on(told, (event) => heard.push(event));
    one.mesh.send(two.id, told, { text: 5 as unknown as string });
    one.mesh.send(two.id, told, { text: 'a', newer: true } as { text: string });
    await eventually(() => heard.length > 0);
    assert.deepEqual(heard, [{ text: 'a' }]);
  });

  it('goes on after a handler has failed', async () => {
    const heard: string[] = [];
    two.mesh.on(told, () => {
      throw new Error('a mistake');
    });
    two.mesh.on(told, ({ text }) => heard.push(text));
    one.mesh.send(two.id, told, { text: 'a' });
    await eventually(() => heard.length === 1);
  });

  it('does not execute a request that is older than its deadline', async () => {
    const executed: number[] = [];
    two.mesh.handle(double, ({ n }) => {
      executed.push(n);
      return { n };
    });
    await one.mesh.request(two.id, double, { n: 1 });
    const held: (() => Promise<unknown>)[] = [];
    const publish = one.bus.publish.bind(one.bus);
    one.bus.publish = (channel, bytes) => {
      if (!channel.includes('two')) return publish(channel, bytes);
      return new Promise((resolve, reject) => held.push(() => publish(channel, bytes).then(resolve, reject)));
    };
    const sentMs = performance.now();
    await assert.rejects(one.mesh.request(two.id, double, { n: 2 }, { deadlineMs: 40 }), { code: 'OUTCOME_UNKNOWN' });
    // Ages are told from the fastest message so far, which may have been slow.
    await eventually(() => performance.now() - sentMs > 500);
    // It arrives after its time, and in the order of the bus before a request that is in time.
    one.bus.publish = publish;
    for (const deliver of held) await deliver();
    await one.mesh.request(two.id, double, { n: 3 });
    assert.deepEqual(executed, [1, 3]);
  });

  it('takes an answer only from the server that was asked', async () => {
    const three = startMesh(hub, 'three');
    introduce(one, two, three);
    await eventually(() => three.mesh.state === 'up');
    two.mesh.handle(double, () => new Promise<never>(() => undefined));
    const answer = one.mesh.request(two.id, double, { n: 1 }, { deadlineMs: 100 });
    // Another server of the mesh, gone mad, answers all numbers.
    const keys = new MeshKeys('test', 'a password of the mesh');
    const forged = Array.from({ length: 50 }, (_, id) => encodeResult(id, { n: 99 }));
    const letter = { kind: 'stream', from: 'three:1', to: 'one:1', number: 1_000, sentMs: 0 } as const;
    const bytes = new EnvelopeSealer(keys).seal({ ...letter, payload: encodePayload(0, forged, []) } as Envelope);
    hub.publish('uc:test:inbox:one:1', bytes);
    await assert.rejects(answer, { code: 'OUTCOME_UNKNOWN' });
    three.mesh.stop();
  });

  it('delivers 20,000 states of different keys in a window', async () => {
    let heard = 0;
    two.mesh.on(state, () => heard++);
    for (let n = 0; n < 20_000; n++) one.mesh.sendLatest(two.id, String(n), state, { who: 'a', n });
    await eventually(() => heard === 20_000);
  });
});
