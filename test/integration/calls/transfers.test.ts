import assert from 'node:assert/strict';
import { CallStage } from '#test/support/sip/call-stage.ts';
import type { PhoneCall, RegisteredPhone } from '#test/support/sip/registered-phone.ts';

const media = (phone: RegisteredPhone) => new RegExp(`m=audio ${phone.media} `);

/** Ann at the first server, Bob at the last, Cleo at the first: a call to Bob and one to Cleo have the same owner or not, as it comes. */
for (const servers of [1, 2]) {
  describe(`transfers on ${servers === 1 ? 'one server' : 'two servers'}`, () => {
    let stage: CallStage;
    let ann: RegisteredPhone;
    let bob: RegisteredPhone;
    let cleo: RegisteredPhone;

    before(async () => {
      stage = await CallStage.start({ servers, people: ['ann', 'bob', 'cleo'], calls: { noAnswerSeconds: 20 } });
      ann = await stage.phone('ann');
      bob = await stage.phone('bob', servers - 1);
      cleo = await stage.phone('cleo');
    });
    afterEach(() => stage.idle());
    after(() => stage.stop());

    async function connect(from: RegisteredPhone, to: RegisteredPhone, name: string): Promise<[PhoneCall, PhoneCall]> {
      const out = await from.call(name);
      const incoming = await to.isCalled();
      await incoming.accept();
      await out.answered();
      return [out, incoming];
    }

    /** Whoever stays learns where the other one is now, and the two can talk and hang up. */
    async function joined(one: PhoneCall, other: PhoneCall): Promise<void> {
      await one.hangUp();
      await other.isHungUp();
    }

    it('lets the one who was called transfer blind', async () => {
      const [out, incoming] = await connect(ann, bob, 'bob');
      await incoming.refer('<sip:cleo@uc.test>');
      const target = await cleo.isCalled();
      assert.match(target.invite.body, media(ann));
      target.ring();
      await incoming.isTold(180);
      const asked = out.answerReInvite();
      await target.accept();
      await incoming.isTold(200);
      await incoming.isHungUp();
      assert.match((await asked).body, media(cleo));
      await joined(out, target);
    });

    it('lets the caller transfer blind and leave at once', async () => {
      const [out, incoming] = await connect(bob, ann, 'ann');
      await out.refer('<sip:cleo@uc.test>');
      const target = await cleo.isCalled();
      await out.hangUp();
      const asked = incoming.answerReInvite();
      await target.accept();
      assert.match((await asked).body, media(cleo));
      await joined(target, incoming);
    });

    it('goes on when the target is busy, and tells so', async () => {
      const [out, incoming] = await connect(ann, bob, 'bob');
      await out.refer('<sip:cleo@uc.test>');
      await (await cleo.isCalled()).refuse(486);
      await out.isTold(486);
      await out.refer('<sip:nobody@uc.test>', 404);
      await joined(out, incoming);
    });

    it('joins the two with whom the caller of both talks', async () => {
      const [first, bobs] = await connect(ann, bob, 'bob');
      const [second, cleos] = await connect(ann, cleo, 'cleo');
      const asked = [bobs.answerReInvite(), cleos.answerReInvite()] as const;
      await first.refer(`<sip:cleo@uc.test?Replaces=${second.replaces}>`);
      await first.isTold(200);
      await Promise.all([first.isHungUp(), second.isHungUp()]);
      const [toBob, toCleo] = await Promise.all(asked);
      assert.match(toBob.body, media(cleo));
      assert.match(toCleo.body, media(bob));
      await joined(bobs, cleos);
    });

    it('joins two calls that have different owners', async () => {
      const [bobs, first] = await connect(bob, ann, 'ann');
      const [second, cleos] = await connect(ann, cleo, 'cleo');
      const asked = [bobs.answerReInvite(), cleos.answerReInvite()] as const;
      await first.refer(`<sip:cleo@uc.test?Replaces=${second.replaces}>`);
      await first.isTold(200);
      await Promise.all([first.isHungUp(), second.isHungUp()]);
      const [toBob, toCleo] = await Promise.all(asked);
      assert.match(toBob.body, media(cleo));
      assert.match(toCleo.body, media(bob));
      await joined(cleos, bobs);
    });

    it('lets a phone take a call over from another of the same person only', async () => {
      const [out, incoming] = await connect(bob, ann, 'ann');
      const desk = await stage.phone('ann');
      const asked = out.answerReInvite();
      const taken = await desk.call('ann', { headers: [['Replaces', decodeURIComponent(incoming.replaces)]] });
      if (servers === 2) {
        // The call belongs to the other server: a phone takes over only what is at its own.
        await taken.answered(481);
        asked.catch(() => undefined);
        await incoming.hangUp();
        await out.isHungUp();
      } else {
        assert.match((await taken.answered()).body, media(bob));
        assert.match((await asked).body, media(desk));
        await incoming.isHungUp();
        const thief = await cleo.call('ann', { headers: [['Replaces', decodeURIComponent(taken.replaces)]] });
        await thief.answered(403);
        await joined(taken, out);
      }
      await desk.unregister();
    });
  });
}
