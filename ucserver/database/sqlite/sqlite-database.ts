import { UCError } from '#shared/protocol/errors.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { HealthRecord } from '../health.ts';
import type { Database, DatabaseHealth, ReadOptions, RunOptions } from '../port.ts';
import { moduleOf, type Procedure, type ProcedureSet, type Query, type Step, toStep } from '../procedure.ts';
import { Queries } from '../queries.ts';
import { GroupQueue } from './group-queue.ts';
import type { FromWorker } from './messages.ts';
import { WorkerThread } from './worker-thread.ts';

export interface SqliteDatabaseOptions {
  /** Path of the file; several processes of one machine share it. Not on a network file system. */
  readonly file: string;
  readonly readers: number;
  readonly procedures: readonly ProcedureSet[];
  /** The file may be made where there is none; default true. */
  readonly mayCreate?: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Lane<Work> {
  readonly thread: WorkerThread;
  readonly queue: GroupQueue<Work>;
}

type Call = { readonly name: string; readonly params: unknown };

/** Longest wait for the file's lock before the database counts as away, ms. */
const patienceMs = 1_000;
const watchMs = 250;
const checkpointMs = 1_000;

/** SQLite in worker threads: one writer with grouped commits, one or more readers. */
export class SqliteDatabase implements Database {
  readonly engine = 'sqlite';
  readonly queries = new Queries('sqlite');
  readonly #options: SqliteDatabaseOptions;
  readonly #health = new HealthRecord();
  readonly #recorded = new Set<() => void>();
  readonly #writer: Lane<Call>;
  readonly #readers: readonly Lane<Step>[];
  /** Started when it is first needed. */
  #search: Lane<Step> | undefined;
  readonly #timers: readonly Timer[];
  #closed = false;
  /** One of the threads has found the file. */
  #found = false;

  constructor(options: SqliteDatabaseOptions) {
    this.#options = options;
    const { clock } = options;
    this.#writer = this.#writerLane();
    this.#readers = Array.from({ length: options.readers }, () => this.#readerLane());
    this.#timers = [clock.every(watchMs, () => this.#watch()), clock.every(checkpointMs, () => this.#checkpoint())];
  }

  get health(): DatabaseHealth {
    return this.#health.now;
  }

