import assert from 'node:assert/strict';
import type { ActId, UserId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { CallStage } from '#test/support/sip/call-stage.ts';
import { Provider } from '#test/support/sip/provider.ts';
import type { RegisteredPhone } from '#test/support/sip/registered-phone.ts';
import { header, tagOf } from '#test/support/sip/sip-message.ts';
import { type AuditEntry, dated, SecretBox } from '#ucserver/database/index.ts';
import { type DialProfile, dialPlanSetting, putDialProfile } from '#ucserver/dial-plan/index.ts';
import { settingProcedures } from '#ucserver/settings/repository.ts';
import { type Trunk, TrunkRepository, trunkSchema } from '#ucserver/trunks/index.ts';

const plan = {
  sites: [
    {
      ...{ id: 'main', name: 'Main', country: 'DE', areaCode: '30', outsidePrefix: '0', callerId: '+4930555100' },
      emergencyNumbers: ['112'],
    },
  ],
  ranges: [{ prefix: '+4930555', extensionDigits: 3 }],
};
const system: Pick<AuditEntry, 'actor'> = { actor: 'system' };
const uriOf = (invite: { readonly startLine: string }) => invite.startLine.split(' ')[1] ?? '';

for (const servers of [1, 2]) {
  describe(`calls over trunks, with ${servers === 1 ? 'one server' : 'two servers'}`, () => {
    let stage: CallStage;
    let ann: RegisteredPhone;
    let bob: RegisteredPhone;
    let first: Provider;
    let second: Provider;
    let repository: TrunkRepository;

    before(async () => {
      stage = await CallStage.start({ servers, people: ['ann', 'bob'], calls: { noAnswerSeconds: 30 } });
      ann = await stage.phone('ann');
      bob = await stage.phone('bob', servers - 1);
      const [server] = stage.stage.servers;
      assert.ok(server);
      const { database } = server;
      const replica = { items: () => new Map(), onChange: () => () => undefined };
      const sealing = new SecretBox(stage.stage.mesh.meshId, stage.stage.mesh.meshPassword, 'trunk');
      const options = { database, replica: replica as never, sealing, clock: systemClock, logger: silentLogger };
      repository = new TrunkRepository(options);
      const act = { actorId: 'admin' as UserId, actId: randomId() as ActId, method: 'settings.set', at: Date.now() };
      const row = { scope: 'global', setting_key: dialPlanSetting.key, value: JSON.stringify(plan), version: 0 };
      await database.run(settingProcedures.set, {
        act,
        row: { ...row, author_id: 'admin', changed_at: act.at },
        audit: { id: randomId(), from: undefined },
      });
      await profile('ann', { extension: '101', classOfService: 'mobile' });
      await profile('bob', { extension: '102' });
      first = await Provider.open(stage.edge(), { password: 'secret' });
      second = await Provider.open(stage.edge());
      await put(first, { id: 'first', userName: 'company', registers: true, priority: 1, lines: 1 }, 'secret');
      await put(second, { id: 'second', priority: 2 });
      await eventually(
        () => stage.stage.servers.every(({ trunks }) => trunks && [...trunks.all()].filter((t) => t.isUp).length === 2),
        {
          withinMs: 20_000,
          what: 'both trunks are up on all servers',
        },
      );
    });
    afterEach(() => stage.idle());
    after(async () => {
      await Promise.all([first?.close(), second?.close()]);
      await stage.stop();
    });

    async function profile(name: string, given: DialProfile): Promise<void> {
      const { userId } = await stage.person(name);
      const audit = dated({ ...system, action: 'dialProfile.put', object: `user/${userId}` }, systemClock);
      const [server] = stage.stage.servers;
      assert.ok(server);
      await putDialProfile(server.database, { owner: `user/${userId}`, profile: given, audit });
    }

    function put(provider: Provider, given: Partial<Trunk> & { id: string }, password: string | null = null): Promise<void> {
      const peers = [{ host: '127.0.0.1', port: provider.port, transport: 'udp' }];
      return repository.put(trunkSchema.parse({ name: given.id, domain: 'provider.test', peers, ...given }), password, system);
    }

    it('register once for all servers, and prove themselves', async () => {
      await eventually(() => first.registrations.length > 0, { withinMs: 10_000, what: 'the trunk is registered' });
      const [registration] = first.registrations;
      assert.ok(registration);
      assert.match(header(registration, 'contact'), /sip:company@127\.0\.0\.1:/);
      const [server] = stage.stage.servers;
      const metrics = await (await fetch(new URL('/metrics', server?.url))).text();
      assert.match(metrics, /ucmesh_trunk_up\{trunk="first"[^}]*\} 1/);
      assert.equal(new Set(first.registrations.map((each) => header(each, 'call-id'))).size, 1);
    });

    it('take what is dialled with the outside prefix, as the number of the caller', async () => {
      const out = await ann.call('0030 1234567'.replace(' ', ''));
      const invite = await first.isCalled();
      assert.equal(uriOf(invite), `sip:+49301234567@127.0.0.1:${first.port}`);
      assert.match(header(invite, 'from'), /^"ann" <sip:\+4930555101@provider\.test>/);
      assert.match(header(invite, 'request-disposition'), /no-fork/);
      await first.accept(invite);
      await out.answered();
      await out.hangUp();
      await first.isHungUp();
    });

    it('refuse what the class of the person does not allow, and numbers that are none', async () => {
      for (const [dialled, status, words] of [
        ['000442071234567', 403, /Class Of Service/],
        ['0', 404, /404/],
        ['999', 404, /404/],
      ] as const) {
        const out = await ann.call(dialled);
        assert.match((await out.answered(status)).startLine, words);
      }
      assert.equal(
        first.wire.count(({ method }) => method === 'INVITE'),
        0,
      );
    });

    it('go over the next trunk when the line of the first is taken, or it fails', async () => {
      const busy = await ann.call('00301234567');
      const invite = await first.isCalled();
      await first.accept(invite);
      await busy.answered();
      await eventually(() => stage.stage.servers.every(({ trunks }) => trunks?.usable('main', false).length === 1), {
        withinMs: 10_000,
        what: 'all servers know that the line is taken',
      });
      const next = await bob.call('00301234568');
      await second.refuse(await second.isCalled(), 486);
      await next.answered(486);
      await busy.hangUp();
      await first.isHungUp();
      await eventually(() => stage.stage.servers.every(({ trunks }) => trunks?.usable('main', false).length === 2), {
        withinMs: 10_000,
        what: 'all servers know that the line is free',
      });
      const failing = await ann.call('00301234569');
      await first.refuse(await first.isCalled(), 500);
      await second.refuse(await second.isCalled(), 404);
      await failing.answered(480);
    });

    it('bring calls in to the extension, with the number of the caller', async () => {
      const invite = first.call('+4930555102', '+4940777888');
      const incoming = await bob.isCalled();
      assert.match(header(incoming.invite, 'from'), /<sip:(\+|%2B)4940777888@/);
      incoming.ring();
      await first.wire.nextResponse(180, 'INVITE', 10_000);
      await incoming.accept();
      const answer = await first.wire.nextResponse(200, 'INVITE', 10_000);
      first.wire.acknowledge(invite, answer);
      const refer = [['Refer-To', '<sip:00301234567@127.0.0.1>']] as const;
      first.wire.inDialog('REFER', invite, answer, { seq: 2, headers: refer });
      await first.wire.nextResponse(403, 'REFER', 10_000);
      await incoming.hangUp();
      await first.isHungUp();
    });

    it('bring in no more calls than they have lines', async () => {
      const busy = await ann.call('00301234567');
      await first.accept(await first.isCalled());
      await busy.answered();
      await eventually(() => stage.stage.servers.every(({ trunks }) => trunks?.isFull('first') === true), {
        withinMs: 10_000,
        what: 'all servers know that the line is taken',
      });
      const invite = first.call('+4930555102', '+4940777888');
      first.wire.acknowledge(invite, await first.wire.nextResponse(503, 'INVITE', 10_000));
      assert.equal(
        bob.wire.count(({ method }) => method === 'INVITE'),
        0,
      );
      await busy.hangUp();
      await first.isHungUp();
    });

    it('let nobody out who comes in, and know no other numbers', async () => {
      for (const number of ['+4930123456', '00301234567', '112', '+4930555999', 'ann%00']) {
        const invite = first.call(number, '+4940777888');
        const answer = await first.wire.nextResponse(404, 'INVITE', 10_000);
        assert.equal(header(answer, 'call-id'), header(invite, 'call-id'));
        assert.ok(tagOf(header(answer, 'to')));
        first.wire.acknowledge(invite, answer);
      }
    });

    it('let emergency calls out, whoever calls, over a line that another call gives up', async () => {
      await put(second, { id: 'second', priority: 2, enabled: false });
      await eventually(() => stage.stage.servers.every(({ trunks }) => trunks && [...trunks.all()].length === 1), {
        withinMs: 10_000,
      });
      const busy = await ann.call('00301234567');
      await first.accept(await first.isCalled());
      await busy.answered();
      await eventually(() => stage.stage.servers.every(({ trunks }) => trunks?.usable('main', false).length === 0), {
        withinMs: 10_000,
      });
      const refused = await bob.call('00301234568');
      assert.match((await refused.answered(503)).startLine, /No Line Free/);
      const emergency = await bob.call('112');
      const invite = await first.isCalled();
      assert.equal(uriOf(invite), `sip:112@127.0.0.1:${first.port}`);
      assert.match(header(invite, 'from'), /\+4930555100/);
      await first.isHungUp();
      await busy.isHungUp();
      await first.accept(invite);
      await emergency.answered();
      await emergency.hangUp();
      await first.isHungUp();
    });

    it('are known to be down when nobody answers', async () => {
      await put(first, {
        id: 'first',
        userName: 'company',
        priority: 1,
        probeSeconds: 5,
        peers: [{ host: '127.0.0.1', port: 9, transport: 'tcp' }],
      });
      await eventually(() => stage.stage.servers.every(({ trunks }) => trunks && [...trunks.all()].every(({ isUp }) => !isUp)), {
        withinMs: 20_000,
        what: 'the trunk is down',
      });
      const out = await ann.call('00301234567');
      assert.match((await out.answered(503)).startLine, /No Line Free/);
    });
  });
}
