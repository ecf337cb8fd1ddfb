import { change, first, type Steps, toStep } from './procedure.ts';
import { type Queries, statement } from './queries.ts';

const drawVersion = statement((db) => db.updateTable('change_counter').set((eb) => ({ version: eb('version', '+', 1) })));
const readVersion = statement<object, { version: number }>((db) => db.selectFrom('change_counter').select('version'));
const insertChange = statement<{ version: number; kind: string; objectId: string; at: number }>((db, param) =>
  db
    .insertInto('changes')
    .values({ version: param('version'), kind: param('kind'), object_id: param('objectId'), recorded_at: param('at') }),
);

/**
 * Part of a procedure: records that these objects of a kind were changed by this transaction, so that every server reads
 * them again. Call it last: from here to the commit no other transaction can record a change, which is what makes versions
 * become visible in order.
 *
 * @param kind as registered with the {@link import('./replica.ts').Replica}
 * @param at milliseconds since 1970
 * @returns the version of the last change
 */
export function* recordChange(queries: Queries, kind: string, ids: readonly string[], at: number): Steps<number> {
  let version = 0;
  for (const objectId of ids) {
    // UPDATE, then SELECT: an UPDATE that answers the new value is not right under concurrency on every server.
    yield* change(queries.bind(drawVersion, {}));
    version = (yield* first(queries.bind(readVersion, {})))?.version ?? 0;
    yield { ...toStep(queries.bind(insertChange, { version, kind, objectId, at })), announces: true };
  }
  return version;
}
