import assert from 'node:assert/strict';
import { once } from 'node:events';
import { eventually } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { EdgeUnderTest, isRealServer } from '#test/support/sip/edge.ts';
import { Phone } from '#test/support/sip/phone.ts';
import { header, sdp, tagOf } from '#test/support/sip/sip-message.ts';
import { skipBecause } from '#test/support/skip.ts';
import type { SrfApplication, SrfDialog, SrfRequest } from '#ucserver/sip/srf.ts';

const register = async (phone: Phone) => {
  phone.request('REGISTER', { to: `<sip:${phone.name}@example.test>`, headers: [['Expires', '600']] });
  await phone.nextResponse(200, 'REGISTER');
};

for (const protocol of ['udp', 'tcp', 'tls', 'ws', 'wss'] as const) {
  describe(`SIP edge: calls over ${protocol}`, () => {
    const handles = new HandleWatch();
    let edge: EdgeUnderTest;
    let app: SrfApplication;
    let phone: Phone;
    let dialog: SrfDialog | undefined;
    let cancelled: SrfRequest | undefined;

    before(async () => {
      edge = await EdgeUnderTest.start();
      app = await edge.application();
      app.use('register', (request, response) => {
        response.send(200, { headers: { Contact: `${request.get('Contact')};expires=600` } });
      });
      app.use('invite', (request, response) => {
        const ring = request.uri.includes('ring@');
        response.send(180);
        if (ring) request.on('cancel', () => (cancelled = request));
        else
          void app.createUAS(request, response, { localSdp: sdp(4000) }).then((made) => {
            dialog = made;
            made.on('modify', (_, answer) => answer.send(200, { body: sdp(4002) }));
          });
      });
    });
    beforeEach(async () => {
      dialog = undefined;
      cancelled = undefined;
      phone = await Phone.open('alice', edge.address(protocol));
    });
    afterEach(async () => {
      await phone.close();
    });
    after(async () => {
      if (!isRealServer) await edge.idle();
      await edge.stop();
      await handles.check();
    });

    it('a phone calls, holds and hangs up', async () => {
      const invite = phone.request('INVITE', { body: sdp(5000) });
      await phone.nextResponse(100);
      const ringing = await phone.nextResponse(180);
      const answer = await phone.nextResponse(200, 'INVITE');
      assert.equal(tagOf(header(ringing, 'to')), tagOf(header(answer, 'to')));
      assert.match(answer.body, /m=audio 4000/);
      phone.acknowledge(invite, answer);
      const reInvite = phone.inDialog('INVITE', invite, answer, { seq: 2, body: sdp(5002) });
      const again = await phone.nextResponse(200, 'INVITE');
      assert.match(again.body, /m=audio 4002/);
      phone.acknowledge(reInvite, again);
      await eventually(() => dialog !== undefined);
      const destroyed = once(dialog as unknown as NodeJS.EventEmitter, 'destroy');
      phone.inDialog('BYE', invite, answer, { seq: 3 });
      await phone.nextResponse(200, 'BYE');
      await destroyed;
    });

    it('the application changes a call and hangs up', async () => {
      const invite = phone.request('INVITE', { body: sdp(5000) });
      const answer = await phone.nextResponse(200, 'INVITE');
      phone.acknowledge(invite, answer);
      await eventually(() => dialog !== undefined);
      const modified = dialog?.modify(sdp(4010));
      const reInvite = await phone.nextRequest('INVITE');
      assert.match(reInvite.body, /m=audio 4010/);
      phone.answer(reInvite, 200, { body: sdp(5010) });
      assert.match((await modified) ?? '', /m=audio 5010/);
      await phone.nextRequest('ACK');
      const informed = dialog?.request({
        method: 'INFO',
        headers: { 'Content-Type': 'application/dtmf-relay' },
        body: 'Signal=5',
      });
      phone.answer(await phone.nextRequest('INFO'), 200);
      assert.equal((await informed)?.status, 200);
      const destroyed = dialog?.destroy();
      phone.answer(await phone.nextRequest('BYE'), 200);
      await destroyed;
    });

    it('a phone gives up', async () => {
      const invite = phone.request('INVITE', { uri: `sip:ring@${phone.edgeHost}`, body: sdp(5000) });
      await phone.nextResponse(180);
      phone.cancel(invite);
      await phone.nextResponse(200, 'CANCEL');
      const ended = await phone.nextResponse(487, 'INVITE');
      phone.acknowledge(invite, ended);
      await eventually(() => cancelled !== undefined);
    });

    it('the application calls a phone that has registered', async function () {
      if (isRealServer && protocol === 'tls')
        skipBecause(this, 'a drachtio-server opens a connection of its own to a TLS contact');
      await register(phone);
      const calling = app.createUAC(phone.contact, { localSdp: sdp(4000), headers: { From: 'sip:app@localhost' } });
      const invite = await phone.nextRequest('INVITE');
      phone.answer(invite, 180);
      const answer = phone.answer(invite, 200, { body: sdp(5000) });
      const made = await calling;
      assert.match(made.remote.sdp, /m=audio 5000/);
      await phone.nextRequest('ACK');
      const destroyed = once(made as unknown as NodeJS.EventEmitter, 'destroy');
      phone.inDialogOf('BYE', invite, answer, { seq: 7 });
      await phone.nextResponse(200, 'BYE');
      await destroyed;
    });

    it('the application gives up', async () => {
      await register(phone);
      let sent: SrfRequest | undefined;
      const calling = app.createUAC(phone.contact, { localSdp: sdp(4000) }, { cbRequest: (_, request) => (sent = request) });
      const failed = assert.rejects(calling, { status: 487 });
      const invite = await phone.nextRequest('INVITE');
      phone.answer(invite, 180);
      await eventually(() => sent !== undefined);
      sent?.cancel(() => undefined);
      phone.answer(await phone.nextRequest('CANCEL'), 200);
      phone.answer(invite, 487);
      await phone.nextRequest('ACK');
      await failed;
    });

    it('a phone is busy', async () => {
      await register(phone);
      const failed = assert.rejects(app.createUAC(phone.contact, { localSdp: sdp(4000) }), { status: 486 });
      phone.answer(await phone.nextRequest('INVITE'), 486);
      await phone.nextRequest('ACK');
      await failed;
    });
  });
}
