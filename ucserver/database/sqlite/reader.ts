import { type Connection, UnreachableError } from './connection.ts';
import { type Answer, type GroupAnswer, type ReadCall, toFailure } from './messages.ts';

/** Runs reading queries, each on its own; a file that did not answer the first in time is not waited for once more by the others. */
export function readAll(connection: Connection, calls: readonly ReadCall[], waitMs: number): GroupAnswer {
  let reached = true;
  const answers = calls.map(({ id, step }): Answer => {
    try {
      const outcome = connection.withRetry(reached ? waitMs : 0, () => connection.execute(step));
      return { id, ok: true, value: outcome.rows, announces: false };
    } catch (error) {
      reached &&= !(error instanceof UnreachableError);
      connection.abandon();
      return { id, ok: false, failure: toFailure(error) };
    }
  });
  return { answers, reached };
}
