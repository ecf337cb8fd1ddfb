import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { IncarnationId, ServerId } from '#shared/ids.ts';
import { defineRequest } from '#shared/mesh/contract.ts';
import { DirectClient } from '#shared/mesh/direct-client.ts';
import { DirectServer } from '#shared/mesh/direct-server.ts';
import { EnvelopeSealer, maxEnvelopeBytes } from '#shared/mesh/envelope.ts';
import { MemoryBus, MemoryHub } from '#shared/mesh/memory-bus.ts';
import { ServerMesh } from '#shared/mesh/mesh.ts';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { encodeRequest } from '#shared/mesh/payload.ts';
import { createKeys } from '#shared/redis/keys.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { freePort } from '#test/support/free-port.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { Link } from '#test/support/link.ts';
import { selfSigned } from '#test/support/self-signed.ts';
import { TempFolder } from '#test/support/temp-folder.ts';

const count = defineRequest('test.count', z.object({ by: z.number() }), z.number(), { meaning: 'Counts.' });

describe('requests over the mesh address', () => {
  const keys = new MeshKeys('test', 'the password of the mesh');
  const sealer = new EnvelopeSealer(keys);
  let handles: HandleWatch;
  let meshes: ServerMesh[];
  let server: DirectServer;
  let client: DirectClient;
  let url: string;
  let total: number;
  const [one, two] = ['one', 'two'].map((serverId) => ({ serverId: serverId as ServerId, life: 1 })) as [
    { serverId: ServerId; life: number },
    { serverId: ServerId; life: number },
  ];

  /** On buses that are never up. */
  function meshOf(self: { serverId: ServerId; life: number }): ServerMesh {
    const bus = new MemoryBus(new MemoryHub());
    bus.cut();
    const direct = new DirectClient({ keys });
    const mesh = new ServerMesh({ bus, keys, redisKeys: createKeys('test'), direct, clock: systemClock, logger: silentLogger });
    mesh.start(self);
    meshes.push(mesh);
    return mesh;
  }

  const ask = (number: number, by: number, from = 'one:1', to = 'two:1') =>
    sealer.seal({
      kind: 'ask',
      from: from as IncarnationId,
      to: to as IncarnationId,
      number,
      sentMs: performance.now(),
      payload: encodeRequest({ id: number, name: count.name, params: { by }, deadlineMs: 1_000, correlationId: undefined }),
    });

  const post = async (bytes: Buffer) =>
    (await fetch(`${url}/mesh/request`, { method: 'POST', body: new Uint8Array(bytes) })).status;

  beforeEach(async () => {
    handles = new HandleWatch();
    meshes = [];
    total = 0;
    client = new DirectClient({ keys });
    server = new DirectServer({ config: { host: '127.0.0.1', port: 0 }, keys, logger: silentLogger });
    url = await server.listen();
    const mesh = meshOf(two);
    mesh.handle(count, ({ by }) => {
      total += by;
      return total;
    });
    server.answerWith({
      self: () => 'two:1' as IncarnationId,
      isBuried: (incarnation) => incarnation === 'one:1',
      request: (bytes) => mesh.answerDirectly(bytes),
    });
  });

  afterEach(async () => {
    for (const mesh of meshes) mesh.stop();
    client.close();
    await server.close();
    await handles.check();
  });

  it('are executed and answered while the bus is down', async () => {
    const mesh = meshOf(one);
    mesh.meet(two, url);
    assert.equal(await mesh.request(two.serverId, count, { by: 5 }), 5);
    assert.deepEqual(
      (await Promise.all([1, 2, 3].map((by) => mesh.request(two.serverId, count, { by })))).sort((a, b) => a - b).at(-1),
      11,
    );
  });

  it('fail at once when nobody listens, and after their deadline when nobody answers', async () => {
    const mesh = meshOf(one);
    mesh.meet(two, `http://127.0.0.1:${await freePort()}`);
    await assert.rejects(mesh.request(two.serverId, count, { by: 1 }), { code: 'OWNER_UNREACHABLE' });
    const link = await Link.open({ target: { port: Number(new URL(url).port) } });
    link.hang('toClient');
    mesh.meet(two, `http://127.0.0.1:${link.port}`);
    await assert.rejects(mesh.request(two.serverId, count, { by: 1 }, { deadlineMs: 100 }), { code: 'OUTCOME_UNKNOWN' });
    assert.equal(total, 1, 'it was executed although the answer was lost');
    await link.close();
  });

  it('are refused when replayed, forged, for another life, from a dead server, or too large', async () => {
    const genuine = ask(1, 1);
    assert.equal(await post(genuine), 200);
    assert.equal(await post(genuine), 403);
    const forged = ask(2, 1);
    forged[forged.length - 3] = 0x39;
    assert.equal(await post(forged), 403);
    assert.equal(await post(ask(3, 1, 'one:1', 'two:2')), 403);
    assert.equal(await post(Buffer.alloc(maxEnvelopeBytes + 1)), 413);
    assert.equal(await post(ask(5, 1)), 200);
    assert.equal(await post(ask(4, 1)), 200, 'requests may overtake each other');
    meshes[0]?.bury(one);
    assert.equal(await post(ask(6, 1)), 403);
    assert.equal(total, 3);
  });

  it('show nothing else at the mesh address', async () => {
    for (const path of ['/', '/mesh', '/mesh/request', '/metrics']) assert.equal((await fetch(url + path)).status, 404);
    assert.equal((await fetch(`${url}/mesh/alive?nonce=${'x'.repeat(65)}`)).status, 400);
  });

  it('say who lives there and whether the asker is buried, signed', async () => {
    const answer = await client.alive(url, 'one:1' as IncarnationId, 500);
    assert.ok(typeof answer === 'object');
    assert.deepEqual([answer.incarnation, answer.buried], ['two:1', true]);
    const other = await client.alive(url, 'three:1' as IncarnationId, 500);
    assert.ok(typeof other === 'object' && !other.buried);
    const stranger = new DirectClient({ keys: new MeshKeys('test', 'another password of the mesh') });
    assert.equal(
      await stranger.alive(url, 'one:1' as IncarnationId, 500),
      'silent',
      'who is not of this mesh cannot answer for it',
    );
    stranger.close();
  });

  it('speak HTTPS with a certificate the servers trust', async () => {
    using folder = new TempFolder('mesh-tls');
    const [key, cert] = [folder.file('key.pem'), folder.file('cert.pem')];
    selfSigned(key, cert);
    const secure = new DirectServer({ config: { host: '127.0.0.1', port: 0, tls: { key, cert } }, keys, logger: silentLogger });
    const secureUrl = await secure.listen();
    assert.match(secureUrl, /^https:/);
    secure.answerWith({ self: () => 'two:1' as IncarnationId, isBuried: () => false, request: async (bytes) => bytes });
    const trusting = new DirectClient({ keys, ca: readFileSync(cert) });
    assert.equal(typeof (await trusting.alive(secureUrl, 'one:1' as IncarnationId, 2_000)), 'object');
    assert.deepEqual(await trusting.ask(secureUrl, Buffer.from('sealed'), 2_000), Buffer.from('sealed'));
    assert.equal(await client.alive(secureUrl, 'one:1' as IncarnationId, 2_000), 'silent', 'not trusted');
    trusting.close();
    await secure.close();
  });

  it('tell a refused connection from silence', async () => {
    assert.equal(await client.alive(`http://127.0.0.1:${await freePort()}`, 'one:1' as IncarnationId, 500), 'refused');
    const link = await Link.open({ target: { port: Number(new URL(url).port) } });
    link.hang();
    assert.equal(await client.alive(`http://127.0.0.1:${link.port}`, 'one:1' as IncarnationId, 60), 'silent');
    await link.close();
  });
});
