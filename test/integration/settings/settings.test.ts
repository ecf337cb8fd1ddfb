import assert from 'node:assert/strict';
import * as z from 'zod';
import { type ActId, randomId, type ServerId, type UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { Audit, replicaParts, type Storage, startStorage } from '#ucserver/database/index.ts';
import { defineSetting, type SettingRequest, Settings, settingProcedures } from '#ucserver/settings/index.ts';

const idleAfter = defineSetting({
  key: 'presence.idleAfterMs',
  about: 'When a person counts as inactive.',
  schema: z.int().min(1_000),
  default: 300_000,
  clientVisible: true,
});
const motto = defineSetting({ key: 'company.motto', about: 'Shown to administrators.', schema: z.string().max(20), default: '' });
const admin = 'admin' as UserId;

describe('settings', () => {
  let folder: TempFolder;
  let running: Storage[];
  let one: Settings;
  let two: Settings;

  async function start(serverId: string): Promise<Settings> {
    const storage = await startStorage({
      config: { engine: 'sqlite', file: folder.file('shared.db'), readers: 1 },
      procedures: [settingProcedures],
      parts: Object.values(replicaParts),
      dataFolder: folder.file(serverId),
      mesh: { id: 'test', password: 'a password of the mesh' },
      clock: systemClock,
      logger: silentLogger,
      announce: () => {},
    });
    running.push(storage);
    const definitions = [idleAfter, motto];
    return new Settings({ ...storage, serverId: serverId as ServerId, definitions, clock: systemClock, logger: silentLogger });
  }

  function request(change: Partial<SettingRequest>): SettingRequest {
    const actId = randomId() as ActId;
    return { actId, actor: admin, key: idleAfter.key, scope: 'global', value: 60_000, version: 0, ...change };
  }

  beforeEach(async () => {
    folder = new TempFolder('settings');
    running = [];
    [one, two] = [await start('one'), await start('two')];
  });
  afterEach(async () => {
    for (const storage of running) await storage.stop();
    folder.remove();
  });

  it('takes effect here at once and on other servers soon, and tells so', async () => {
    const heard: string[] = [];
    two.onChange((keys) => heard.push(...keys));
    const setting = await one.set(request({}));
    assert.deepEqual([setting.value, setting.source, setting.version, setting.author], [60_000, 'global', 1, admin]);
    assert.equal(one.get(idleAfter), 60_000);
    await eventually(() => two.get(idleAfter) === 60_000, { withinMs: 3_000 });
    assert.deepEqual(heard, [idleAfter.key]);
    assert.deepEqual(two.clientValues(), { [idleAfter.key]: 60_000 });
  });

  it("lets a server's own value outweigh the company's, until it goes back", async () => {
    await one.set(request({}));
    await one.set(request({ scope: 'one' as ServerId, value: 5_000 }));
    assert.equal(one.get(idleAfter), 5_000);
    await eventually(() => two.get(idleAfter) === 60_000, { withinMs: 3_000 });
    await one.set(request({ scope: 'one' as ServerId, value: null, version: 1 }));
    assert.equal(one.get(idleAfter), 60_000);
    assert.equal(one.list('one' as ServerId).find(({ key }) => key === idleAfter.key)?.source, 'global');
  });

  it('refuses a stale change and says what stands there', async () => {
    await one.set(request({}));
    await assert.rejects(two.set(request({ value: 70_000 })), (error) => {
      assert.ok(error instanceof UCError);
      assert.equal(error.code, 'VERSION_CONFLICT');
      assert.deepEqual({ ...(error.details?.current as object), at: 0 }, { value: 60_000, version: 1, author: admin, at: 0 });
      return true;
    });
  });

  it('lets one of many simultaneous changes win', async () => {
    const outcomes = await Promise.allSettled(
      [1, 2, 3, 4].map((n) => (n % 2 === 0 ? one : two).set(request({ value: n * 10_000 }))),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  it('answers a repeated act as the first time', async () => {
    const change = request({});
    const first = await one.set(change);
    assert.deepEqual(await two.set(change), first);
  });

  it('refuses unknown settings and wrong values', async () => {
    await assert.rejects(one.set(request({ key: 'nothing' })), (error) => error instanceof UCError && error.code === 'NOT_FOUND');
    await assert.rejects(
      one.set(request({ value: 'soon' })),
      (error) => error instanceof UCError && error.code === 'BAD_REQUEST' && error.field === 'params.value',
    );
  });

  it('keeps history and record', async () => {
    await one.set(request({}));
    await one.set(request({ value: 90_000, version: 1 }));
    const [storage] = running;
    assert.ok(storage);
    const { database } = storage;
    const history = await database.read(
      database.queries.db.selectFrom('settings_history').select(['version', 'value']).orderBy('version'),
    );
    assert.deepEqual(history, [
      { version: 1, value: '60000' },
      { version: 2, value: '90000' },
    ]);
    const [latest] = await new Audit(database, systemClock).list(1);
    assert.deepEqual([latest?.before, latest?.after], [60_000, 90_000]);
  });
});
