import assert from 'node:assert/strict';
import { eventually } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { EdgeUnderTest, isRealServer } from '#test/support/sip/edge.ts';
import { Phone } from '#test/support/sip/phone.ts';
import { header, sdp } from '#test/support/sip/sip-message.ts';
import { skipBecause } from '#test/support/skip.ts';
import { fuzzed } from '#test/unit/sipedge/mutations.ts';
import { refusedMessages, validMessages } from '#test/unit/sipedge/torture-messages.ts';

describe('SIP edge: nonsense from the network', () => {
  const handles = new HandleWatch();
  let edge: EdgeUnderTest;
  let heard = 0;

  before(async function () {
    if (isRealServer) skipBecause(this, 'it would show what a drachtio-server does with nonsense, not what we do');
    edge = await EdgeUnderTest.start({ limits: { messageMs: 500 } });
    const app = await edge.application();
    for (const method of ['invite', 'register', 'options', 'message', 'subscribe', 'notify', 'info', 'publish']) {
      app.use(method, (request, response) => {
        heard += 1;
        // What an application reads of every request must be there and well formed.
        for (const name of ['from', 'to'] as const) assert.ok(request.getParsedHeader(name).uri !== '');
        if (method === 'invite') void app.createUAS(request, response, { localSdp: sdp(4000) });
        else response.send(method === 'subscribe' ? 489 : 200);
      });
    }
  });
  after(async () => {
    if (isRealServer) return;
    await edge.stop();
    await handles.check();
  });

  for (const protocol of ['udp', 'tcp', 'ws'] as const) {
    it(`over ${protocol}: nobody crashes, nothing is left, and right requests are answered`, async function () {
      this.timeout(60_000);
      const torture = [...validMessages, ...refusedMessages].map(({ text }) => text);
      const own = await Phone.open('alice', edge.address(protocol));
      const real = ['INVITE', 'REGISTER', 'OPTIONS', 'BYE', 'CANCEL', 'ACK', 'PRACK'].map((method) => own.requestText(method));
      let sender = await Phone.open('fuzzer', edge.address(protocol));
      for (const [index, text] of [...torture, ...fuzzed([...torture, ...real], 400)].entries()) {
        if (sender.isCutOff) {
          await sender.close();
          sender = await Phone.open('fuzzer', edge.address(protocol));
        }
        // The same branch would be the same request once more.
        sender.raw(text.replace('z9hG4bK', `z9hG4bK${protocol}${index}`));
        if (index % 50 === 0) {
          own.request('OPTIONS');
          await own.nextResponse(200, 'OPTIONS');
        }
      }
      const probe = own.request('OPTIONS');
      assert.equal(header(await own.nextResponse(200, 'OPTIONS'), 'call-id'), header(probe, 'call-id'));
      assert.ok(heard > 20, `the application heard what was right, not only ${heard} requests`);
      await sender.close();
      await own.close();
      await edge.idle(20_000);
      await eventually(() => edge.load()?.flows === 0);
    });
  }
});
