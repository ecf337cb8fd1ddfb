import { change, first, procedureSet, type Steps } from './procedure.ts';

export const housekeepingProcedures = procedureSet('housekeeping', import.meta.url, {
  /** Forgets results of acts done before `actsBefore` and changes recorded before `changesBefore` (milliseconds since 1970). */
  *forget({ db }, { actsBefore, changesBefore }: { actsBefore: number; changesBefore: number }): Steps<number> {
    const acts = yield* change(db.deleteFrom('acts').where('done_at', '<', actsBefore));
    // The newest change stays whatever its age: readers tell by the versions present whether they missed one.
    const head = yield* first(db.selectFrom('change_counter').select('version'));
    const changes = yield* change(
      db
        .deleteFrom('changes')
        .where('recorded_at', '<', changesBefore)
        .where('version', '<', head?.version ?? 0),
    );
    return acts + changes;
  },

  /** Raises the database's generation, which voids all cursors of clients; done after a backup was restored. Answers the new one. */
  *raiseGeneration({ db }): Steps<number> {
    yield* change(db.updateTable('database_identity').set((eb) => ({ generation: eb('generation', '+', 1) })));
    const identity = yield* first(db.selectFrom('database_identity').select('generation'));
    return identity?.generation ?? 1;
  },
});
