import { eventually } from '#test/support/eventually.ts';
import { Baresip } from '#test/support/sip/baresip.ts';
import { CallStage } from '#test/support/sip/call-stage.ts';
import { newId, Phone } from '#test/support/sip/phone.ts';
import { newDevice, type RegisteredPhone } from '#test/support/sip/registered-phone.ts';

describe('baresip as the phone of a person', function () {
  this.timeout(120_000);
  let stage: CallStage;
  let ann: RegisteredPhone;
  let phone: Baresip | undefined;

  before(async () => {
    stage = await CallStage.start({ servers: 1, people: ['ann', 'bob'] });
    ann = await stage.phone('ann');
  });
  after(async () => {
    await phone?.stop();
    await stage?.stop();
  });

  /** Asks without an answer to the challenge until it names MD5 alone; baresip itself would come again after a minute. */
  async function givesUp(id: string): Promise<void> {
    const wire = await Phone.open(id, stage.edge());
    await eventually(
      async () => {
        wire.request('REGISTER', { uri: 'sip:uc.test', from: `<sip:${id}@uc.test>;tag=${newId()}`, to: `<sip:${id}@uc.test>` });
        const { headers } = await wire.nextResponse(401, 'REGISTER');
        return (headers.get('www-authenticate') ?? []).every((challenge) => challenge.includes('MD5'));
      },
      { withinMs: 10_000, everyMs: 500, what: 'the server asks for MD5 alone' },
    );
    await wire.close();
  }

  it('registers, though it gives up on algorithms it does not know, and answers a call', async () => {
    const bob = await stage.person('bob');
    const { id, secret } = await newDevice(bob);
    await givesUp(id);
    phone = Baresip.start(stage.edge(), id, secret);
    const isThere = () => stage.stage.servers[0]?.locations.locationsOf(bob.userId).some(({ deviceId }) => deviceId === id);
    await eventually(() => isThere() === true, { withinMs: 60_000, what: 'baresip is registered' });
    const out = await ann.call('bob');
    await out.answered();
    await out.hangUp();
    await stage.idle();
  });
});
