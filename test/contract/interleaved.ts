import type { Database } from '#ucserver/database/index.ts';
import { driveAsync, type Outcome, type Procedure, procedureSet, type Step, type Steps } from '#ucserver/database/procedure.ts';
import { Queries } from '#ucserver/database/queries.ts';

export const stepProcedures = procedureSet('steps', import.meta.url, {
  /** One step as a transaction of its own. */
  *run(_queries: Queries, step: Step): Steps<Outcome> {
    return yield step;
  },
});

/**
 * Runs a procedure step by step, each committed at once, so that others come in between as they can under READ COMMITTED.
 *
 * @param before the step in front of which `meanwhile` happens, once
 */
export async function interleaved<P, R>(
  database: Database,
  { body }: Procedure<P, R>,
  { params, before, meanwhile }: { readonly params: P; readonly before: RegExp; readonly meanwhile: () => Promise<unknown> },
): Promise<R> {
  let hasHappened = false;
  const { result } = await driveAsync(body(new Queries(database.queries.engine), params), async (step) => {
    if (!hasHappened && before.test(step.sql)) {
      hasHappened = true;
      await meanwhile();
    }
    return database.run(stepProcedures.run, step);
  });
  if (!hasHappened) throw new Error(`no step is like ${before}`);
  return result;
}
