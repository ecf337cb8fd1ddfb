import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { eventually } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { EdgeUnderTest, isRealServer, t1Ms } from '#test/support/sip/edge.ts';
import { Phone } from '#test/support/sip/phone.ts';
import { header, type PhoneMessage, sdp } from '#test/support/sip/sip-message.ts';
import { skipBecause } from '#test/support/skip.ts';
import type { SrfApplication, SrfDialog, SrfHandler, SrfRequest } from '#ucserver/sip/srf.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const emitter = (of: unknown) => of as NodeJS.EventEmitter;

/** What a phone answers to a challenge without qop. */
function credentials(challenge: string, method: string, uri: string): string {
  const read = (name: string) => new RegExp(`${name}="([^"]+)"`).exec(challenge)?.[1] ?? '';
  const [realm, nonce] = [read('realm'), read('nonce')];
  const response = md5(`${md5(`alice:${realm}:secret`)}:${nonce}:${md5(`${method}:${uri}`)}`);
  return `Digest username="alice",realm="${realm}",nonce="${nonce}",uri="${uri}",response="${response}"`;
}

describe('SIP edge: features', () => {
  const handles = new HandleWatch();
  let edge: EdgeUnderTest;
  let app: SrfApplication;
  let phone: Phone;
  let onInvite: SrfHandler;
  let onSubscribe: SrfHandler;
  let onRegister: SrfHandler;
  let onPrack: SrfHandler;

  before(async () => {
    edge = await EdgeUnderTest.start();
    app = await edge.application();
    app.use('invite', (request, response) => onInvite(request, response));
    app.use('subscribe', (request, response) => onSubscribe(request, response));
    app.use('register', (request, response) => onRegister(request, response));
    app.use('prack', (request, response) => onPrack(request, response));
  });
  beforeEach(async () => {
    phone = await Phone.open('alice', edge.address('udp'));
  });
  afterEach(async () => {
    await phone.close();
  });
  after(async () => {
    if (!isRealServer) await edge.idle();
    await edge.stop();
    await handles.check();
  });

  /** The application calls the phone, which answers with this tag. */
  async function calledPhone(tag = 'phone'): Promise<{ dialog: SrfDialog; invite: PhoneMessage; answer: PhoneMessage }> {
    const calling = app.createUAC(phone.contact, { localSdp: sdp(4000) });
    const invite = await phone.nextRequest('INVITE');
    const answer = phone.answer(invite, 200, { body: sdp(5000), tag });
    const dialog = await calling;
    await phone.nextRequest('ACK');
    return { dialog, invite, answer };
  }

  it('repeats a reliable provisional answer until its PRACK, and a 2xx until its ACK', async () => {
    onInvite = (request, response) => {
      response.send(183, { body: sdp(4000), headers: { Require: '100rel' } });
      onPrack = (_, prack) => {
        prack.send(200);
        void app.createUAS(request, response, { localSdp: sdp(4000) });
      };
    };
    const invite = phone.request('INVITE', { headers: [['Supported', '100rel']], body: sdp(5000) });
    const progress = await phone.nextResponse(183);
    assert.match(header(progress, 'require'), /100rel/);
    await phone.nextResponse(183, 'INVITE', 4 * t1Ms + 2_000);
    const rack = `${header(progress, 'rseq')} ${header(invite, 'cseq')}`;
    phone.inDialog('PRACK', invite, progress, { seq: 2, headers: [['RAck', rack]] });
    await phone.nextResponse(200, 'PRACK');
    const answer = await phone.nextResponse(200, 'INVITE');
    await phone.nextResponse(200, 'INVITE');
    phone.acknowledge(invite, answer);
    phone.inDialog('BYE', invite, answer, { seq: 3 });
    await phone.nextResponse(200, 'BYE');
  });

  it('acknowledges by itself what only the phone wanted to be reliable', async function () {
    if (isRealServer) skipBecause(this, 'a drachtio-server leaves it to the application');
    onInvite = (request, response) => {
      response.send(180);
      void app.createUAS(request, response, { localSdp: sdp(4000) });
    };
    const invite = phone.request('INVITE', { headers: [['Require', '100rel']], body: sdp(5000) });
    const ringing = await phone.nextResponse(180);
    const answer = await phone.nextResponse(200, 'INVITE');
    phone.acknowledge(invite, answer);
    assert.match(header(ringing, 'require'), /100rel/);
    phone.inDialog('BYE', invite, answer, { seq: 3 });
    await phone.nextResponse(200, 'BYE');
  });

  it('refuses a PRACK for nothing, and an answer that the phone cannot acknowledge', async () => {
    let problem: unknown;
    onInvite = (request, response) => {
      response.send(183, { headers: { Require: '100rel' } }, (error) => {
        problem = error;
        response.send(486);
      });
      request.on('cancel', () => undefined);
    };
    const invite = phone.request('INVITE', { body: sdp(5000) });
    const refused = await phone.nextResponse(486);
    assert.match(String(problem), /does not support 100rel/);
    phone.acknowledge(invite, refused);
    phone.inDialog(
      'PRACK',
      invite,
      { ...refused, headers: new Map([...refused.headers, ['contact', ['<sip:app@127.0.0.1>']]]) },
      { uri: `sip:app@${phone.edgeHost}`, seq: 2, headers: [['RAck', '1 1 INVITE']] },
    );
    await phone.nextResponse(481, 'PRACK');
  });

  it('acknowledges reliable answers of a phone and passes each up once', async () => {
    const statuses: number[] = [];
    const invite = await app.request(phone.contact, { method: 'INVITE', body: sdp(4000), headers: { Supported: '100rel' } });
    let final = 0;
    invite.on('response', (response, ack) => {
      statuses.push(response.status);
      final = response.status;
      ack();
    });
    const request = await phone.nextRequest('INVITE');
    phone.answer(request, 183, {
      headers: [
        ['Require', '100rel'],
        ['RSeq', '7'],
      ],
      body: sdp(5000),
    });
    phone.answer(request, 183, {
      headers: [
        ['Require', '100rel'],
        ['RSeq', '7'],
      ],
      body: sdp(5000),
    });
    const prack = await phone.nextRequest('PRACK');
    assert.equal(header(prack, 'rack'), `7 ${header(request, 'cseq')}`);
    phone.answer(prack, 200);
    const answer = phone.answer(request, 200, { body: sdp(5000) });
    await phone.nextRequest('ACK');
    await eventually(() => final === 200);
    assert.deepEqual(statuses, [183, 200]);
    // A repeated 2xx gets the same ACK again, and the application nothing.
    phone.raw(answer.text);
    await phone.nextRequest('ACK');
    phone.inDialogOf('BYE', request, answer, { seq: 9 });
    await phone.nextRequest('ACK', 10).catch(() => undefined);
  });

  it('lets the application ask for credentials of a registration', async () => {
    onRegister = (request, response) => {
      const given = request.get('Authorization');
      const challenge = 'Digest realm="example.test", nonce="fixed"';
      if (given === credentials(challenge, 'REGISTER', 'sip:example.test'))
        response.send(200, { headers: { Contact: `${request.get('Contact')}` } });
      else response.send(401, { headers: { 'WWW-Authenticate': challenge } });
    };
    const parts = { uri: 'sip:example.test', to: '<sip:alice@example.test>', callId: 'register-1@phone' };
    phone.request('REGISTER', parts);
    const challenge = header(await phone.nextResponse(401), 'www-authenticate');
    phone.request('REGISTER', { ...parts, seq: 2, headers: [['Authorization', credentials(challenge, 'REGISTER', parts.uri)]] });
    const accepted = await phone.nextResponse(200, 'REGISTER');
    assert.match(header(accepted, 'contact'), /alice@/);
  });

  it('answers a challenge to its own call', async () => {
    const calling = app.createUAC(phone.contact, { localSdp: sdp(4000), auth: { username: 'alice', password: 'secret' } });
    const first = await phone.nextRequest('INVITE');
    const challenge = 'Digest realm="example.test", nonce="fixed"';
    phone.answer(first, 401, { headers: [['WWW-Authenticate', challenge]] });
    await phone.nextRequest('ACK');
    const second = await phone.nextRequest('INVITE');
    assert.equal(header(second, 'call-id'), header(first, 'call-id'));
    assert.equal(Number.parseInt(header(second, 'cseq'), 10), Number.parseInt(header(first, 'cseq'), 10) + 1);
    assert.match(header(second, 'authorization'), /username="alice"/);
    phone.answer(second, 200, { body: sdp(5000) });
    const dialog = await calling;
    await phone.nextRequest('ACK');
    const ended = dialog.destroy();
    phone.answer(await phone.nextRequest('BYE'), 200);
    await ended;
  });

  it('keeps a subscription: NOTIFY, refresh, end', async () => {
    let dialog: SrfDialog | undefined;
    onSubscribe = (request, response) => {
      void app.createUAS(request, response, { headers: { Expires: '600' } }).then((made) => {
        dialog = made;
      });
    };
    const subscribe = phone.request('SUBSCRIBE', {
      headers: [
        ['Event', 'dialog'],
        ['Expires', '600'],
      ],
    });
    const accepted = await phone.nextResponse(202, 'SUBSCRIBE');
    await eventually(() => dialog !== undefined);
    const told = dialog?.request({
      method: 'NOTIFY',
      headers: { Event: 'dialog', 'Subscription-State': 'active', 'Content-Type': 'text/plain' },
      body: 'hello',
    });
    const notify = await phone.nextRequest('NOTIFY');
    assert.equal(notify.body, 'hello');
    phone.answer(notify, 200);
    assert.equal((await told)?.status, 200);
    const unsubscribed = once(emitter(dialog), 'unsubscribe');
    phone.inDialog('SUBSCRIBE', subscribe, accepted, {
      seq: 2,
      headers: [
        ['Event', 'dialog'],
        ['Expires', '0'],
      ],
    });
    await phone.nextResponse(202, 'SUBSCRIBE');
    await unsubscribed;
    const ended = dialog?.destroy();
    const last = await phone.nextRequest('NOTIFY');
    assert.match(header(last, 'subscription-state'), /terminated/);
    phone.answer(last, 200);
    await ended;
  });

  it('ends a call whose 2xx is never acknowledged, and says so', async function () {
    this.timeout(60_000);
    let reason: string | undefined;
    onInvite = (request, response) =>
      void app.createUAS(request, response, { localSdp: sdp(4000) }).then((dialog) => {
        dialog.on('destroy', (_, why) => (reason = why));
      });
    phone.request('INVITE', { body: sdp(5000) });
    await phone.nextResponse(200, 'INVITE');
    const bye = await phone.nextRequest('BYE', 70 * t1Ms + 2_000);
    assert.match(header(bye, 'reason'), /ACK timeout/);
    phone.answer(bye, 200);
    await eventually(() => reason === 'ACK timeout');
  });

  it('ends a call that was answered while it was cancelled', async () => {
    let sent: SrfRequest | undefined;
    const calling = app.createUAC(phone.contact, { localSdp: sdp(4000) }, { cbRequest: (_, request) => (sent = request) });
    const invite = await phone.nextRequest('INVITE');
    phone.answer(invite, 180);
    await eventually(() => sent !== undefined);
    sent?.cancel(() => undefined);
    const cancel = await phone.nextRequest('CANCEL');
    phone.answer(invite, 200, { body: sdp(5000) });
    phone.answer(cancel, 200);
    await phone.nextRequest('ACK');
    phone.answer(await phone.nextRequest('BYE'), 200);
    await calling.catch(() => undefined);
  });

  it('takes one answer of several to a forked call and ends the others', async function () {
    if (isRealServer) skipBecause(this, 'a drachtio-server gives both to the application');
    const { invite, answer } = await calledPhone('first');
    phone.answer(invite, 200, { body: sdp(5002), tag: 'second' });
    const ack = await phone.nextRequest('ACK');
    assert.match(header(ack, 'to'), /tag=second/);
    const bye = await phone.nextRequest('BYE');
    assert.match(header(bye, 'to'), /tag=second/);
    phone.answer(bye, 200);
    phone.inDialogOf('BYE', invite, answer, { seq: 2 });
    await phone.nextResponse(200, 'BYE');
  });

  it('connects two phones back to back, also when one gives up', async () => {
    const bob = await Phone.open('bob', edge.address('tcp'));
    onRegister = (request, response) => response.send(200, { headers: { Contact: `${request.get('Contact')};expires=600` } });
    bob.request('REGISTER', { to: '<sip:bob@example.test>', headers: [['Expires', '600']] });
    await bob.nextResponse(200, 'REGISTER');
    onInvite = (request, response) =>
      void app.createB2BUA(request, response, bob.contact).then(
        ({ uas, uac }) => {
          uas.on('destroy', () => void uac.destroy());
          uac.on('destroy', () => void uas.destroy());
        },
        () => undefined,
      );
    const invite = phone.request('INVITE', { body: sdp(5000) });
    const called = await bob.nextRequest('INVITE');
    assert.match(called.body, /m=audio 5000/);
    bob.answer(called, 180);
    await phone.nextResponse(180);
    bob.answer(called, 200, { body: sdp(6000) });
    const answer = await phone.nextResponse(200, 'INVITE');
    assert.match(answer.body, /m=audio 6000/);
    phone.acknowledge(invite, answer);
    await bob.nextRequest('ACK');
    phone.inDialog('BYE', invite, answer, { seq: 2 });
    await phone.nextResponse(200, 'BYE');
    bob.answer(await bob.nextRequest('BYE'), 200);

    const second = phone.request('INVITE', { body: sdp(5000) });
    const ringing = await bob.nextRequest('INVITE');
    bob.answer(ringing, 180);
    await phone.nextResponse(180);
    phone.cancel(second);
    phone.acknowledge(second, await phone.nextResponse(487, 'INVITE'));
    bob.answer(await bob.nextRequest('CANCEL'), 200);
    bob.answer(ringing, 487);
    await bob.nextRequest('ACK');
    await bob.close();
  });

  it('answers 408 for a phone that says nothing', async function () {
    this.timeout(60_000);
    await assert.rejects(app.createUAC(phone.contact, { localSdp: sdp(4000) }), { status: 408 });
    await phone.nextRequest('INVITE');
    assert.ok(phone.count(({ method }) => method === 'INVITE') >= 3, 'the INVITE was repeated');
  });

  it('answers 503 for a connection that is refused', async () => {
    await assert.rejects(app.createUAC('sip:nobody@127.0.0.1:9;transport=tcp', { localSdp: sdp(4000) }), { status: 503 });
  });

  it('refuses a second copy of an INVITE, requests of unknown dialogs, and what is out of order', async () => {
    onInvite = (request, response) => void app.createUAS(request, response, { localSdp: sdp(4000) });
    const parts = { callId: 'merged@phone', from: '<sip:alice@example.test>;tag=merged', body: sdp(5000) };
    const invite = phone.request('INVITE', parts);
    const answer = await phone.nextResponse(200, 'INVITE');
    phone.request('INVITE', { ...parts, uri: `sip:other@${phone.edgeHost}` });
    await (isRealServer ? phone.nextResponse(480) : phone.nextResponse(482));
    phone.acknowledge(invite, answer);
    phone.inDialog(
      'BYE',
      invite,
      { ...answer, headers: new Map([...answer.headers, ['to', ['<sip:x@y>;tag=unknown']]]) },
      { seq: 2 },
    );
    await phone.nextResponse(481, 'BYE');
    phone.request('BYE');
    await phone.nextResponse(481, 'BYE');
    phone.inDialog('INFO', invite, answer, { seq: 1 });
    await phone.nextResponse(500, 'INFO');
    phone.inDialog('BYE', invite, answer, { seq: 2 });
    await phone.nextResponse(200, 'BYE');
  });

  it('goes back to where a request came from', async () => {
    onInvite = (_, response) => response.send(486);
    const other = await Phone.open('carol', edge.address('udp'));
    const invite = phone.request('INVITE', { body: sdp(5000) });
    const busy = await phone.nextResponse(486);
    assert.match(header(busy, 'via'), new RegExp(`rport=${phone.port}`));
    phone.acknowledge(invite, busy);
    // Without rport the port of the Via counts.
    phone.raw(
      other
        .requestText('OPTIONS')
        .replace(';rport', '')
        .replace(/^OPTIONS/, 'BYE')
        .replace('1 OPTIONS', '1 BYE'),
    );
    await other.nextResponse(481);
    await other.close();
  });
});
