import assert from 'node:assert/strict';
import type { ActId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { asOperator } from '#test/support/company.ts';
import { eventually } from '#test/support/eventually.ts';
import { freePort } from '#test/support/free-port.ts';
import { InProcess } from '#test/support/in-process.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import type { Person } from '#test/support/person.ts';
import { newId, Phone } from '#test/support/sip/phone.ts';
import { header, type PhoneMessage } from '#test/support/sip/sip-message.ts';
import type { WireAddress } from '#test/support/sip/wire.ts';
import { Audit } from '#ucserver/database/index.ts';
import { digestResponse, digestVerifier } from '#ucserver/sip/digest.ts';

const act = () => ({ actId: randomId() as ActId });

interface Credentials {
  readonly id: string;
  readonly realm: string;
  readonly secret: string;
}

/** What a phone answers to a challenge. */
function authorization(
  challenge: string,
  { id, realm, secret }: Credentials,
  nc: string,
  algorithm: 'MD5' | 'SHA-256' = 'SHA-256',
): string {
  const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? '';
  const uri = 'sip:uc.test';
  const proof = { algorithm, nonce, nc, cnonce: 'abc', uri };
  const response = digestResponse(proof, digestVerifier(id, realm, secret), 'REGISTER');
  return `Digest username="${id}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=${algorithm}, qop=auth, nc=${nc}, cnonce="abc", response="${response}"`;
}

describe('registrar of a server', () => {
  let handles: HandleWatch;
  let stage: InProcess;
  let ann: Person;
  let address: WireAddress;
  let phone: Phone;
  let seq = 0;

  before(async () => {
    handles = new HandleWatch();
    const port = await freePort();
    address = { protocol: 'udp', host: '127.0.0.1', port };
    const sip = { listeners: [{ protocol: 'udp', port }] };
    stage = await InProcess.start({ servers: 1, people: { ann: {}, bob: {} }, sections: { sip } });
    ann = await stage.signIn('ann');
    phone = await Phone.open('phone', address);
  });
  after(async () => {
    await phone.close();
    await stage[Symbol.asyncDispose]();
    await handles.check();
  });

  async function device(name = 'Desk'): Promise<Credentials> {
    const made = await ann.client.call('phones.create', { ...act(), name });
    return { id: made.device.id, realm: made.realm, secret: made.secret };
  }

  async function register(id: string, given?: string, expires = '300'): Promise<PhoneMessage> {
    const callId = newId();
    seq += 1;
    const headers = [
      ['Expires', expires],
      ['User-Agent', 'phone of the tests'],
      ...(given === undefined ? [] : [['Authorization', given]]),
    ] as [string, string][];
    phone.request('REGISTER', { uri: 'sip:uc.test', to: `<sip:${id}@uc.test>`, callId, seq, headers });
    return await eventually(nextAnswer);
  }

  async function nextAnswer(): Promise<PhoneMessage> {
    for (const status of [200, 401, 403, 423, 503]) {
      if (phone.count((message) => message.status === status) > 0) return await phone.nextResponse(status);
    }
    throw new Error('no answer yet');
  }

  const challengeOf = async (id: string) => header(await register(id), 'www-authenticate');
  const located = () =>
    stage.servers[0]?.locations.locationsOf(ann.userId).flatMap(({ bindings }) => bindings.map(({ contact }) => contact)) ?? [];

  it('lets a device of a user in by SHA-256 or MD5, and knows where it is', async () => {
    const credentials = await device();
    for (const algorithm of ['SHA-256', 'MD5'] as const) {
      const challenge = await challengeOf(credentials.id);
      const accepted = await register(credentials.id, authorization(challenge, credentials, '00000001', algorithm));
      assert.equal(accepted.status, 200);
      const seconds = Number(/expires=(\d+)/.exec(header(accepted, 'contact'))?.[1]);
      assert.ok(seconds >= 96 && seconds <= 120, `asked for 300 s, got ${seconds} s`);
      assert.ok(located().some((contact) => contact.includes(phone.sentBy)));
    }
  });

  it('challenges by both algorithms in lines of their own, and takes no count twice', async () => {
    const credentials = await device();
    const asked = await register(credentials.id);
    assert.deepEqual(
      asked.headers.get('www-authenticate')?.map((line) => /algorithm=([\w-]+)/.exec(line)?.[1]),
      ['SHA-256', 'MD5'],
    );
    const challenge = header(asked, 'www-authenticate');
    const proof = authorization(challenge, credentials, '00000001');
    assert.equal((await register(credentials.id, proof)).status, 200);
    assert.equal((await register(credentials.id, proof)).status, 401);
    assert.equal((await register(credentials.id, authorization(challenge, credentials, '00000002'))).status, 200);
  });

  it('lets in neither a wrong secret nor a device at the address of another', async () => {
    const credentials = await device();
    const challenge = await challengeOf(credentials.id);
    assert.equal(
      (await register(credentials.id, authorization(challenge, { ...credentials, secret: 'wrong' }, '00000001'))).status,
      401,
    );
    assert.equal((await register('other', authorization(challenge, credentials, '00000002'))).status, 403);
    assert.equal((await register(credentials.id, authorization(challenge, credentials, '00000003'), '5')).status, 423);
  });

  it('tells a secret again only for the same act, lists devices without it, and forgets what was revoked', async () => {
    const same = { ...act(), name: 'Kitchen' };
    const first = await ann.client.call('phones.create', same);
    assert.deepEqual(await ann.client.call('phones.create', same), first);
    const { devices } = await ann.client.call('phones.list', {});
    assert.ok(devices.some(({ id, name }) => id === first.device.id && name === 'Kitchen'));
    assert.ok(!JSON.stringify(devices).includes(first.secret));
    const credentials = { id: first.device.id, realm: first.realm, secret: first.secret };
    const challenge = await challengeOf(credentials.id);
    assert.equal((await register(credentials.id, authorization(challenge, credentials, '00000001'))).status, 200);
    const bob = await stage.signIn('bob');
    await assert.rejects(bob.client.call('phones.revoke', { ...act(), id: first.device.id }), { code: 'NOT_FOUND' });
    const before = located().length;
    await ann.client.call('phones.revoke', { ...act(), id: first.device.id });
    await eventually(() => located().length < before);
    assert.equal((await register(credentials.id, authorization(challenge, credentials, '00000002'))).status, 403);
  });

  it('lets in no device of who is locked, and forgets where they were', async () => {
    const bob = await stage.signIn('bob');
    const made = await bob.client.call('phones.create', { ...act(), name: 'Desk' });
    const credentials = { id: made.device.id, realm: made.realm, secret: made.secret };
    const challenge = await challengeOf(credentials.id);
    assert.equal((await register(credentials.id, authorization(challenge, credentials, '00000001'))).status, 200);
    const locations = () => stage.servers[0]?.locations.locationsOf(bob.userId);
    assert.equal(locations()?.length, 1);
    await asOperator(stage.mesh, ({ directory }) => directory.lockUser(bob.userId, true, { actor: 'system' }));
    await eventually(() => assert.deepEqual(locations(), []), { withinMs: 5_000, what: 'the server knows that bob is locked' });
    assert.equal((await register(credentials.id, authorization(challenge, credentials, '00000002'))).status, 403);
    assert.deepEqual(locations(), []);
  });

  it('writes into the audit log who made and revoked which device', async () => {
    const made = await ann.client.call('phones.create', { ...act(), name: 'Hall' });
    const revocation = { ...act(), id: made.device.id };
    await ann.client.call('phones.revoke', revocation);
    await ann.client.call('phones.revoke', { ...act(), id: made.device.id });
    const entries = (await asOperator(stage.mesh, ({ database }) => new Audit(database, systemClock).list(50))).filter(
      ({ object }) => object === `sipDevice/${made.device.id}`,
    );
    assert.deepEqual(
      entries
        .map(({ actor, action, before, after }) => ({ actor, action, before, after }))
        .sort((a, b) => (a.action < b.action ? -1 : 1)),
      [
        { actor: ann.userId, action: 'sipDevice.create', before: undefined, after: { name: 'Hall' } },
        { actor: ann.userId, action: 'sipDevice.revoke', before: { name: 'Hall' }, after: undefined },
      ],
    );
    assert.ok(!JSON.stringify(entries).includes(made.secret));
  });

  it('shows people where their devices are registered, since when and as what', async () => {
    const credentials = await device('Office');
    const since = Date.now();
    const challenge = await challengeOf(credentials.id);
    await register(credentials.id, authorization(challenge, credentials, '00000001'));
    const registrations = async () => {
      const { devices } = await ann.client.call('phones.list', {});
      return devices.find(({ id }) => id === credentials.id)?.registrations ?? [];
    };
    const [found, more] = await registrations();
    assert.equal(more, undefined);
    assert.equal(found?.serverId, stage.servers[0]?.cluster.self.serverId);
    assert.equal(found?.protocol, 'udp');
    assert.equal(found?.userAgent, 'phone of the tests');
    assert.ok(found !== undefined && found.since >= since && found.since <= Date.now());
    await register(credentials.id, authorization(challenge, credentials, '00000002'));
    assert.deepEqual(await registrations(), [found], 'a refresh changes nothing');
    await register(credentials.id, authorization(challenge, credentials, '00000003'), '0');
    assert.deepEqual(await registrations(), []);
  });

  it('hears others behind the address of a phone whose secret is wrong or that was revoked', async () => {
    const [good, old, revoked] = [await device('Good'), await device('Old'), await device('Revoked')];
    await ann.client.call('phones.revoke', { ...act(), id: revoked.id });
    const { secret } = await ann.client.call('phones.renewSecret', { ...act(), id: old.id });
    assert.notEqual(secret, old.secret);
    const statuses: (number | undefined)[] = [];
    for (let attempt = 0; attempt < 12; attempt += 1) {
      for (const each of [old, revoked]) {
        const answer = await register(each.id);
        if (answer.status !== 401) statuses.push(answer.status);
        else {
          const proof = authorization(header(answer, 'www-authenticate'), each, '00000001');
          statuses.push((await register(each.id, proof)).status);
        }
      }
    }
    assert.ok(statuses.includes(503), 'the one with the wrong secret is not heard any more');
    assert.equal(statuses.at(-1), 403, 'the revoked one guesses nothing');
    const challenge = await challengeOf(good.id);
    assert.equal((await register(good.id, authorization(challenge, good, '00000001'))).status, 200);
  });

  it('does not hear a network that goes on trying', async () => {
    const statuses: (number | undefined)[] = [];
    for (let attempt = 0; attempt < 25; attempt += 1) {
      const challenge = attempt === 0 ? await challengeOf('scanner') : 'nonce="made-up"';
      const guess = { id: `guess${attempt}`, realm: stage.mesh.meshId, secret: 'guess' };
      statuses.push((await register(guess.id, authorization(challenge, guess, '00000001'))).status);
    }
    assert.equal(statuses.at(0), 401);
    assert.equal(statuses.at(-1), 503);
  });
});
