import assert from 'node:assert/strict';
import type { ActId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { freePorts } from '#test/support/free-port.ts';
import { keysOf } from '#test/support/leaks.ts';
import type { Person } from '#test/support/person.ts';
import { Phone } from '#test/support/sip/phone.ts';
import { header } from '#test/support/sip/sip-message.ts';
import { digestResponse, digestVerifier } from '#ucserver/sip/digest.ts';

/** Redis holds the device that is at this server. */
async function isKept({ redis }: Cluster, serverId: string): Promise<boolean> {
  const client = redis.client();
  try {
    const keys = await keysOf(client, `uc:*:locations:{${serverId}:*`);
    const held = await Promise.all(keys.map((key) => client.hlen(key)));
    return held.some((devices) => devices > 0);
  } finally {
    client.disconnect();
  }
}

describe('phones of two servers', function () {
  this.timeout(90_000);

  /** On which servers the person's phone is registered, as the person sees it. */
  const seen = async (person: Person) => {
    const { devices } = await person.client.call('phones.list', {});
    return devices.flatMap(({ registrations }) => registrations.map(({ serverId }) => serverId)).sort();
  };

  it('are known everywhere, move, and are there at once after a restart of their server', async () => {
    const [first = 0, second = 0] = await freePorts(2);
    const listeners = [first, second].map((port) => ({ sip: { listeners: [{ protocol: 'udp', port }] } }));
    await using cluster = await Cluster.start({ people: { ann: {} }, sectionsOf: (index) => listeners[index] ?? {} });
    const ann = await cluster.signIn('ann', 1);
    const { device, realm, secret } = await ann.client.call('phones.create', { actId: randomId() as ActId, name: 'Desk' });

    const registerAt = async (port: number) => {
      const phone = await Phone.open('desk', { protocol: 'udp', host: '127.0.0.1', port });
      const to = `<sip:${device.id}@uc.test>`;
      const parts = { uri: 'sip:uc.test', to, from: `${to};tag=desk`, callId: randomId() };
      // The other server may learn of the device a moment later.
      await eventually(
        async () => {
          phone.request('REGISTER', { ...parts, callId: randomId() });
          const challenge = header(await phone.nextResponse(401, 'REGISTER', 2_000), 'www-authenticate');
          const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? '';
          const proof = { algorithm: 'SHA-256' as const, nonce, nc: '00000001', cnonce: 'abc', uri: 'sip:uc.test' };
          const response = digestResponse(proof, digestVerifier(device.id, realm, secret), 'REGISTER');
          const given = `Digest username="${device.id}", realm="${realm}", nonce="${nonce}", uri="sip:uc.test", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="abc", response="${response}"`;
          phone.request('REGISTER', { ...parts, callId: randomId(), headers: [['Authorization', given]] });
          await phone.nextResponse(200, 'REGISTER', 2_000);
        },
        { withinMs: 20_000, what: 'the phone is registered' },
      );
      await phone.close();
    };
    const isAt = (...ids: readonly string[]) =>
      eventually(async () => assert.deepEqual(await seen(ann), ids), { withinMs: 20_000, what: `the phone is at ${ids.join()}` });
    const [one, two] = [cluster.server(0), cluster.server(1)];

    await registerAt(second);
    await isAt(two.id);
    await registerAt(first);
    await isAt(one.id);
    await eventually(() => isKept(cluster, one.id), { withinMs: 10_000, what: 'Redis holds it for the next life' });
    await one.kill();
    await isAt();
    await one.start();
    await isAt(one.id);
  });
});