  async read<R>(query: Query<R>, { lane: name = 'short' }: ReadOptions = {}): Promise<R[]> {
    if (this.#closed || this.health.reads === 'away') throw new UCError('STORAGE_UNAVAILABLE');
    const lane = name === 'search' ? this.#searchLane() : this.#shortestReader();
    const { value } = await lane.queue.ask(toStep(query));
    return value as R[];
  }

  async run<P, R>(procedure: Procedure<P, R>, params: P, { waitMs = patienceMs }: RunOptions = {}): Promise<R> {
    // Who brings patience of their own may find the database back meanwhile.
    if (this.#closed || (this.health.writes === 'away' && waitMs <= patienceMs)) throw new UCError('STORAGE_UNAVAILABLE');
    const { value, announces } = await this.#writer.queue.ask({ name: procedure.name, params }, waitMs);
    if (announces) for (const listener of [...this.#recorded]) listener();
    return value as R;
  }

  onHealth(listener: (health: DatabaseHealth) => void): () => void {
    return this.#health.listen(listener);
  }

  onRecorded(listener: () => void): () => void {
    this.#recorded.add(listener);
    return () => this.#recorded.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) timer.stop();
    const lanes = [this.#writer, ...this.#allReaders()];
    for (const { queue } of lanes) queue.refuseQueued();
    await Promise.all(lanes.map(({ thread }) => thread.close()));
    for (const { queue } of lanes) queue.giveUpSent();
  }

  /** Kills the threads as a crash would, for tests of what follows. */
  async crashThreads(): Promise<void> {
    await Promise.all([this.#writer, ...this.#allReaders()].map(({ thread }) => thread.crash()));
  }

  /** Sets a pragma of the writing connection, which stays until that is opened anew: a full or read-only file, for tests. */
  setPragma(pragma: string): void {
    this.#writer.thread.send({ kind: 'pragma', pragma });
  }

  #shortestReader(): Lane<Step> {
    return this.#readers.reduce((best, next) => (next.queue.length < best.queue.length ? next : best));
  }

  #allReaders(): readonly Lane<Step>[] {
    return this.#search === undefined ? this.#readers : [...this.#readers, this.#search];
  }

  #searchLane(): Lane<Step> {
    this.#search ??= this.#readerLane({ mayCreate: false });
    return this.#search;
  }

  #writerLane(): Lane<Call> {
    const { clock, logger, file, procedures } = this.#options;
    const queue = new GroupQueue<Call>({
      clock,
      defaultWaitMs: patienceMs,
      unanswered: 'OUTCOME_UNKNOWN',
      send: (works, waitMs) =>
        thread.send({ kind: 'run', waitMs, calls: works.map(({ id, work }) => ({ id, name: work.name, params: work.params })) }),
    });
    const thread: WorkerThread = new WorkerThread({
      start: {
        file,
        role: 'writer',
        mayCreate: this.#options.mayCreate ?? true,
        modules: [...new Set(procedures.map(moduleOf))],
      },
      clock,
      logger,
      onMessage: (message) => this.#heard('writes', queue, message),
      onLost: () => queue.threadLost(),
    });
    return { thread, queue };
  }

  #readerLane({ mayCreate } = { mayCreate: this.#options.mayCreate ?? true }): Lane<Step> {
    const { clock, logger, file } = this.#options;
    const queue = new GroupQueue<Step>({
      clock,
      defaultWaitMs: patienceMs,
      unanswered: 'STORAGE_UNAVAILABLE',
      send: (works, waitMs) => thread.send({ kind: 'read', waitMs, calls: works.map(({ id, work }) => ({ id, step: work })) }),
    });
    const thread: WorkerThread = new WorkerThread({
      start: { file, role: 'reader', mayCreate, modules: [] },
      clock,
      logger,
      onMessage: (message) => this.#heard('reads', queue, message),
      onLost: () => queue.threadLost(),
    });
    return { thread, queue };
  }

  #heard<Work>(part: keyof DatabaseHealth, queue: GroupQueue<Work>, message: FromWorker): void {
    if (message.kind === 'ready') {
      queue.threadReady();
      return;
    }
    this.#reached(part, message.reached);
    if (message.reached && !this.#found) this.#foundFile();
    if (!message.reached) queue.refuseQueued();
    if (message.kind === 'done') queue.answered(message.answers);
  }

  /** An empty file in place of one that is moved away would look like a company without people. */
  #foundFile(): void {
    this.#found = true;
    for (const { thread } of [this.#writer, ...this.#allReaders()]) thread.found();
  }

  #reached(part: keyof DatabaseHealth, reached: boolean): void {
    if (reached !== (this.health[part] === 'up')) {
      this.#options.logger.warn(reached ? 'the database is back' : 'the database is away', { part });
    }
    this.#health.set(part, reached);
  }

  /** Asks an absent database whether it is back, and notices a thread that hangs. */
  #watch(): void {
    this.#watchLane('writes', this.#writer);
    for (const reader of this.#readers) this.#watchLane('reads', reader);
    // One search that takes too long says nothing about the database.
    if (this.#search !== undefined) this.#watchLane('reads', this.#search, false);
  }

  #watchLane<Work>(part: keyof DatabaseHealth, { queue, thread }: Lane<Work>, tellsHealth = true): void {
    if (queue.overdue()) {
      if (tellsHealth) this.#reached(part, false);
      queue.refuseQueued();
      queue.giveUpSent();
    } else if (this.health[part] === 'away' && queue.length === 0) {
      thread.send({ kind: 'probe' });
    }
  }

  /** On a reader's thread, so that commits do not wait for it. */
  #checkpoint(): void {
    if (this.health.writes === 'up') this.#readers[0]?.thread.send({ kind: 'checkpoint' });
  }
}
