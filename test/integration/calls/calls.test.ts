import assert from 'node:assert/strict';
import { CallStage } from '#test/support/sip/call-stage.ts';
import type { PhoneCall, RegisteredPhone } from '#test/support/sip/registered-phone.ts';
import { header, sdp } from '#test/support/sip/sip-message.ts';

const held = (port: number) => sdp(port).replace('a=sendrecv', 'a=sendonly').replace('o=- 1', 'o=- 2');
const resumed = (port: number) => sdp(port).replace('o=- 1', 'o=- 3');
const media = (phone: RegisteredPhone) => new RegExp(`m=audio ${phone.media} `);

/** The same calls, whether the one who is called is at the server of the caller or at another. */
for (const servers of [1, 2]) {
  describe(`calls between phones on ${servers === 1 ? 'one server' : 'two servers'}`, () => {
    let stage: CallStage;
    let ann: RegisteredPhone;
    let bob: RegisteredPhone;

    before(async () => {
      stage = await CallStage.start({ servers, people: ['ann', 'bob', 'cleo'], calls: { noAnswerSeconds: 5 } });
      ann = await stage.phone('ann');
      bob = await stage.phone('bob', servers - 1);
    });
    afterEach(() => stage.idle());
    after(() => stage.stop());

    async function connected(): Promise<[out: PhoneCall, incoming: PhoneCall]> {
      const out = await ann.call('bob');
      const incoming = await bob.isCalled();
      incoming.ring();
      await out.rings();
      await incoming.accept();
      await out.answered();
      return [out, incoming];
    }

    it('shows who calls, connects the two, and ends whoever hangs up', async () => {
      const out = await ann.call('bob');
      const incoming = await bob.isCalled();
      assert.match(header(incoming.invite, 'from'), /^"?ann"? <sip:ann@/i);
      assert.match(incoming.invite.body, media(ann));
      incoming.ring();
      await out.rings();
      await incoming.accept();
      assert.match((await out.answered()).body, media(bob));
      await out.hangUp();
      await incoming.isHungUp();
      const [again, second] = await connected();
      await second.hangUp();
      await again.isHungUp();
    });

    it('lets the caller hear early media', async () => {
      const out = await ann.call('bob');
      const incoming = await bob.isCalled();
      incoming.ring({ body: sdp(bob.media) });
      assert.match((await out.rings(183)).body, media(bob));
      out.cancel();
      await incoming.isCancelled();
      await out.answered(487);
    });

    for (const [status, told, words] of [
      [486, 486, /cause=17/],
      [603, 603, /cause=21/],
      [480, 480, /cause=20/],
      [488, 488, /cause=88/],
      [500, 480, /cause=20/],
    ] as const) {
      it(`tells the caller ${told} when the phone answers ${status}`, async () => {
        const out = await ann.call('bob');
        await (await bob.isCalled()).refuse(status);
        assert.match(header(await out.answered(told), 'reason'), words);
      });
    }

    it('gives up who does not answer', async () => {
      const out = await ann.call('bob');
      const incoming = await bob.isCalled();
      incoming.ring();
      await incoming.isCancelled();
      assert.match(header(await out.answered(480), 'reason'), /cause=19;text="No Answer"/);
    });

    it('refuses what cannot be called', async () => {
      const nobody = await ann.call('nobody');
      assert.match((await nobody.answered(404)).startLine, /404/);
      const unreachable = await ann.call('cleo');
      assert.match(header(await unreachable.answered(480), 'reason'), /cause=20/);
    });

    it('relays hold and resume from both sides', async () => {
      const [out, incoming] = await connected();
      const asked = incoming.answerReInvite(sdp(bob.media).replace('a=sendrecv', 'a=recvonly').replace('o=- 1', 'o=- 2'));
      assert.match((await out.reInvite(held(ann.media))).body, /a=recvonly/);
      assert.match((await asked).body, /a=sendonly/);
      const back = incoming.answerReInvite(resumed(bob.media));
      await out.reInvite(resumed(ann.media));
      assert.match((await back).body, /a=sendrecv/);
      const other = out.answerReInvite(sdp(ann.media).replace('a=sendrecv', 'a=recvonly').replace('o=- 1', 'o=- 4'));
      await incoming.reInvite(held(bob.media));
      assert.match((await other).body, /a=sendonly/);
      await out.hangUp();
      await incoming.isHungUp();
    });

    it('sends each phone one session whose version rises with each change', async () => {
      const [out, incoming] = await connected();
      const first = /o=- (\d+) (\d+) /.exec(incoming.invite.body);
      const asked = incoming.answerReInvite();
      await out.reInvite(held(ann.media));
      const second = /o=- (\d+) (\d+) /.exec((await asked).body);
      assert.equal(second?.[1], first?.[1]);
      assert.equal(Number(second?.[2]), Number(first?.[2]) + 1);
      await out.hangUp();
      await incoming.isHungUp();
    });

    it('answers a repeated description by itself', async () => {
      const [out, incoming] = await connected();
      assert.match((await out.reInvite(sdp(ann.media))).body, media(bob));
      assert.equal(
        bob.wire.count(({ method }) => method === 'INVITE'),
        0,
      );
      await out.hangUp();
      await incoming.isHungUp();
    });

    it('tells one of two who offer at the same time to try again', async () => {
      const [out, incoming] = await connected();
      const offered = out.send('INVITE', { body: held(ann.media) });
      const request = await incoming.gets('INVITE');
      const crossing = incoming.send('INVITE', { body: held(bob.media) });
      bob.wire.acknowledge(crossing, await incoming.isAnswered(491, 'INVITE'));
      incoming.reply(request, 491);
      await incoming.gets('ACK');
      ann.wire.acknowledge(offered, await out.isAnswered(491, 'INVITE'));
      const asked = incoming.answerReInvite();
      await out.reInvite(resumed(ann.media));
      await asked;
      await out.hangUp();
      await incoming.isHungUp();
    });

    it('keeps a call whose new offer is refused', async () => {
      const [out, incoming] = await connected();
      const asked = incoming.answerReInvite('', 488);
      await out.reInvite(held(ann.media), 488);
      await asked;
      await incoming.hangUp();
      await out.isHungUp();
    });

    it('relays digits by INFO', async () => {
      const [out, incoming] = await connected();
      const body = 'Signal=5\r\nDuration=160\r\n';
      out.send('INFO', { headers: [['Content-Type', 'application/dtmf-relay']], body });
      const info = await incoming.gets('INFO');
      assert.equal(info.body, body);
      assert.equal(header(info, 'content-type'), 'application/dtmf-relay');
      bob.wire.answer(info, 200);
      await out.isAnswered(200, 'INFO');
      await out.hangUp();
      await incoming.isHungUp();
    });

    it('agrees on a session timer with phones that know it', async () => {
      const headers = [
        ['Supported', 'timer'],
        ['Session-Expires', '1800'],
      ] as const;
      const out = await ann.call('bob', { headers });
      const incoming = await bob.isCalled();
      assert.match(header(incoming.invite, 'session-expires'), /^90/);
      await incoming.accept({
        headers: [
          ['Session-Expires', '90;refresher=uas'],
          ['Require', 'timer'],
        ],
      });
      assert.equal(header(await out.answered(), 'session-expires'), '90;refresher=uac');
      await out.hangUp();
      await incoming.isHungUp();
      const impatient = await ann.call('bob', {
        headers: [
          ['Supported', 'timer'],
          ['Session-Expires', '30'],
        ],
      });
      assert.equal(header(await impatient.answered(422), 'min-se'), '90');
    });

    it('connects a caller who makes no offer', async () => {
      const out = await ann.call('bob', { body: '' });
      const incoming = await bob.isCalled();
      assert.equal(incoming.invite.body, '');
      const acknowledged = incoming.accept();
      assert.match((await out.answered(200, sdp(ann.media))).body, media(bob));
      assert.match((await acknowledged).body, media(ann));
      await out.hangUp();
      await incoming.isHungUp();
    });

    it('answers a phone that asks for an offer within a call', async () => {
      const [out, incoming] = await connected();
      const asked = incoming.answerReInvite();
      const offered = await out.reInvite(undefined, 200, held(ann.media));
      assert.match(offered.body, media(bob));
      assert.match((await asked).body, /a=sendonly/);
      await out.hangUp();
      await incoming.isHungUp();
    });

    it('rings all phones of a person; the first that answers has the call', async () => {
      const second = await stage.phone('bob');
      const out = await ann.call('bob');
      const [one, other] = await Promise.all([bob.isCalled(), second.isCalled()]);
      one.ring();
      other.ring();
      await out.rings();
      const told = other.isCancelled();
      await one.accept();
      assert.match(header(await told, 'reason'), /cause=200;text="Call completed elsewhere"/);
      assert.match((await out.answered()).body, media(bob));
      await out.hangUp();
      await one.isHungUp();
      await second.unregister();
    });

    it('lets a phone have two calls', async () => {
      const [out, incoming] = await connected();
      const cleo = await stage.phone('cleo');
      const waiting = await cleo.call('bob');
      const second = await bob.isCalled();
      const asked = out.answerReInvite(sdp(ann.media).replace('a=sendrecv', 'a=recvonly').replace('o=- 1', 'o=- 9'));
      await incoming.reInvite(held(bob.media));
      await asked;
      await second.accept();
      await waiting.answered();
      await second.hangUp();
      await waiting.isHungUp();
      await incoming.hangUp();
      await out.isHungUp();
      await cleo.unregister();
    });
  });
}
