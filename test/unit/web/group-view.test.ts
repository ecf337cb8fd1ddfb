import assert from 'node:assert/strict';
import { logOf, withEntries, withListing } from '#web/api/chat-log.ts';
import { described, descriptionOf } from '#web/api/group-view.ts';
import type { Conversation, ConversationId, Entry, EntryId, UserId } from '#web/api/index.ts';

const [anna, ben, cleo] = ['anna', 'ben', 'cleo'] as UserId[] as [UserId, UserId, UserId];
const conversationId = 'g-c' as ConversationId;

const entry = (seq: number, kind: string, body: object): Entry => ({
  ...{ conversationId, seq, entryId: `e${seq}` as EntryId, author: anna, at: seq, kind },
  body: body as Entry['body'],
});

const group = (more: Partial<Conversation> = {}): Conversation => ({
  ...{ conversationId, kind: 'group', title: 'Team', members: [anna, ben], moderators: [anna], positions: [], unread: 0 },
  head: { generation: 1, seq: 0 },
  ...more,
});

describe('web/api: what a group is', () => {
  it('follows the entries: title, members, moderators, and that one has left oneself', () => {
    const log = [
      entry(1, 'created', { kind: 'group', title: 'Team', historyVisible: true, members: [anna, ben], moderators: [anna] }),
      entry(2, 'rename', { title: 'Crew' }),
      entry(3, 'members', { added: [cleo, ben], removed: [] }),
      entry(4, 'role', { userId: ben, role: 'moderator' }),
      entry(5, 'message', { text: 'x' }),
      entry(6, 'members', { added: [], removed: [anna] }),
    ];
    const after = withEntries(logOf(group({ title: 'before', members: [] })), log, anna);
    assert.deepEqual([after.title, after.members, after.moderators, after.left], ['Crew', [ben, cleo], [ben], true]);
    const back = described(after, entry(7, 'members', { added: [anna], removed: [] }), anna);
    assert.deepEqual([back.left, back.members.includes(anna)], [false, true]);
    const demoted = described(back, entry(8, 'role', { userId: ben, role: 'member' }), anna);
    assert.deepEqual(demoted.moderators, []);
    const last = described(back, entry(8, 'members', { added: [], removed: [ben], moderator: cleo }), anna);
    assert.deepEqual([last.members, last.moderators], [[cleo, anna], [cleo]]);
  });

  it('changes nothing with entries that say nothing of it', () => {
    const before = descriptionOf(group());
    assert.equal(described(before, entry(1, 'message', { text: 'x' }), anna), before);
  });

  it('begins with the first entry that its reader may see', () => {
    const log = withEntries(logOf(group({ visibleFrom: 5 })), [entry(5, 'members', { added: [ben], removed: [] })], ben);
    assert.deepEqual([log.entries.length, log.complete], [1, true]);
  });

  it('begins anew for who comes back and may not see what was written meanwhile', () => {
    const before = withEntries(logOf(group()), [entry(1, 'rename', { title: 'x' })], ben);
    const back = withListing(before, group({ visibleFrom: 9, head: { generation: 1, seq: 9 } }), ben);
    assert.deepEqual([back.entries, back.visibleFrom], [[], 9]);
  });
});
