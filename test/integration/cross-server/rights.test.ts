import assert from 'node:assert/strict';
import type { EntryId } from '#shared/ids.ts';
import { type PermissionLevel, permissionLevels, type Right } from '#shared/protocol/permissions.ts';
import { randomId } from '#shared/random-id.ts';
import { createGroup } from '#test/support/company.ts';
import { eventually } from '#test/support/eventually.ts';
import { measured } from '#test/support/measured.ts';
import type { Person } from '#test/support/person.ts';
import { type CardField, levelTable } from '#ucserver/auth/index.ts';
import { onOneAndTwoServers } from './places.ts';

const newEntryId = () => randomId() as EntryId;
const upTo = (level: PermissionLevel) =>
  permissionLevels.slice(0, permissionLevels.indexOf(level) + 1).map((each) => levelTable[each]);
const rights = (level: PermissionLevel): readonly Right[] => upTo(level).flatMap(({ may }) => may);
const cardFields = (level: PermissionLevel): readonly CardField[] => upTo(level).flatMap(({ card }) => card);
/** Fields of the card that everybody of the test company has. */
const filled: readonly CardField[] = [
  'title',
  'company',
  'department',
  'workPhone',
  'office',
  'address',
  'mobile',
  'privatePhone',
];

onOneAndTwoServers(
  'rights',
  ({ here, there }) => ({ people: { ann: { home: here }, bob: { home: there }, cleo: { home: here } } }),
  (stage) => {
    let ann: Person;
    let bob: Person;
    let cleo: Person;

    before(async () => {
      [ann, bob, cleo] = await Promise.all([stage().signIn('ann'), stage().signIn('bob'), stage().signIn('cleo')]);
      await bob.watch(ann);
      await ann.client.call('presence.setNote', { text: 'In room 4' });
      await bob.untilSees(ann, ({ note }) => note?.text === 'In room 4');
    });

    const grant = (level: PermissionLevel | null) =>
      ann.client.call('permissions.grant', { to: { kind: 'user', userId: bob.userId }, level });

    for (const level of permissionLevels) {
      it(`${level} takes effect at once, and sees and may what the table says`, async () => {
        await grant(level);
        measured('it is in force', await bob.untilSees(ann, (presence) => presence.level === level), 2_000);
        const presence = bob.sees(ann);
        assert.equal(presence?.state, level === 'blocked' ? 'unknown' : 'available');
        assert.equal(presence?.note?.text, ['blocked', 'public'].includes(level) ? undefined : 'In room 4');
        assert.deepEqual(presence?.devices, ['team', 'personal'].includes(level) ? ['browser'] : undefined);
        const { presences } = await bob.client.call('presence.get', { userIds: [ann.userId] });
        assert.deepEqual(presences, [presence], 'reading shows no more than watching');

        // The card comes from the server that is asked, which may hear of the grant a moment after the owner has told watchers.
        const card = await eventually(
          async () => {
            const { people } = await bob.client.call('directory.get', { userIds: [ann.userId] });
            assert.equal(people[0]?.level, level);
            return people[0];
          },
          { withinMs: 1_000 },
        );
        assert.deepEqual([card?.name, card?.email], ['ann', 'ann@example.com']);
        const allowed = filled.filter((field) => cardFields(level).includes(field));
        assert.deepEqual(
          filled.filter((field) => card?.[field] !== undefined),
          allowed,
        );

        const may = (act: Promise<unknown>, right: Right) =>
          rights(level).includes(right) ? assert.doesNotReject(act) : assert.rejects(act, { code: 'FORBIDDEN' });
        const { conversationId } = await bob.client.call('chat.open', { userId: ann.userId });
        await may(bob.client.call('chat.send', { conversationId, entryId: randomId() as never, body: { text: level } }), 'chat');
        await may(bob.client.call('presence.set', { userId: ann.userId, state: 'available' }), 'setPresence');
        await may(bob.client.call('presence.setNote', { userId: ann.userId, text: 'In room 4' }), 'setPresence');
        if (rights(level).includes('setPresence')) await ann.client.call('presence.set', { state: null });
      });

      it(`${level} decides on every server alike who may call, pick up and forward`, async () => {
        await grant(level);
        await eventually(() => {
          for (const { permissions } of stage().servers) assert.equal(permissions.levelOf(ann.userId, bob.userId), level);
        });
        for (const { permissions } of stage().servers) {
          for (const right of ['call', 'pickUp', 'setForwarding'] as const) {
            const demand = () => permissions.demand(bob.userId, right, ann.userId);
            if (rights(level).includes(right)) assert.doesNotThrow(demand, right);
            else assert.throws(demand, { code: 'FORBIDDEN' }, right);
            assert.doesNotThrow(() => permissions.demand(ann.userId, right, ann.userId), 'everybody may do it to themselves');
          }
        }
      });
    }

    for (const level of permissionLevels) {
      const isAllowed = rights(level).includes('chat');
      it(`${level}: who ${isAllowed ? 'may' : 'may not'} chat does so too by editing, reacting, forwarding and in new groups`, async () => {
        const { conversationId } = await bob.client.call('chat.open', { userId: ann.userId });
        const target = newEntryId();
        await grant('team');
        await eventually(() => bob.client.call('chat.send', { conversationId, entryId: target, body: { text: 'before' } }));
        const { conversationId: from } = await bob.client.call('chat.open', { userId: cleo.userId });
        const elsewhere = newEntryId();
        await bob.client.call('chat.send', { conversationId: from, entryId: elsewhere, body: { text: 'elsewhere' } });
        await grant(level);
        await bob.untilSees(ann, (presence) => presence.level === level, 2_000);

        const acts: Record<string, () => Promise<unknown>> = {
          edit: () => bob.client.call('chat.edit', { conversationId, entryId: newEntryId(), target, text: 'after' }),
          react: () => bob.client.call('chat.react', { conversationId, entryId: newEntryId(), target, emoji: '👍' }),
          forward: () =>
            bob.client.call('chat.forward', {
              ...{ conversationId, entryId: newEntryId() },
              from: { conversationId: from, entryId: elsewhere },
            }),
          createGroup: () =>
            bob.client.call('chat.createGroup', { entryId: newEntryId(), title: level, members: [cleo.userId, ann.userId] }),
        };
        const { head: before } = await ann.client.call('chat.open', { userId: bob.userId });
        for (const [name, act] of Object.entries(acts)) {
          if (isAllowed) await assert.doesNotReject(act, name);
          else await assert.rejects(act, { code: 'FORBIDDEN' }, name);
        }
        const { head: after } = await ann.client.call('chat.open', { userId: bob.userId });
        assert.equal(after.seq - before.seq, isAllowed ? 3 : 0, 'what was refused left nothing behind');
        const { conversations } = await ann.client.call('chat.conversations', {});
        assert.equal(
          conversations.some(({ title }) => title === level),
          isAllowed,
        );
      });
    }

    it('lets nobody outside of a group read it or do anything in it, nor those who were removed', async () => {
      const { conversationId } = await ann.client.call('chat.createGroup', {
        ...{ entryId: newEntryId(), title: 'Closed', members: [cleo.userId] },
      });
      const target = newEntryId();
      await ann.client.call('chat.send', { conversationId, entryId: target, body: { text: 'among us' } });
      const { conversationId: own } = await bob.client.call('chat.open', { userId: cleo.userId });
      const on = () => ({ conversationId, entryId: newEntryId() });
      const outside: Record<string, () => Promise<unknown>> = {
        send: () => bob.client.call('chat.send', { ...on(), body: { text: 'me too' } }),
        edit: () => bob.client.call('chat.edit', { ...on(), target, text: 'changed' }),
        delete: () => bob.client.call('chat.delete', { ...on(), target }),
        react: () => bob.client.call('chat.react', { ...on(), target, emoji: '👍' }),
        'forward into it': () => bob.client.call('chat.forward', { ...on(), from: { conversationId: own, entryId: target } }),
        'forward out of it': () =>
          bob.client.call('chat.forward', {
            ...{ conversationId: own, entryId: newEntryId() },
            from: { conversationId, entryId: target },
          }),
        addMembers: () => bob.client.call('chat.addMembers', { ...on(), members: [bob.userId] }),
        removeMembers: () => bob.client.call('chat.removeMembers', { ...on(), members: [cleo.userId] }),
        setRole: () => bob.client.call('chat.setRole', { ...on(), userId: bob.userId, role: 'moderator' }),
        rename: () => bob.client.call('chat.rename', { ...on(), title: 'Open' }),
        leave: () => bob.client.call('chat.leave', on()),
        history: () => bob.client.call('chat.history', { conversationId, limit: 10 }),
      };
      const refuseAll = async (codes: readonly string[], names = Object.keys(outside)) => {
        for (const name of names) {
          const act = outside[name];
          assert.ok(act);
          await assert.rejects(act, (error: Error & { code?: string }) => codes.includes(error.code ?? ''), name);
        }
      };
      await refuseAll(['NOT_FOUND']);

      await ann.client.call('chat.addMembers', { ...on(), members: [bob.userId] });
      await eventually(() => bob.client.call('chat.react', { ...on(), target, emoji: '👍' }));
      await ann.client.call('chat.removeMembers', { ...on(), members: [bob.userId] });
      // They may read and take with them what was said while they were in it.
      const remaining = Object.keys(outside).filter((name) => !['history', 'forward out of it', 'leave'].includes(name));
      await eventually(() => refuseAll(['NOT_FOUND', 'FORBIDDEN'], remaining));
    });

    it('a grant to a group counts when it is more, and a personal one decides alone', async () => {
      await grant(null);
      await bob.untilSees(ann, ({ level }) => level === 'team');
      const groupId = await createGroup(stage().mesh, 'Family', [bob.userId]);
      const toGroup = (level: PermissionLevel | null) =>
        ann.client.call('permissions.grant', { to: { kind: 'group', groupId: groupId as never }, level });
      // The group was made outside; servers learn of it within a second.
      await eventually(() => toGroup('personal'), { withinMs: 3_000 });
      await bob.untilSees(ann, ({ level }) => level === 'personal');
      await grant('public');
      await bob.untilSees(ann, ({ level }) => level === 'public');
      await grant(null);
      await toGroup('public');
      await bob.untilSees(ann, ({ level }) => level === 'team');
      await toGroup(null);
    });

    it('shows grants on all own devices, live', async () => {
      const phone = await stage().signIn('ann', 0, 'Phone');
      const heard: unknown[] = [];
      phone.client.on('permissions.changed', ({ grants }) => heard.push(grants));
      await grant('business');
      await eventually(() => heard.length > 0);
      assert.deepEqual(heard.at(-1), [{ to: { kind: 'user', userId: bob.userId }, level: 'business' }]);
      await grant(null);
    });

    it('leaves settings to administrators', async () => {
      const set = { key: 'permissions.companyDefault', value: 'personal', version: 0 } as const;
      await assert.rejects(bob.client.call('settings.set', set), { code: 'FORBIDDEN' });
      await assert.rejects(bob.client.call('settings.list', {}), { code: 'FORBIDDEN' });
    });
  },
);
