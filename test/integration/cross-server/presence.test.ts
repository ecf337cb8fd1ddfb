import assert from 'node:assert/strict';
import { permissionLevels } from '#shared/protocol/permissions.ts';
import type { PresenceState } from '#shared/protocol/presence.ts';
import { eventually } from '#test/support/eventually.ts';
import { InProcess } from '#test/support/in-process.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import type { Person } from '#test/support/person.ts';

for (const servers of [1, 2]) {
  describe(`presence on ${servers} server${servers > 1 ? 's' : ''}`, function () {
    this.timeout(20_000);
    const handles = new HandleWatch();
    let stage: InProcess;
    let ann: Person;
    let bob: Person;

    before(async () => {
      const people = { ann: { home: 'server-1' }, bob: { home: `server-${servers}` }, cleo: { home: `server-${servers}` } };
      stage = await InProcess.start({ servers, people });
      [ann, bob] = await Promise.all([stage.signIn('ann'), stage.signIn('bob')]);
      await ann.watch(bob);
      await bob.watch(ann);
    });
    after(async () => {
      await stage[Symbol.asyncDispose]();
      await handles.check(8_000);
    });
    afterEach(async () => {
      await bob.client.call('presence.set', { actId: undefined as never, state: null });
    });

    it('serves people at their home servers', () => {
      assert.equal(ann.server, 'server-1');
      assert.equal(bob.server, `server-${servers}`);
    });

    it('shows a state at once, with why', async () => {
      assert.equal(await seenFor('busy'), 'busy');
    });
  });
}
