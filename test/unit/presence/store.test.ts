import assert from 'node:assert/strict';
import type { Redis } from 'ioredis';
import { serverIdSchema, userIdSchema } from '#shared/ids.ts';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { createKeys } from '#shared/redis/keys.ts';
import { RecordSigner } from '#shared/redis/records.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { PresenceStore } from '#ucserver/presence/store.ts';

describe('what is left in Redis for the next owner', () => {
  let clock: ManualClock;
  let store: PresenceStore;
  /** The users of each write, by the last part of their keys. */
  let writes: string[][];

  beforeEach(() => {
    clock = new ManualClock();
    writes = [];
    const wrote = async (commands: readonly (readonly unknown[])[]) => {
      writes.push(commands.map(([, key]) => String(key).split(':').at(-1) ?? ''));
      return [];
    };
    const client = {
      call: (...command: unknown[]) => wrote([command]),
      pipeline: (commands: readonly (readonly unknown[])[]) => ({ exec: () => wrote(commands) }),
    } as unknown as Redis;
    const self = { serverId: serverIdSchema.parse('s1'), life: 1 };
    store = new PresenceStore({
      cluster: { self, mayWrite: true, redis: { state: 'up', use: (act) => act(client) } },
      ...{ keys: createKeys('test'), signer: new RecordSigner(new MeshKeys('test', 'a password of the mesh')) },
      ...{ clock, logger: silentLogger, recordOf: () => ({}) },
    });
  });

  const keep = (user: string): Promise<void> => store.keep(userIdSchema.parse(user));
  const touch = (user: string): void => store.touch(userIdSchema.parse(user));

  it('is written at once when something is set by hand', async () => {
    const kept = keep('ada');
    await clock.pass(0);
    await kept;
    assert.deepEqual(writes, [['ada']]);
  });

  it('is written together when much is set within a moment', async () => {
    void keep('ada');
    await clock.pass(0);
    void keep('bert');
    await clock.pass(49);
    const kept = keep('carla');
    assert.deepEqual(writes, [['ada']]);
    await clock.pass(1);
    await kept;
    assert.deepEqual(writes, [['ada'], ['bert', 'carla']]);
  });

  it('is written once for what is set by hand and told of as a change', async () => {
    void keep('ada');
    touch('ada');
    touch('bert');
    await clock.pass(1_000);
    assert.deepEqual(writes, [['ada'], ['bert']]);
  });
});
