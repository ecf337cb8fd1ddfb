import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { type MeshPlan, serverConfig } from '#test/support/cluster-plan.ts';
import { createCompany } from '#test/support/company.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { ucmesh } from '#test/support/ucmesh-command.ts';

describe('dial plan and trunks, from the command line', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  let config: string;

  before(async () => {
    folder = new TempFolder('telephony');
    const file = folder.file('company.db');
    const mesh: MeshPlan = { meshId: 'test', meshPassword: 'the password of test', folder: folder.path, databaseFile: file };
    await createCompany(mesh, { ann: {}, bob: {} });
    config = written('ucmesh.yaml', serverConfig(mesh, { id: 'one', httpPort: 0, meshPort: 0, redis: { host: '127.0.0.1' } }));
  });
  after(() => folder?.remove());

  function written(name: string, value: unknown): string {
    writeFileSync(folder.file(name), typeof value === 'string' ? value : stringify(value));
    return folder.file(name);
  }

  const run = (args: readonly string[], input?: string) => ucmesh(['--config', config, ...args], input);

  it('say what a number means and who may call it', async () => {
    const plan = { sites: [{ id: 'hq', name: 'Headquarters', country: 'DE', outsidePrefix: '0', callerId: '+4930555100' }] };
    const set = await run(['dial-plan', 'set', written('plan.yaml', plan)]);
    assert.match(set.out, /in force/, set.err);
    assert.match((await run(['dial-plan', 'show'])).out, /outsidePrefix: "0"/);
    assert.match(
      (await run(['dial-plan', 'profile', 'bob', '--extension', '102', '--class', 'national'])).out,
      /extension: "102"/,
    );
    const inside = JSON.parse((await run(['dial-plan', 'check', '102', '--user', 'ann'])).out);
    assert.deepEqual(inside.dialled, { kind: 'extension', extension: '102' });
    const abroad = JSON.parse((await run(['dial-plan', 'check', '000442071234567', '--user', 'bob'])).out);
    assert.deepEqual(abroad.refusal, { reason: 'classOfService', allowed: 'national' });
    assert.equal(abroad.dialled.e164, '+442071234567');
  });

  it('refuse what makes no sense, naming it', async () => {
    for (const [args, words] of [
      [['dial-plan', 'set', written('bad.yaml', { sites: [{ id: 'hq', name: 'x', country: 'XX' }] })], /sites\.0\.country/],
      [['dial-plan', 'set', written('broken.yaml', 'a: [')], /broken\.yaml/],
      [['dial-plan', 'profile', 'ann', '--extension', '102'], /--extension: 102 is somebody else's/],
      [['dial-plan', 'profile', 'ann', '--site', 'moon'], /--site: the dial plan has no site moon/],
      [['dial-plan', 'profile', 'nobody'], /there is nobody/],
      [['trunk', 'set', written('trunk.yaml', { id: 'a', name: 'A', peers: [] })], /peers/],
      [['trunk', 'remove', 'nothing'], /There is no trunk nothing/],
    ] as const) {
      const { code, err } = await run(args);
      assert.equal(code, 1, err);
      assert.match(err, words);
    }
  });

  it('keep trunks, and never show their passwords', async () => {
    const trunk = { id: 'provider', name: 'Provider', peers: [{ host: 'sip.example.com' }], userName: 'u1', registers: true };
    const set = await run(['trunk', 'set', written('provider.yaml', trunk), '--password'], 'top secret\n');
    assert.match(set.out, /stored/, set.err);
    const { out } = await run(['trunk', 'list', '--json']);
    assert.doesNotMatch(out, /top secret/);
    const [stored] = JSON.parse(out);
    assert.equal(stored.hasPassword, true);
    assert.equal(stored.peers[0].host, 'sip.example.com');
    assert.match((await run(['trunk', 'list'])).out, /provider.*sip\.example\.com/);
    assert.match((await run(['trunk', 'remove', 'provider'])).out, /is removed/);
    assert.match((await run(['trunk', 'list'])).out, /none yet/);
  });
});
