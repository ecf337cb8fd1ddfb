import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ActId, ServerId, UserId } from '#shared/ids.ts';
import type { Provisioning } from '#shared/protocol/phones.ts';
import { randomId } from '#shared/random-id.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { Audit, replicaParts, SecretBox, type Storage, startStorage } from '#ucserver/database/index.ts';
import { Directory } from '#ucserver/directory/index.ts';
import { createHttpApp, Origins } from '#ucserver/http/index.ts';
import { procedures } from '#ucserver/procedures.ts';
import { createProvisioning, ProvisioningTokens, provisioningConfigSchema } from '#ucserver/provisioning/index.ts';
import { SipDevices, type SipListener } from '#ucserver/sip/index.ts';

const mesh = { id: 'test', password: 'the password of the mesh' };
const yealinkFile = '001565aabbcc.cfg';
const act = () => ({ actId: randomId() as ActId });
const author = { actor: 'system' as const, from: 'test' };

/** Servers as far as phones are told of them: `one` is this one. */
function members(...servers: readonly (readonly [string, readonly SipListener[]])[]) {
  const all = servers.map(([serverId, sip]) => ({ serverId: serverId as ServerId, draining: false, sip }));
  const get = (serverId: string) => all.find((each) => each.serverId === serverId);
  return { self: { serverId: 'one' as ServerId, life: 1 }, members: { all: () => all, get } } as unknown as Parameters<
    typeof createProvisioning
  >[0]['cluster'];
}

const cluster = members(
  ['one', [{ protocol: 'udp', host: 'one.test', port: 5060 }]],
  [
    'two',
    [
      { protocol: 'udp', host: 'two.test', port: 5060 },
      { protocol: 'tls', host: 'two.test', port: 5061 },
    ],
  ],
);

