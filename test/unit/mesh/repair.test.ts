import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { IncarnationId } from '#shared/ids.ts';
import { defineEvent } from '#shared/mesh/contract.ts';
import { EnvelopeSealer } from '#shared/mesh/envelope.ts';
import { MemoryHub } from '#shared/mesh/memory-bus.ts';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { encodeEvent, encodePayload } from '#shared/mesh/payload.ts';
import { eventually, never } from '#test/support/eventually.ts';
import { introduce, startMesh, type TestServer } from './mesh-pair.ts';

const changed = defineEvent('test.changed', z.object({ key: z.string(), value: z.number() }), { meaning: 'A value.' });
const item = z.object({ key: z.string(), value: z.number() });

/** What one server says and the other must know: told by events, read again by re-sync. */
class Notebook {
  readonly own = new Map<string, number>();
  readonly known = new Map<string, number>();
  pages = 0;
  syncs = 0;
  readonly server: TestServer;

  constructor(server: TestServer) {
    this.server = server;
    server.mesh.on(changed, ({ key, value }) => this.known.set(key, value));
    server.mesh.onSynced(() => this.syncs++);
    server.mesh.addResync<z.infer<typeof item>>({
      name: 'notebook',
      item,
      page: (_asker, after, limit) => {
        const keys = [...this.own.keys()].sort().filter((key) => after === undefined || key > after);
        const page = keys.slice(0, limit);
        return {
          items: page.map((key) => ({ key, value: this.own.get(key) ?? 0 })),
          next: keys.length > limit ? page.at(-1) : undefined,
        };
      },
      apply: (items) => {
        this.pages++;
        for (const { key, value } of items) this.known.set(key, value);
      },
    });
  }

  set(key: string, value: number, to: TestServer): void {
    this.own.set(key, value);
    this.server.mesh.send(to.id, changed, { key, value });
  }
}

