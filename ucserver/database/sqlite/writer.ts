import { drive, isProcedureSet, type Procedure, proceduresOf } from '../procedure.ts';
import { Queries } from '../queries.ts';
import { type Connection, UnreachableError } from './connection.ts';
import { type Answer, type GroupAnswer, type ProcedureCall, toFailure } from './messages.ts';

/** Runs procedures on the connection of its thread. */
export class Writer {
  readonly #connection: Connection;
  readonly #queries = new Queries('sqlite');
  readonly #procedures = new Map<string, Procedure<unknown, unknown>>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Takes the procedure sets that these modules export. */
  async load(modules: readonly string[]): Promise<void> {
    for (const url of modules) {
      const exported: Readonly<Record<string, unknown>> = await import(url);
      const procedures = Object.values(exported).filter(isProcedureSet).flatMap(proceduresOf);
      for (const procedure of procedures) this.#procedures.set(procedure.name, procedure);
    }
  }

  /** Grouped commit: the procedures share one transaction, and one that fails takes only itself back. */
  run(calls: readonly ProcedureCall[], waitMs: number): GroupAnswer {
    const connection = this.#connection;
    try {
      connection.withRetry(waitMs, () => connection.command('begin immediate'));
      // A savepoint keeps a copy of every page that changes; a call that is alone can as well take the whole transaction back.
      const answers = calls.map((call) => (calls.length === 1 ? this.#runOne(call) : this.#runBehindSavepoint(call)));
      connection.command(answers.some(({ ok }) => ok) ? 'commit' : 'rollback');
      return { answers, reached: true };
    } catch (error) {
      connection.abandon();
      const failure = toFailure(error);
      return { answers: calls.map(({ id }) => ({ id, ok: false, failure })), reached: !(error instanceof UnreachableError) };
    }
  }

  #runBehindSavepoint(call: ProcedureCall): Answer {
    this.#connection.command('savepoint one');
    const answer = this.#runOne(call);
    if (!answer.ok) this.#connection.command('rollback to one');
    this.#connection.command('release one');
    return answer;
  }

  #runOne({ id, name, params }: ProcedureCall): Answer {
    try {
      const procedure = this.#procedures.get(name);
      if (procedure === undefined) throw new Error(`no procedure ${name}: is its set given to openDatabase?`);
      const { result, announces } = drive(procedure.body(this.#queries, params), (step) => this.#connection.execute(step));
      return { id, ok: true, value: result, announces };
    } catch (error) {
      if (error instanceof UnreachableError) throw error;
      return { id, ok: false, failure: toFailure(error) };
    }
  }
}
