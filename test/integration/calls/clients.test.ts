import assert from 'node:assert/strict';
import type { ActId } from '#shared/ids.ts';
import type { CallView } from '#shared/protocol/calls.ts';
import { randomId } from '#shared/random-id.ts';
import { eventually } from '#test/support/eventually.ts';
import type { Person } from '#test/support/person.ts';
import { CallStage } from '#test/support/sip/call-stage.ts';
import type { PhoneCall, RegisteredPhone } from '#test/support/sip/registered-phone.ts';
import { sdp } from '#test/support/sip/sip-message.ts';

const act = () => ({ actId: randomId() as ActId });

describe('calls by clients, on two servers', () => {
  let stage: CallStage;
  let ann: RegisteredPhone;
  let bob: RegisteredPhone;
  let cleo: RegisteredPhone;
  let anna: Person;
  let bobby: Person;

  before(async () => {
    stage = await CallStage.start({ servers: 2, people: ['ann', 'bob', 'cleo'], calls: { noAnswerSeconds: 20 } });
    anna = await stage.person('ann');
    bobby = await stage.person('bob', 1);
    ann = await stage.phone('ann');
    bob = await stage.phone('bob', 1);
    cleo = await stage.phone('cleo');
  });
  afterEach(() => stage.idle());
  after(() => stage.stop());

  /** Waits until a person is told of a call like this. */
  async function sees(person: Person, what: Partial<CallView>): Promise<CallView> {
    const isLike = (call: CallView) => Object.entries(what).every(([key, value]) => call[key as keyof CallView] === value);
    return await eventually(
      async () => {
        const { calls } = await person.client.call('calls.list', {});
        const found = calls.find(isLike);
        if (found === undefined) throw new Error(JSON.stringify(calls));
        return found;
      },
      { withinMs: 10_000, what: `${person.name} sees ${JSON.stringify(what)}` },
    );
  }

  async function connected(): Promise<{ out: PhoneCall; incoming: PhoneCall; callId: CallView['callId'] }> {
    const out = await ann.call('bob');
    const incoming = await bob.isCalled();
    await incoming.accept();
    await out.answered();
    const { callId } = await sees(anna, { phase: 'connected' });
    return { out, incoming, callId };
  }

  it('tells both people of their call, with what is possible, and that it has ended', async () => {
    const told: CallView[] = [];
    const stop = bobby.client.on('calls.changed', (call) => told.push(call));
    const out = await ann.call('bob');
    const incoming = await bob.isCalled();
    incoming.ring();
    const ringing = await sees(bobby, { phase: 'ringing' });
    assert.equal(ringing.direction, 'incoming');
    assert.equal(ringing.peer.name, 'ann');
    assert.deepEqual(ringing.acts, ['decline']);
    assert.deepEqual(ringing.devices, [bob.device.id]);
    assert.deepEqual((await sees(anna, { direction: 'outgoing', phase: 'ringing' })).acts, ['hangUp']);
    await incoming.accept();
    await out.answered();
    const talking = await sees(anna, { phase: 'connected' });
    assert.deepEqual(talking.acts, ['hangUp', 'hold', 'transfer', 'sendDigits']);
    assert.equal(talking.peer.name, 'bob');
    await out.hangUp();
    await incoming.isHungUp();
    const last = await eventually(() => told.find(({ phase }) => phase === 'ended') ?? Promise.reject(new Error('not told')), {
      withinMs: 10_000,
    });
    assert.equal(last.end, 'hungUp');
    assert.deepEqual(last.acts, []);
    assert.deepEqual((await bobby.client.call('calls.list', {})).calls, []);
    stop();
  });

  it('dials with the own phone first, once however often it is asked', async () => {
    const asked = { ...act(), to: { userId: bobby.userId } };
    const { callId } = await anna.client.call('calls.dial', asked);
    assert.equal((await anna.client.call('calls.dial', asked)).callId, callId);
    const own = await ann.isCalled();
    assert.match(own.invite.text, /From: "bob" /);
    assert.equal(own.invite.body, '');
    const waits = await own.accept();
    assert.match(waits.body, /a=inactive/);
    const incoming = await bob.isCalled();
    assert.match(incoming.invite.body, new RegExp(`m=audio ${ann.media} `));
    const asks = own.answerReInvite();
    await incoming.accept();
    assert.match((await asks).body, new RegExp(`m=audio ${bob.media} `));
    const call = await sees(anna, { callId, phase: 'connected' });
    assert.equal(call.direction, 'outgoing');
    await anna.client.call('calls.hangUp', { ...act(), callId });
    await Promise.all([own.isHungUp(), incoming.isHungUp()]);
  });

  it('says why it does not dial', async () => {
    const refusal = async (to: { number: string }, deviceId?: string) => {
      const failed = anna.client.call('calls.dial', { ...act(), to, ...(deviceId === undefined ? {} : { deviceId }) });
      const error = await failed.then(
        () => undefined,
        (thrown: { code: string; details: { reason: string } }) => thrown,
      );
      return `${error?.code} ${error?.details.reason}`;
    };
    assert.equal(await refusal({ number: 'nobody' }), 'CALL_REFUSED unknownNumber');
    assert.equal(await refusal({ number: 'bob' }, 'unknown'), 'CALL_REFUSED noDevice');
  });

  it('declines on all devices of the one who is called', async () => {
    const out = await ann.call('bob');
    const incoming = await bob.isCalled();
    incoming.ring();
    const { callId } = await sees(bobby, { phase: 'ringing' });
    await bobby.client.call('calls.decline', { ...act(), callId });
    await incoming.isCancelled();
    await out.answered(603);
    await assert.rejects(bobby.client.call('calls.decline', { ...act(), callId }), { code: 'NOT_FOUND' });
  });

  it('holds and resumes, and both phones know', async () => {
    const { out, incoming, callId } = await connected();
    const hold = [incoming.answerReInvite(inactive(bob)), out.answerReInvite(inactive(ann))] as const;
    await bobby.client.call('calls.hold', { ...act(), callId });
    for (const request of await Promise.all(hold)) assert.match(request.body, /a=inactive/);
    assert.deepEqual((await sees(bobby, { holding: true })).acts, ['hangUp', 'resume', 'transfer', 'sendDigits']);
    await sees(anna, { held: true });
    await assert.rejects(bobby.client.call('calls.hold', { ...act(), callId }), { code: 'NOT_POSSIBLE_NOW' });
    const resume = [incoming.answerReInvite(), out.answerReInvite()] as const;
    await eventually(() => bobby.client.call('calls.resume', { ...act(), callId }), { withinMs: 10_000 });
    for (const request of await Promise.all(resume)) assert.match(request.body, /a=sendrecv/);
    await sees(anna, { held: false });
    await out.hangUp();
    await incoming.isHungUp();
  });

  it('sends digits to the other one', async () => {
    const { out, incoming, callId } = await connected();
    const pressed = bobby.client.call('calls.sendDigits', { ...act(), callId, digits: '4#' });
    for (const digit of ['4', '#']) {
      const info = await out.gets('INFO');
      assert.match(info.body, new RegExp(`Signal=${digit}`));
      ann.wire.answer(info, 200);
    }
    await pressed;
    await out.hangUp();
    await incoming.isHungUp();
  });

  it('transfers blind, and joins two calls', async () => {
    const { out, incoming, callId } = await connected();
    await bobby.client.call('calls.transfer', { ...act(), callId, to: { number: 'cleo' } });
    const target = await cleo.isCalled();
    assert.equal((await sees(bobby, { callId })).transferringTo?.name, 'cleo');
    const asked = out.answerReInvite();
    await target.accept();
    await asked;
    await incoming.isHungUp();
    const view = await sees(anna, { callId, phase: 'connected' });
    assert.equal(view.peer.name, 'cleo');
    const second = await ann.call('bob');
    const bobs = await bob.isCalled();
    await bobs.accept();
    await second.answered();
    const other = await sees(bobby, { phase: 'connected' });
    const both = [bobs.answerReInvite(), target.answerReInvite()] as const;
    await anna.client.call('calls.transferTo', { ...act(), callId, otherCallId: other.callId });
    await Promise.all([out.isHungUp(), second.isHungUp(), ...both]);
    await bobs.hangUp();
    await target.isHungUp();
  });

  it('lets somebody with the right pick up what rings at another', async () => {
    const cleopatra = await stage.person('cleo');
    const grant = (level: 'business' | 'team') =>
      bobby.client.call('permissions.grant', { ...act(), to: { kind: 'user', userId: cleopatra.userId }, level });
    const picked = () => cleopatra.client.call('calls.pickUp', { ...act(), userId: bobby.userId });
    await grant('business');
    await eventually(() => assert.rejects(picked(), { code: 'FORBIDDEN' }), { withinMs: 10_000 });
    const out = await ann.call('bob');
    const incoming = await bob.isCalled();
    incoming.ring();
    await out.rings();
    await sees(bobby, { phase: 'ringing' });
    await grant('team');
    const { callId } = await eventually(picked, { withinMs: 10_000, what: 'the grant is known' });
    const taken = await cleo.isCalled();
    const gone = incoming.isCancelled();
    await taken.accept();
    await gone;
    await out.answered();
    await sees(cleopatra, { callId, phase: 'connected' });
    await out.hangUp();
    await taken.isHungUp();
  });

  it('shows in presence who rings and who talks', async () => {
    await anna.watch(bobby);
    const activity = () =>
      anna.sightings.findLast(({ presence }) => presence.userId === bobby.userId)?.presence.activities?.map(({ kind }) => kind) ??
      [];
    const out = await ann.call('bob');
    const incoming = await bob.isCalled();
    incoming.ring();
    await eventually(() => assert.ok(activity().includes('ringing')), { withinMs: 10_000 });
    await incoming.accept();
    await out.answered();
    await eventually(() => assert.ok(activity().includes('inCall')), { withinMs: 10_000 });
    await out.hangUp();
    await incoming.isHungUp();
    await eventually(
      () =>
        assert.deepEqual(
          activity().filter((kind) => kind === 'inCall' || kind === 'ringing'),
          [],
        ),
      {
        withinMs: 10_000,
      },
    );
  });

  it('writes each call once into the journal of each of its people', async () => {
    const { out, incoming, callId } = await connected();
    await out.hangUp();
    await incoming.isHungUp();
    const entryOf = (person: Person) =>
      eventually(
        async () => {
          const { entries } = await person.client.call('journal.list', {});
          const own = entries.filter((entry) => entry.callId === callId);
          assert.equal(own.length, 1);
          return own[0];
        },
        { withinMs: 10_000, what: `the call stands in the journal of ${person.name}` },
      );
    const [called, was] = await Promise.all([entryOf(anna), entryOf(bobby)]);
    assert.deepEqual([called?.direction, called?.result, called?.peer.name], ['outgoing', 'answered', 'bob']);
    assert.deepEqual([was?.direction, was?.result, was?.peer.name], ['incoming', 'answered', 'ann']);
    const missed = await ann.call('bob');
    const ringing = await bob.isCalled();
    ringing.ring();
    await missed.rings();
    missed.cancel();
    await ringing.isCancelled();
    await missed.answered(487);
    await eventually(
      async () => {
        const { entries } = await bobby.client.call('journal.list', { missed: true });
        assert.equal(entries[0]?.result, 'missed');
        assert.equal((await anna.client.call('journal.list', {})).entries[0]?.result, 'cancelled');
      },
      { withinMs: 10_000 },
    );
  });
});

function inactive({ media }: RegisteredPhone): string {
  return sdp(media).replace('a=sendrecv', 'a=inactive');
}
