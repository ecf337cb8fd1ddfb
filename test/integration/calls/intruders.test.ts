import assert from 'node:assert/strict';
import { CallStage } from '#test/support/sip/call-stage.ts';
import { newId } from '#test/support/sip/phone.ts';
import { type DeviceSecret, newDevice, RegisteredPhone } from '#test/support/sip/registered-phone.ts';
import { header, sdp } from '#test/support/sip/sip-message.ts';

describe('who may not call', () => {
  let stage: CallStage;
  let bob: RegisteredPhone;
  let secret: DeviceSecret;

  before(async () => {
    stage = await CallStage.start({ servers: 2, people: ['ann', 'bob'] });
    bob = await stage.phone('bob', 1);
    secret = await newDevice(await stage.person('ann'));
  });
  after(() => stage.stop());

  const silent = () =>
    assert.equal(
      bob.wire.count(({ method }) => method === 'INVITE'),
      0,
    );

  it('is asked who it is, and gets nowhere with a wrong secret', async () => {
    const thief = await RegisteredPhone.open(stage.edge(), { ...secret, secret: 'guessed' });
    const out = await thief.call('bob');
    await out.answered(401);
    silent();
    await thief.close();
  });

  it('calls in its own name, whatever its From says', async () => {
    const phone = await RegisteredPhone.open(stage.edge(), secret);
    const asserted = ['P-Asserted-Identity', '<sip:boss@uc.test>'] as const;
    const out = await phone.call('bob', { from: `"Boss" <sip:boss@uc.test>;tag=${newId()}`, headers: [asserted] });
    const incoming = await bob.isCalled();
    assert.match(header(incoming.invite, 'from'), /^"ann" <sip:ann@/);
    assert.doesNotMatch(incoming.invite.text, /boss/i);
    incoming.ring();
    await out.rings();
    out.cancel();
    await incoming.isCancelled();
    await out.answered(487);
    await phone.close();
  });

  it('cannot order a leg without the key of the mesh, nor with an order of somebody else', async () => {
    const phone = await RegisteredPhone.open(stage.edge(1), secret);
    const uri = `sip:${bob.device.id}@${phone.wire.edgeHost}`;
    for (const order of ['', 'server-1:1 call leg ann device 9999999999999 AAAA', `${'x'.repeat(2_000)}`]) {
      const callId = newId();
      const headers = [['X-UCMesh-Leg', order]] as const;
      const invite = phone.wire.request('INVITE', { uri, callId, headers, body: sdp(4_000) });
      const answer = await phone.wire.next(({ status }) => status !== undefined && status >= 300, 'an answer', 10_000);
      assert.equal(answer.status, 403);
      phone.wire.acknowledge(invite, answer);
    }
    silent();
    await phone.close();
  });

  it('cannot repeat the order of a server', async () => {
    const ann = await stage.phone('ann');
    const out = await ann.call('bob');
    const incoming = await bob.isCalled();
    // What the device sees tells nothing that could be sent to a server.
    assert.equal(incoming.invite.headers.has('x-ucmesh-leg'), false);
    incoming.ring();
    await out.rings();
    out.cancel();
    await incoming.isCancelled();
    await out.answered(487);
  });
});