describe('repair of what was lost between servers', () => {
  let hub: MemoryHub;
  let one: TestServer;
  let two: TestServer;
  let writer: Notebook;
  let reader: Notebook;

  /** Loses everything that one sends to two until the returned function is called. */
  function loseEnvelopes(): () => void {
    const publish = one.bus.publish;
    one.bus.publish = async (channel, bytes) => (channel.includes('inbox:two') ? 1 : publish.call(one.bus, channel, bytes));
    return () => {
      one.bus.publish = publish;
    };
  }

  const agree = (withinMs = 2_000) =>
    eventually(() => assert.deepEqual(reader.known, writer.own), { withinMs, what: 'both know the same' });

  beforeEach(async () => {
    hub = new MemoryHub();
    [one, two] = [startMesh(hub, 'one'), startMesh(hub, 'two')];
    [writer, reader] = [new Notebook(one), new Notebook(two)];
    for (let n = 0; n < 450; n++) writer.own.set(`key ${1000 + n}`, n);
    introduce(one, two);
    await agree();
    await eventually(() => reader.syncs === 1 && writer.syncs === 1);
  });

  afterEach(() => {
    one.mesh.stop();
    two.mesh.stop();
  });

  it('reads everything in pages of 200 when a server appears', () => {
    assert.equal(reader.pages, 3);
  });

  it('reads again as soon as the next envelope shows the gap', async () => {
    const heal = loseEnvelopes();
    writer.set('lost', 1, two);
    await turn();
    heal();
    writer.set('heard', 2, two);
    await agree(400);
    assert.equal(reader.syncs, 2);
  });

  it('notices by the keep-alive that the last thing said was lost', async () => {
    const heal = loseEnvelopes();
    writer.set('lost', 1, two);
    await turn();
    heal();
    await agree(1_500);
  });

  it('reads from the sender only, and nothing when nothing was lost', async () => {
    const syncs = writer.syncs;
    const heal = loseEnvelopes();
    writer.set('lost', 1, two);
    await turn();
    heal();
    await agree();
    assert.equal(writer.syncs, syncs);
    const pages = reader.pages;
    for (let n = 0; n < 100; n++) writer.set('same', n, two);
    await agree();
    await never(() => reader.pages > pages, 700);
  });

  it('reads again after the bus of either was down', async () => {
    for (const { bus, mesh } of [one, two]) {
      bus.cut();
      await eventually(() => mesh.state === 'down');
      writer.set('meanwhile', bus === one.bus ? 1 : 2, two);
      bus.mend();
      await eventually(() => mesh.state === 'up');
      await agree();
    }
  });

  it('notices that a bus that seems open carries nothing, and builds it anew', async () => {
    const states: string[] = [];
    one.mesh.onState((state) => states.push(state));
    let rebuilt = 0;
    const { publish, rebuild } = one.bus;
    one.bus.publish = async () => 1;
    one.bus.rebuild = () => {
      rebuilt++;
      one.bus.publish = publish;
      rebuild.call(one.bus);
    };
    await eventually(() => states.join() === 'down,up', { withinMs: 4_000 });
    assert.equal(rebuilt, 1);
  });

  it('drops what is replayed, forged, or from an incarnation that is dead', async () => {
    const sealer = new EnvelopeSealer(new MeshKeys('test', 'a password of the mesh'));
    const inbox = 'uc:test:inbox:two:1';
    const say = (from: string, number: number, value: number) =>
      sealer.seal({
        kind: 'stream',
        from: from as IncarnationId,
        to: 'two:1' as IncarnationId,
        number,
        sentMs: 0,
        payload: encodePayload(0, [encodeEvent(changed.name, { key: 'forged', value })], []),
      });
    let recorded: Buffer | undefined;
    hub.subscribe(inbox, (bytes) => {
      recorded ??= bytes;
    });
    writer.set('said', 1, two);
    await agree();
    writer.set('said', 2, two);
    await agree();
    assert.ok(recorded);
    hub.publish(inbox, recorded);
    hub.publish(inbox, say('one:1', 1, 1));
    const forged = say('one:1', 1_000_000, 2);
    forged[forged.length - 1] = 0x20;
    hub.publish(inbox, forged);
    two.mesh.bury({ serverId: one.id, life: 1 });
    hub.publish(inbox, say('one:1', 1_000_000, 3));
    await never(() => reader.known.has('forged') || reader.known.get('said') !== 2, 100);
    hub.publish(inbox, say('one:2', 1, 4));
    await eventually(() => reader.known.get('forged') === 4, { what: 'the next life is heard' });
    hub.publish(inbox, say('one:1', 1_000_001, 5));
    await never(() => reader.known.get('forged') !== 4, 50);
  });

  it('leaves out a section the other server does not know, and items it does not understand', async () => {
    const strange: unknown[] = [];
    two.mesh.addResync({
      name: 'newer',
      item: z.string(),
      page: () => ({ items: [] }),
      apply: (items) => void strange.push(...items),
    });
    await two.mesh.resync(one.id);
    one.mesh.addResync<unknown>({
      name: 'newer',
      item: z.unknown(),
      page: () => ({ items: ['a', 5, 'b'] }),
      apply: () => undefined,
    });
    await two.mesh.resync(one.id);
    assert.deepEqual(strange, ['a', 'b']);
  });

  it('asks for smaller pages when one does not fit into an envelope', async () => {
    const read: string[] = [];
    const section = (own: string[], items: string[]) => ({
      name: 'large',
      item: z.string(),
      page: (_asker: unknown, after: string | undefined, limit: number) => {
        const from = after === undefined ? 0 : Number(after);
        const next = from + limit < own.length ? String(from + limit) : undefined;
        return { items: own.slice(from, from + limit), next };
      },
      apply: (page: readonly string[]) => void items.push(...page),
    });
    const large = Array.from({ length: 50 }, (_, n) => String(n).repeat(5_000).slice(0, 10_000));
    one.mesh.addResync(section(large, []));
    two.mesh.addResync(section([], read));
    await two.mesh.resync(one.id);
    assert.ok(isDeepStrictEqual(read, large), `${read.length} items were read`);
  });

  it('begins anew when a server takes a new life', async () => {
    one.mesh.rebirth({ serverId: one.id, life: 2 });
    two.mesh.bury(one.incarnation);
    two.mesh.meet({ serverId: one.id, life: 2 }, undefined);
    writer.set('reborn', 1, two);
    await agree();
    assert.deepEqual(two.mesh.peers(), [{ serverId: one.id, life: 2 }]);
  });
});