describe('settings that phones fetch', function () {
  this.timeout(30_000);
  let handles: HandleWatch;
  let folder: TempFolder;
  let clock: ManualClock;
  let storage: Storage;
  let directory: Directory;
  let devices: SipDevices;
  let server: Server;
  let ann: UserId;
  let url = 'https://uc.example.test';

  beforeEach(async () => {
    handles = new HandleWatch();
    folder = new TempFolder('provisioning');
    clock = new ManualClock(Date.now());
    url = 'https://uc.example.test';
    storage = await startStorage({
      config: { engine: 'sqlite', file: folder.file('company.db'), readers: 1 },
      ...{ procedures, parts: Object.values(replicaParts), dataFolder: folder.file('data'), mesh, clock: systemClock },
      ...{ logger: silentLogger, announce: () => undefined },
    });
    directory = new Directory({ database: storage.database, replica: storage.replica, clock });
    const user = { signIn: 'ann', displayName: 'Änn <Admin>', email: 'ann@example.test', language: 'de-DE' };
    const [created] = await directory.createUsers([{ passwordHash: 'none', user }], author);
    assert.ok(created);
    ann = created.id;
    const { database, replica } = storage;
    devices = new SipDevices({
      ...{ database, replica, clock, realm: mesh.id, provisioning: (device) => provisioning.offer(device) },
      registrars: () => provisioning.registrars(),
    });
    const provisioning = createProvisioning({
      config: provisioningConfigSchema.parse({ perMinute: 20 }),
      ...{ database, directory, cluster, clock, realm: mesh.id, url: () => url, deviceOf: (id) => devices.find(id) },
      tokens: new ProvisioningTokens(new SecretBox(mesh.id, mesh.password, 'provisioning'), clock),
    });
    const origins = new Origins({ listed: [], servers: () => [], ownUrl: undefined });
    const app = createHttpApp({
      ...{ origins, secure: true, logger: silentLogger, webFolder: folder.path, routes: [provisioning.routes] },
      addressOf: () => '192.0.2.7',
    });
    server = createServer(app.callback());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await storage.stop();
    folder.remove();
    await handles.check(5_000);
  });

  async function device(): Promise<{ id: string; secret: string; offered: Provisioning }> {
    const { device: made, secret, provisioning: offered } = await devices.create(ann, { ...act(), name: 'Desk' });
    assert.ok(offered);
    return { id: made.id, secret, offered };
  }

  /** What a phone gets at this address, whichever host it names. */
  async function fetched(address: string): Promise<{ status: number; text: string; headers: Headers }> {
    const { pathname } = new URL(address);
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}${pathname}`, { headers: { Connection: 'close' } });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  }

  it('hold the secret and two registrars, in the language of the person', async () => {
    const { id, secret, offered } = await device();
    const yealink = await fetched(`${offered.urls.yealink}${yealinkFile}`);
    assert.equal(yealink.status, 200);
    assert.match(yealink.headers.get('content-type') ?? '', /^text\/plain/);
    assert.equal(yealink.headers.get('cache-control'), 'no-store');
    for (const line of [
      `account.1.user_name = ${id}`,
      `account.1.password = ${secret}`,
      'account.1.label = Änn <Admin>',
      'account.1.sip_server.1.address = one.test',
      'account.1.sip_server.1.transport_type = 0',
      'account.1.sip_server.2.address = two.test',
      'account.1.sip_server.2.transport_type = 2',
      'lang.gui = German',
    ])
      assert.ok(yealink.text.split('\n').includes(line), line);
    const snom = await fetched(offered.urls.snom);
    assert.equal(snom.status, 200);
    assert.ok(snom.text.includes(`<user_pass idx="1" perm="">${secret}</user_pass>`));
  });

  it('are handed out for some minutes from the first time on, which stands in the audit log', async () => {
    const { id, offered } = await device();
    const address = `${offered.urls.yealink}${yealinkFile}`;
    await clock.advance(3_600_000);
    assert.equal((await fetched(address)).status, 200);
    await clock.advance(9 * 60_000);
    assert.equal((await fetched(address)).status, 200);
    await clock.advance(2 * 60_000);
    assert.equal((await fetched(address)).status, 401);
    const entries = (await new Audit(storage.database, clock).list(50)).filter(({ object }) => object === `sipDevice/${id}`);
    const handed = entries.filter(({ action }) => action === 'sipDevice.provision');
    assert.deepEqual(
      handed.map(({ actor, from }) => [actor, from]),
      [
        [ann, '192.0.2.7'],
        [ann, '192.0.2.7'],
      ],
    );
  });

  it('are refused by an address that is wrong, too old, of a revoked device or of a former secret', async () => {
    const first = await device();
    const address = `${first.offered.urls.yealink}${yealinkFile}`;
    assert.equal((await fetched(`${first.offered.urls.yealink.slice(0, -5)}AAAA/${yealinkFile}`)).status, 401);
    assert.equal((await fetched(`https://x/provisioning/nonsense/${yealinkFile}`)).status, 401);
    assert.equal((await fetched(`${first.offered.urls.yealink}y000000000065.cfg`)).status, 404);
    const renewed = await devices.renew(ann, first.id);
    assert.equal((await fetched(address)).status, 401);
    const again = `${renewed.provisioning?.urls.yealink}${yealinkFile}`;
    assert.ok((await fetched(again)).text.includes(renewed.secret));
    await devices.revoke(ann, { ...act(), id: first.id });
    assert.equal((await fetched(again)).status, 401);
    const late = await device();
    await clock.advance(25 * 3_600_000);
    assert.equal((await fetched(late.offered.urls.snom)).status, 401);
  });

  it('are not offered where they would travel in clear', async () => {
    url = 'http://uc.example.test';
    const { provisioning } = await devices.create(ann, { ...act(), name: 'Desk' });
    assert.equal(provisioning, undefined);
  });

  it('are asked for so often by one network and no more', async () => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 21; attempt++)
      statuses.push((await fetched(`https://x/provisioning/guess${attempt}/snom.xml`)).status);
    assert.deepEqual([statuses[0], statuses.at(-1)], [401, 429]);
  });

  it('are of a secret that the same act does not tell twice', async () => {
    const same = { ...act(), name: 'Hall' };
    const first = await devices.create(ann, same);
    const second = await devices.create(ann, same);
    assert.equal(second.device.id, first.device.id);
    assert.notEqual(second.secret, first.secret, 'it is kept nowhere');
    assert.equal((await fetched(first.provisioning?.urls.snom ?? '')).status, 401, 'the first one is worth nothing any more');
    assert.equal((await fetched(second.provisioning?.urls.snom ?? '')).status, 200);
    const stored = await storage.database.read(storage.database.queries.db.selectFrom('sip_devices').selectAll());
    assert.ok(!JSON.stringify(stored).includes(second.secret));
    assert.equal(devices.list(ann).length, 1);
  });
});
