import { type ConversationId, conversationIdSchema } from '#shared/ids.ts';
import { holdLease, type Lease } from '#ucserver/database/lease.ts';
import { change, first, procedureSet, rows, type Steps } from '#ucserver/database/procedure.ts';
import { type Queries, statement } from '#ucserver/database/queries.ts';
import { emptiedBody, rejectedKind } from '../commit-plan.ts';
import { unindex } from '../search/procedures.ts';

/** Kinds of entries that hold what a person has written; the others say what a conversation is. */
const writtenKinds: ReadonlySet<string> = new Set(['message', 'edit', rejectedKind]);

/** Emptied by one transaction, so that nobody waits long for it. */
export const entriesAtOnce = 200;

export interface EmptyOlder {
  readonly conversationId: ConversationId;
  /** What was accepted before (milliseconds since 1970) goes. */
  readonly before: number;
  readonly lease: Lease;
}

/** What a step of emptying has done. */
export interface Emptied {
  /** False: another server is at it. */
  readonly held: boolean;
  /** What is old is empty up to this number; missing: nothing was done. */
  readonly upTo?: number;
  /** There may be further ones. */
  readonly more: boolean;
}

export interface EmptyWritten {
  readonly conversationId: ConversationId;
  readonly author: string;
  /** Goes on after this number. */
  readonly after: number;
}

const emptyEntry = statement<{ conversationId: string; seq: number }>((db, param) =>
  db
    .updateTable('entries')
    .set({ body: emptiedBody })
    .where('conversation_id', '=', param('conversationId'))
    .where('seq', '=', param('seq')),
);

export const retentionProcedures = procedureSet('retention', import.meta.url, {
  /** Takes or renews the lease. */
  *hold(queries: Queries, lease: Lease): Steps<boolean> {
    return yield* holdLease(queries, lease);
  },

  /** Empties the next old entries of a conversation. */
  *emptyOlder(queries: Queries, { conversationId, before, lease }: EmptyOlder): Steps<Emptied> {
    const { db } = queries;
    if (!(yield* holdLease(queries, lease))) return { held: false, more: false };
    const place = yield* first(db.selectFrom('conversations').select('emptied_seq').where('id', '=', conversationId));
    const next = yield* rows(
      queries.limit<Candidate>(
        entriesAtOnce,
        db
          .selectFrom('entries')
          .select(['seq', 'kind', 'body', 'accepted_at'])
          .where('conversation_id', '=', conversationId)
          .where('seq', '>', place?.emptied_seq ?? 0)
          .orderBy('seq'),
      ),
    );
    const young = next.findIndex(({ accepted_at }) => accepted_at >= before);
    const old = young < 0 ? next : next.slice(0, young);
    const last = old.at(-1);
    if (last === undefined) return { held: true, more: false };
    yield* emptyEntries(queries, conversationId, old);
    yield* change(db.updateTable('conversations').set({ emptied_seq: last.seq }).where('id', '=', conversationId));
    return { held: true, upTo: last.seq, more: young < 0 && next.length === entriesAtOnce };
  },

  /** Empties the next entries of one author; answers the number up to which it has looked, `undefined` at the end. */
  *emptyWritten(queries: Queries, { conversationId, author, after }: EmptyWritten): Steps<number | undefined> {
    const next = yield* rows(
      queries.limit<Candidate>(
        entriesAtOnce,
        queries.db
          .selectFrom('entries')
          .select(['seq', 'kind', 'body', 'accepted_at'])
          .where('conversation_id', '=', conversationId)
          .where('author_id', '=', author)
          .where('seq', '>', after)
          .orderBy('seq'),
      ),
    );
    yield* emptyEntries(queries, conversationId, next);
    return next.length < entriesAtOnce ? undefined : next.at(-1)?.seq;
  },
});

interface Candidate {
  seq: number;
  kind: string;
  body: string;
  accepted_at: number;
}

/** Leaves of what was written the tombstone: number, author and time. */
function* emptyEntries(queries: Queries, id: ConversationId, entries: readonly Candidate[]): Steps<void> {
  const conversationId = conversationIdSchema.parse(id);
  const full = entries.filter(({ kind, body }) => writtenKinds.has(kind) && body !== emptiedBody);
  if (full.length === 0) return;
  const seqs = full.map(({ seq }) => ({ conversationId, seq }));
  yield* change(queries.bindEach(emptyEntry, seqs));
  const messages = full.filter(({ kind }) => kind === 'message').map(({ seq }) => seq);
  yield* unindex(queries, conversationId, messages);
}
