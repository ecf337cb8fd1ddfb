import assert from 'node:assert/strict';
import type { ActId, GroupId, UserId } from '#shared/ids.ts';
import { type Grantee, type PermissionLevel, permissionLevels } from '#shared/protocol/permissions.ts';
import { randomId } from '#shared/random-id.ts';
import { eventually } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { levelRank, mayDo } from '#ucserver/auth/permissions.ts';
import { companyDefaultSetting } from '#ucserver/permissions/index.ts';
import { type Client, World } from '../presence/world.ts';

const people = ['ann', 'bob', 'cleo'];
const author = { actor: 'system' as const };

for (const names of [['one'], ['one', 'two']]) {
  describe(`permissions on ${names.length} server${names.length > 1 ? 's' : ''}`, () => {
    let world: World;
    let handles: HandleWatch;
    let ann: Client;
    let bob: Client;
    let group: Grantee;

    before(async () => {
      handles = new HandleWatch();
      world = await World.start(names, people);
      ann = await world.signIn('ann', world.first);
      bob = await world.signIn('bob', world.last);
      const { id } = await world.first.directory.createGroup('Board', [bob.userId], author);
      group = { kind: 'group', groupId: id };
      await eventually(() => world.servers.every(({ directory }) => directory.groups.groupsOf(bob.userId).size === 1));
    });
    after(async () => {
      await world[Symbol.asyncDispose]();
      await handles.check();
    });

    const toBob: Grantee = { kind: 'user', userId: 'bob' as UserId };

    function grant(to: Grantee, level: PermissionLevel | null) {
      return ann.ask('permissions.grant', { actId: randomId() as ActId, to, level });
    }

    /** What bob may set of ann, at the owner: the owner may hear of a grant a moment later than the one who asked for it. */
    async function trySetting(): Promise<boolean> {
      try {
        await bob.set({ userId: ann.userId, state: 'busy' });
        return true;
      } catch (error) {
        assert.equal((error as { code: string }).code, 'FORBIDDEN');
        return false;
      }
    }

    for (const level of permissionLevels) {
      it(`level ${level}: sees and may what the table says, within a second`, async () => {
        await bob.watch('ann');
        await ann.set({ state: null });
        await ann.setNote({ text: 'Out' });
        await grant(toBob, null);
        await bob.ask('presence.unwatch', { userIds: [ann.userId] });
        await bob.watch('ann');
        bob.events.length = 0;
        world.first.presence.claim(ann.userId, 'call', { kind: 'call', phase: 'inCall', with: 'Zoe' });
        await grant(toBob, level);
        const { level: seenLevel, ...seen } = await eventually(
          async () => {
            const presence = await bob.get('ann');
            assert.equal(presence?.level, level);
            return presence;
          },
          { withinMs: 1_000, what: 'the level is in force' },
        ).then((presence) => presence as NonNullable<typeof presence>);
        const sees = (lowest: PermissionLevel) => levelRank(seenLevel) >= levelRank(lowest);
        assert.equal(seen.state, sees('public') ? 'busy' : 'unknown');
        assert.deepEqual(seen.note, sees('business') ? { text: 'Out' } : undefined);
        assert.deepEqual(
          seen.activities?.[0],
          sees('team') ? { kind: 'inCall', with: 'Zoe' } : sees('business') ? { kind: 'inCall' } : undefined,
        );
        assert.deepEqual(seen.devices, sees('team') ? ['browser'] : undefined);
        // The level everybody has is no change, so nothing is told.
        if (level !== 'team') await bob.sees('ann', { level, state: seen.state }, 1_000);
        if (level !== 'team') assert.ok(bob.heard('directory.changed').some(({ userIds }) => userIds.includes(ann.userId)));
        assert.equal(await trySetting(), mayDo(level, 'setPresence'));
        const { code } = mayDo(level, 'setPresence')
          ? { code: undefined }
          : await bob.refusal('presence.setNote', { actId: randomId() as ActId, userId: ann.userId, text: 'Hi' });
        assert.equal(code, mayDo(level, 'setPresence') ? undefined : 'FORBIDDEN');
        world.first.presence.withdraw(ann.userId, 'call');
        await grant(toBob, null);
      });
    }

    it('takes the highest of group and company, but a personal grant alone', async () => {
      await bob.watch('ann');
      await grant(group, 'personal');
      await bob.sees('ann', { level: 'personal' }, 1_000);
      await grant(group, 'public');
      await bob.sees('ann', { level: 'team' }, 1_000);
      await grant(toBob, 'blocked');
      await bob.sees('ann', { level: 'blocked', state: 'unknown' }, 1_000);
      await grant(toBob, null);
      await grant(group, 'personal');
      await bob.sees('ann', { level: 'personal' }, 1_000);
      const { groupId } = group as { groupId: GroupId };
      await world.first.directory.changeMembers(groupId, { remove: [bob.userId] }, author);
      await bob.sees('ann', { level: 'team' }, 1_000);
      await grant(group, null);
    });

    it("follows the company's default", async () => {
      const { settings } = world.first;
      await bob.watch('ann');
      const set = (value: PermissionLevel | null, version: number) =>
        settings.set({
          actId: randomId() as ActId,
          actor: ann.userId,
          key: companyDefaultSetting.key,
          scope: 'global',
          value,
          version,
        });
      const { version } = await set('public', 0);
      await bob.sees('ann', { level: 'public', note: undefined }, 1_000);
      assert.equal((await ann.ask('permissions.get', {})).companyDefault, 'public');
      await set(null, version);
      await bob.sees('ann', { level: 'team' }, 1_000);
    });

    it('decides about people who are signed in nowhere too', async () => {
      await bob.watch('cleo');
      const cleo = await world.signIn('cleo', world.first);
      await cleo.ask('permissions.grant', { actId: randomId() as ActId, to: toBob, level: 'blocked' });
      await bob.sees('cleo', { level: 'blocked', state: 'unknown' }, 1_000);
      bob.events.length = 0;
      await cleo.leave();
      await eventually(() => world.servers.every(({ ownership }) => !ownership.ownerOf(cleo.userId)));
      assert.equal((await bob.get('cleo'))?.state, 'unknown');
      assert.ok(bob.told('cleo').every(({ state }) => state === 'unknown'));
      assert.equal(
        (await bob.refusal('presence.set', { actId: randomId() as ActId, userId: cleo.userId, state: 'busy' })).code,
        'FORBIDDEN',
      );
    });

    it('tells all devices of who grants', async () => {
      const second = await world.signIn('ann', world.first, 'second');
      await grant(toBob, 'business');
      const changed = await eventually(() => second.heard('permissions.changed').at(-1) ?? false);
      const expected = { companyDefault: 'team', grants: [{ to: toBob, level: 'business' }] };
      assert.deepEqual(changed, { event: 'permissions.changed', ...expected });
      assert.deepEqual(await ann.ask('permissions.get', {}), expected);
      await grant(toBob, null);
      assert.deepEqual((await ann.ask('permissions.get', {})).grants, []);
      await second.leave();
    });

    it('refuses grants to oneself and to nobody, and does an act once', async () => {
      const refused = async (to: Grantee) => {
        const { code, field } = await ann.refusal('permissions.grant', { actId: randomId() as ActId, to, level: 'team' });
        return [code, field];
      };
      assert.deepEqual(await refused({ kind: 'user', userId: ann.userId }), ['BAD_REQUEST', 'params.to.userId']);
      assert.deepEqual(await refused({ kind: 'user', userId: 'nobody' as UserId }), ['NOT_FOUND', 'params.to.userId']);
      assert.deepEqual(await refused({ kind: 'group', groupId: 'none' as GroupId }), ['NOT_FOUND', 'params.to.groupId']);
      const actId = randomId() as ActId;
      await ann.ask('permissions.grant', { actId, to: toBob, level: 'public' });
      await grant(toBob, null);
      await ann.ask('permissions.grant', { actId, to: toBob, level: 'public' });
      assert.deepEqual((await ann.ask('permissions.get', {})).grants, []);
    });

    it('says that it cannot be stored while SQL is away', async function () {
      this.timeout(60_000);
      const lock = world.lockDatabase();
      try {
        const { code } = await ann.refusal('permissions.grant', { actId: randomId() as ActId, to: toBob, level: 'public' });
        assert.equal(code, 'STORAGE_UNAVAILABLE');
      } finally {
        lock.release();
      }
    });
  });
}
