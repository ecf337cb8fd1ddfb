import assert from 'node:assert/strict';
import { serverIdSchema } from '#shared/ids.ts';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { Health } from '#shared/runtime/health.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { freePort } from '#test/support/free-port.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { EdgeUnderTest, testSecret } from '#test/support/sip/edge.ts';
import { Phone } from '#test/support/sip/phone.ts';
import type { WireAddress } from '#test/support/sip/wire.ts';
import type { Database, Replica } from '#ucserver/database/index.ts';
import { createSip, SipDevices, sipConfigSchema } from '#ucserver/sip/index.ts';

/** A company without any device: what is tried here is the edge, not who registers. */
const base = {
  clock: systemClock,
  logger: silentLogger,
  dispatcher: { register: () => undefined },
  meshKeys: new MeshKeys('test', 'a-password-of-the-mesh'),
  self: serverIdSchema.parse('one'),
  locations: { hold: () => undefined, onMoved: () => () => undefined, left: async () => [], locationsOf: () => [] },
  ownHost: () => '127.0.0.1',
  devices: new SipDevices({
    ...{ database: {} as Database, clock: systemClock, realm: 'test', provisioning: () => undefined, registrars: () => [] },
    replica: { items: () => new Map(), onChange: () => () => undefined } as unknown as Replica,
  }),
};

describe('SIP of a server', () => {
  const handles = new HandleWatch();
  afterEach(() => handles.check());

  it('is not there unless configured', () => {
    const config = sipConfigSchema.parse({});
    assert.equal(createSip({ config, health: new Health(systemClock), ...base }), undefined);
    for (const wrong of [
      { listeners: [{ protocol: 'tls' }] },
      { listeners: [{ protocol: 'udp' }], drachtio: { host: 'x', secret: 's' } },
      { listeners: [{ protocol: 'sctp' }] },
    ])
      assert.equal(sipConfigSchema.safeParse(wrong).success, false, JSON.stringify(wrong));
  });

  it('runs an edge, starts it again when it is killed, and connects again', async function () {
    this.timeout(20_000);
    const port = await freePort();
    const health = new Health(systemClock);
    const sip = createSip({ config: sipConfigSchema.parse({ listeners: [{ protocol: 'udp', port }] }), health, ...base });
    assert.ok(sip);
    sip.application.use('options', (_, response) => response.send(200));
    await sip.start();
    const address: WireAddress = { protocol: 'udp', host: '127.0.0.1', port };
    const phone = await Phone.open('alice', address);
    const answered = async () => {
      phone.request('OPTIONS');
      await phone.nextResponse(200, 'OPTIONS', 300);
    };
    await eventually(answered);
    assert.equal(health.report().dependencies.sip?.state, 'up');
    const before = sip.edgePid;
    assert.ok(before);
    process.kill(before, 'SIGKILL');
    await eventually(() => health.report().dependencies.sip?.state === 'away');
    await eventually(answered, { withinMs: 10_000 });
    assert.notEqual(sip.edgePid, before);
    await phone.close();
    await sip.stop();
    assert.equal(sip.edgePid, undefined);
  });

  it('says when its edge cannot listen', async () => {
    const config = sipConfigSchema.parse({ listeners: [{ protocol: 'udp', host: '192.0.2.77' }] });
    const sip = createSip({ config, health: new Health(systemClock), ...base });
    await assert.rejects(async () => sip?.start(), /ended before it listened/);
    await sip?.stop();
  });

  it('uses a drachtio-server where there is one', async () => {
    const edge = await EdgeUnderTest.start({ listeners: [{ protocol: 'tcp' }], strict: true });
    const { host, port } = edge.control;
    const config = sipConfigSchema.parse({ drachtio: { host, port, secret: testSecret } });
    const sip = createSip({ config, health: new Health(systemClock), ...base });
    await sip?.start();
    await eventually(() => sip?.isConnected === true);
    assert.equal(sip?.edgePid, undefined);
    await sip?.stop();
    await edge.stop();
  });
});
