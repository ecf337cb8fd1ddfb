import { type ConversationId, type UserId, userIdSchema } from '#shared/ids.ts';
import type { EntryBodies } from '#shared/protocol/chat.ts';
import { recordChange } from '#ucserver/database/changes.ts';
import { change, first, rows, type Steps } from '#ucserver/database/procedure.ts';
import { type Queries, statement } from '#ucserver/database/queries.ts';
import type { StoredEntry } from './commit-plan.ts';
import { type MembershipChange, membershipChangeOf, planMembership } from './membership-plan.ts';

/** Kind under which every server keeps memberships in memory (`replicaParts.conversationMembers`). */
export const membersChange = 'conversationMembers';

interface Joining {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly seq: number;
  readonly visibleFrom: number;
}

const readMember = statement<{ conversationId: string; userId: string }, { user_id: string; left_seq: number | null }>(
  (db, param) =>
    db
      .selectFrom('conversation_members')
      .select(['user_id', 'left_seq'])
      .where('conversation_id', '=', param('conversationId'))
      .where('user_id', '=', param('userId')),
);

const insertMember = statement<Joining>((db, param) =>
  db.insertInto('conversation_members').values({
    conversation_id: param('conversationId'),
    user_id: param('userId'),
    joined_seq: param('seq'),
    left_seq: null,
    // What was written before somebody came is not new to them.
    read_seq: param('seq'),
    delivered_seq: param('seq'),
    role: 'member',
    visible_from: param('visibleFrom'),
    muted_until: null,
  }),
);

const returnMember = statement<Joining>((db, param) =>
  db
    .updateTable('conversation_members')
    .set({
      joined_seq: param('seq'),
      left_seq: null,
      read_seq: param('seq'),
      delivered_seq: param('seq'),
      role: 'member',
      visible_from: param('visibleFrom'),
    })
    .where('conversation_id', '=', param('conversationId'))
    .where('user_id', '=', param('userId')),
);

const leaveMember = statement<{ conversationId: string; userId: string; seq: number }>((db, param) =>
  db
    .updateTable('conversation_members')
    .set({ left_seq: param('seq'), role: 'member' })
    .where('conversation_id', '=', param('conversationId'))
    .where('user_id', '=', param('userId')),
);

const setRole = statement<{ conversationId: string; userId: string; role: string }>((db, param) =>
  db
    .updateTable('conversation_members')
    .set({ role: param('role') })
    .where('conversation_id', '=', param('conversationId'))
    .where('user_id', '=', param('userId'))
    .where('left_seq', 'is', null),
);

/**
 * Part of the commit: what new entries say about members, titles and kinds is put where rights are read, in the order of the
 * log. Ends with the record of the change, so nothing may be recorded after it.
 */
export function* applyMembership(queries: Queries, inserts: readonly StoredEntry[]): Steps<void> {
  const changed = new Map<ConversationId, number>();
  for (const entry of inserts) {
    if (entry.kind === 'created' || entry.kind === 'rename') yield* describe(queries, entry);
    const membership = membershipChangeOf(entry);
    if (membership === undefined) continue;
    yield* moveMembers(queries, entry, membership);
    changed.set(entry.conversationId, entry.at);
  }
  for (const [conversationId, at] of [...changed].sort(([one], [other]) => (one < other ? -1 : 1)))
    yield* recordChange(queries, membersChange, [conversationId], at);
}

function* describe({ db }: Queries, { conversationId, kind, body }: StoredEntry): Steps<void> {
  const { title } = JSON.parse(body) as EntryBodies['rename'];
  const update = db.updateTable('conversations').set({ title }).where('id', '=', conversationId);
  if (kind === 'rename') {
    yield* change(update);
    return;
  }
  const created = JSON.parse(body) as EntryBodies['created'];
  yield* change(update.set({ kind: created.kind, history_visible: created.historyVisible ? 1 : 0 }));
}

function* moveMembers(queries: Queries, { conversationId, seq }: StoredEntry, membership: MembershipChange): Steps<void> {
  const asked = [...new Set([...membership.added, ...membership.removed])].map((userId) => ({ conversationId, userId }));
  if (asked.length > 0) {
    const present = yield* rows(queries.bindEach(readMember, asked));
    const plan = planMembership(
      membership,
      present.map(({ user_id, left_seq }) => ({ userId: userIdSchema.parse(user_id), left: left_seq })),
    );
    const query = queries.db.selectFrom('conversations').select('history_visible').where('id', '=', conversationId);
    const conversation = yield* first(query);
    const visibleFrom = conversation?.history_visible === 0 ? seq : 1;
    const joining = (users: readonly UserId[]) => users.map((userId) => ({ conversationId, userId, seq, visibleFrom }));
    if (plan.inserts.length > 0) yield* change(queries.bindEach(insertMember, joining(plan.inserts)));
    if (plan.returns.length > 0) yield* change(queries.bindEach(returnMember, joining(plan.returns)));
    if (plan.leaves.length > 0) yield* change(queries.bindEach(leaveMember, joining(plan.leaves)));
  }
  const roles = membership.roles.map((each) => ({ conversationId, ...each }));
  if (roles.length > 0) yield* change(queries.bindEach(setRole, roles));
}
