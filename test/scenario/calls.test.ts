import assert from 'node:assert/strict';
import { Cluster } from '#test/support/cluster.ts';
import { DatabaseLock } from '#test/support/database-lock.ts';
import { eventually } from '#test/support/eventually.ts';
import { measured } from '#test/support/measured.ts';
import type { Person } from '#test/support/person.ts';
import { edgeOf } from '#test/support/sip/edges-of.ts';
import { newDevice, type PhoneCall, RegisteredPhone } from '#test/support/sip/registered-phone.ts';
import { header, type PhoneMessage, sdp } from '#test/support/sip/sip-message.ts';

/** Ann's phone and client are at the first server, Bob's at the second: the first owns their calls, the second hosts a leg. */
describe('calls when something dies', function () {
  this.timeout(180_000);
  let cluster: Cluster;
  let ann: Person;
  let bob: Person;
  let phones: { ann: RegisteredPhone; bob: RegisteredPhone };

  beforeEach(async () => {
    cluster = await Cluster.start({
      people: { ann: { home: 'server-1' }, bob: { home: 'server-2' } },
      sections: { sip: { listeners: [{ protocol: 'udp', port: 0 }] } },
    });
    [ann, bob] = await Promise.all([cluster.signIn('ann'), cluster.signIn('bob', 1)]);
    phones = { ann: await phoneOf(ann, 0), bob: await phoneOf(bob, 1) };
  });
  afterEach(async () => {
    await Promise.all([phones.ann.close(), phones.bob.close()]);
    await cluster[Symbol.asyncDispose]();
  });

  async function phoneOf(person: Person, server: number): Promise<RegisteredPhone> {
    const device = await newDevice(person);
    return await RegisteredPhone.register(await edgeOf(cluster, cluster.server(server)), device, 4_000 + 2 * server);
  }

  /** Calls until the server of the caller knows where the phone of the other is. */
  async function ringing(): Promise<[PhoneCall, PhoneCall]> {
    for (;;) {
      const out = await phones.ann.call('bob');
      const isRefusal = (message: PhoneMessage) =>
        message.status === 480 && header(message, 'call-id') === header(out.invite, 'call-id');
      const isReached = await eventually(
        () => {
          if (phones.bob.wire.count(({ method }) => method === 'INVITE') > 0) return 'reached';
          if (phones.ann.wire.count(isRefusal) > 0) return 'refused';
          throw new Error('neither rings nor refused');
        },
        { withinMs: 20_000, what: 'what becomes of the call' },
      );
      if (isReached === 'refused') await out.answered(480);
      else {
        const incoming = await phones.bob.isCalled();
        incoming.ring();
        await out.rings();
        return [out, incoming];
      }
    }
  }

  async function connected(): Promise<[PhoneCall, PhoneCall]> {
    const [out, incoming] = await ringing();
    await incoming.accept();
    await out.answered();
    return [out, incoming];
  }

  /** What a person's client shows, and what stands in their journal. */
  async function nothingLeft(person: Person, result: string): Promise<void> {
    await eventually(
      async () => {
        assert.deepEqual((await person.client.call('calls.list', {})).calls, []);
        const [entry] = (await person.client.call('journal.list', {})).entries;
        assert.equal(entry?.result, result);
      },
      { withinMs: 30_000, what: `nothing is left of the call of ${person.name}` },
    );
  }

  it('the server of who is called dies while it rings: the caller hears it', async () => {
    const [out] = await ringing();
    const killedMs = performance.now();
    await cluster.server(1).kill();
    await out.answered(480);
    measured('the caller is told', performance.now() - killedMs, 3_000);
    await nothingLeft(ann, 'unreachable');
  });

  it('the server of who is called dies while they talk: the caller is hung up', async () => {
    const [out] = await connected();
    const killedMs = performance.now();
    await cluster.server(1).kill();
    await out.isHungUp(20_000);
    measured('the other one is told', performance.now() - killedMs, 3_000);
    await nothingLeft(ann, 'answered');
  });

  it('the server that owns the call dies while it rings: the phone stops ringing', async () => {
    const [, incoming] = await ringing();
    const killedMs = performance.now();
    await cluster.server(0).kill();
    await incoming.isCancelled(20_000);
    measured('the phone is told', performance.now() - killedMs, 3_000);
    await nothingLeft(bob, 'missed');
  });

  it('the server that owns the call dies while they talk: the other is hung up, and the call is in the journal', async () => {
    const [, incoming] = await connected();
    // What the owner had not told anybody when it died, nobody can write down.
    await eventually(async () => assert.equal((await bob.client.call('calls.list', {})).calls[0]?.phase, 'connected'), {
      withinMs: 20_000,
      what: 'the client of Bob shows the call',
    });
    const killedMs = performance.now();
    await cluster.server(0).kill();
    await incoming.isHungUp(20_000);
    measured('the other one is told', performance.now() - killedMs, 3_000);
    await nothingLeft(bob, 'answered');
    const [entry] = (await bob.client.call('journal.list', {})).entries;
    assert.equal(entry?.closedByOther, true);
  });

  /** A whole call: it begins, is held, and ends. */
  async function wholeCall(): Promise<void> {
    const [out, incoming] = await connected();
    const asked = incoming.answerReInvite();
    await out.reInvite(sdp(phones.ann.media).replace('a=sendrecv', 'a=sendonly').replace('o=- 1', 'o=- 2'));
    await asked;
    await out.hangUp();
    await incoming.isHungUp();
  }

  it('calls begin, are held and end while Redis is away', async () => {
    await wholeCall();
    cluster.redis.pause();
    try {
      await wholeCall();
    } finally {
      cluster.redis.resume();
    }
    await nothingLeft(ann, 'answered');
    await nothingLeft(bob, 'answered');
  });

  it('calls begin, are held and end while SQL is away, and are in the journal when it is back', async () => {
    await wholeCall();
    {
      await using _lock = await DatabaseLock.hold(cluster.mesh.databaseFile);
      await wholeCall();
    }
    for (const person of [ann, bob]) {
      await eventually(
        async () => {
          const { entries } = await person.client.call('journal.list', {});
          assert.deepEqual(
            entries.map(({ result }) => result),
            ['answered', 'answered'],
          );
        },
        { withinMs: 60_000, what: `both calls stand in the journal of ${person.name}` },
      );
    }
  });
});
