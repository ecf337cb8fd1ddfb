import { UCError } from '#shared/protocol/errors.ts';
import { change, first, type Steps } from './procedure.ts';
import { type Queries, statement } from './queries.ts';

/** An act as it reaches a procedure: whoever repeats it with the same id gets the first result. */
export interface StoredAct {
  readonly actorId: string;
  readonly actId: string;
  /** What is done, for example `contacts.put`: the same id for something else is an error. */
  readonly method: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** How long results are kept, ms. */
export const actKeptMs = 5 * 60_000;

const readAct = statement<{ actorId: string; actId: string }, { method: string; result: string; done_at: number }>((db, param) =>
  db
    .selectFrom('acts')
    .select(['method', 'result', 'done_at'])
    .where('actor_id', '=', param('actorId'))
    .where('act_id', '=', param('actId')),
);
const insertAct = statement<StoredAct & { result: string }>((db, param) =>
  db.insertInto('acts').values({
    actor_id: param('actorId'),
    act_id: param('actId'),
    method: param('method'),
    result: param('result'),
    done_at: param('at'),
  }),
);

/**
 * Part of a procedure: does `work` unless this act was done before, and stores its result in the same transaction. Of two
 * servers doing the same act at once on SQL Server one finds a duplicate, is run again and gets the other's result.
 *
 * @param work its result must be JSON
 * @throws UCError ID_CONFLICT when the id was used for another method
 */
export function* once<R>(queries: Queries, act: StoredAct, work: () => Steps<R>): Steps<R> {
  const known = yield* first(queries.bind(readAct, act));
  if (known !== undefined) {
    if (known.method !== act.method) throw new UCError('ID_CONFLICT', undefined, { field: 'params.actId' });
    return JSON.parse(known.result) as R;
  }
  const result = yield* work();
  yield* change(queries.bind(insertAct, { ...act, result: JSON.stringify(result ?? null) }));
  return result;
}
