import assert from 'node:assert/strict';
import { isLong } from '#test/support/effort.ts';
import { CallStage } from '#test/support/sip/call-stage.ts';
import type { RegisteredPhone } from '#test/support/sip/registered-phone.ts';

describe('forks over servers', () => {
  let stage: CallStage;
  let ann: RegisteredPhone;
  let phones: RegisteredPhone[];

  before(async () => {
    stage = await CallStage.start({ servers: 2, people: ['ann', 'bob'] });
    ann = await stage.phone('ann');
    phones = [await stage.phone('bob'), await stage.phone('bob', 1), await stage.phone('bob', 1)];
  });
  after(() => stage.stop());

  it('have one winner, whoever answers at the same time', async function () {
    const rounds = isLong ? 1_000 : 50;
    this.timeout(rounds * 4_000);
    const wins = new Map<RegisteredPhone, number>();
    for (let round = 0; round < rounds; round += 1) {
      const out = await ann.call('bob');
      const incoming = await Promise.all(phones.map((phone) => phone.isCalled()));
      for (const each of incoming) each.answer = each.reply(each.invite, 200, { body: `${bodyOf(each.phone)}` });
      const answer = await out.answered();
      const winner = incoming.find(({ phone }) => answer.body.includes(`m=audio ${phone.media} `));
      assert.ok(winner, 'the caller talks with one of them');
      const losers = incoming.filter((each) => each !== winner);
      // Each 2xx is acknowledged; all but one are hung up.
      await Promise.all(incoming.map((each) => each.gets('ACK')));
      await Promise.all(losers.map((each) => each.isHungUp()));
      wins.set(winner.phone, (wins.get(winner.phone) ?? 0) + 1);
      await out.hangUp();
      await winner.isHungUp();
      await stage.idle();
    }
    console.log(`      won: ${phones.map((phone) => wins.get(phone) ?? 0).join(', ')}`);
  });
});

function bodyOf({ media }: RegisteredPhone): string {
  return `v=0\r\no=- 1 ${media} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${media} RTP/AVP 0\r\na=sendrecv\r\n`;
}
