import { selfSigned } from '#test/support/self-signed.ts';
import { CallStage } from '#test/support/sip/call-stage.ts';
import type { RegisteredPhone } from '#test/support/sip/registered-phone.ts';
import type { WireProtocol } from '#test/support/sip/wire.ts';
import { TempFolder } from '#test/support/temp-folder.ts';

const protocols: readonly WireProtocol[] = ['udp', 'tcp', 'tls', 'ws', 'wss'];

describe('calls over all transports, on two servers', () => {
  let folder: TempFolder;
  let stage: CallStage;
  let bob: RegisteredPhone;

  before(async () => {
    folder = new TempFolder('call-transports');
    const tls = { keyFile: folder.file('key.pem'), certificateFile: folder.file('certificate.pem') };
    selfSigned(tls.keyFile, tls.certificateFile);
    const listeners = protocols.map((protocol) => ({ protocol, port: 0 }));
    stage = await CallStage.start({ servers: 2, people: ['ann', 'bob', 'cleo'], sip: { listeners, tls, verifyPeers: false } });
    bob = await stage.phone('bob', 1, 'tcp');
  });
  afterEach(() => stage.idle());
  after(async () => {
    await stage.stop();
    folder.remove();
  });

  for (const protocol of protocols) {
    it(`${protocol}: calls and is called`, async () => {
      const ann = await stage.phone('ann', 0, protocol);
      const out = await ann.call('bob');
      const incoming = await bob.isCalled();
      await incoming.accept();
      await out.answered();
      const asked = out.answerReInvite();
      await incoming.reInvite(`${incoming.answer?.body.replace('a=sendrecv', 'a=sendonly').replace('o=- 1', 'o=- 2')}`);
      await asked;
      await out.hangUp();
      await incoming.isHungUp();
      const back = await bob.call('ann');
      const rings = await ann.isCalled();
      await rings.accept();
      await back.answered();
      await back.hangUp();
      await rings.isHungUp();
      await ann.unregister();
    });
  }
});
