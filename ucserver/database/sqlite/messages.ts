import { UCError, type WireError } from '#shared/protocol/errors.ts';
import { StatementError, type StatementErrorKind } from '../port.ts';
import type { Step } from '../procedure.ts';
import { UnreachableError } from './connection.ts';

/** What a worker thread is started with. */
export interface WorkerStart {
  readonly file: string;
  readonly role: 'writer' | 'reader';
  /** A file may be made where there is none. */
  readonly mayCreate: boolean;
  /** Modules whose procedure sets the writer runs. */
  readonly modules: readonly string[];
}

export interface ProcedureCall {
  readonly id: number;
  readonly name: string;
  readonly params: unknown;
}

export interface ReadCall {
  readonly id: number;
  readonly step: Step;
}

/** To a worker. Each `run` and `read` is answered by one `done`, in order; the others but `probe` by nothing. */
export type ToWorker =
  | { readonly kind: 'run'; readonly calls: readonly ProcedureCall[]; readonly waitMs: number }
  | { readonly kind: 'read'; readonly calls: readonly ReadCall[]; readonly waitMs: number }
  /** Another thread has found the file: from now on none is made. */
  | { readonly kind: 'found' }
  | { readonly kind: 'probe' }
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'pragma'; readonly pragma: string }
  | { readonly kind: 'close' };

export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown; readonly announces: boolean }
  | { readonly id: number; readonly ok: false; readonly failure: Failure };

/** Answers to a group of calls. */
export interface GroupAnswer {
  readonly answers: readonly Answer[];
  /** The file could be opened and locked in time. */
  readonly reached: boolean;
}

/** From a worker; `ready` comes first. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'done' } & GroupAnswer)
  | { readonly kind: 'probed'; readonly reached: boolean };

/** An error on its way between threads, which keep no classes. */
export type Failure =
  | { readonly type: 'unavailable'; readonly message: string }
  | { readonly type: 'refused'; readonly kind: StatementErrorKind; readonly message: string }
  | { readonly type: 'told'; readonly wire: WireError }
  | { readonly type: 'broken'; readonly message: string; readonly stack: string | undefined };

export function toFailure(error: unknown): Failure {
  if (error instanceof UnreachableError) return { type: 'unavailable', message: error.message };
  if (error instanceof UCError) return { type: 'told', wire: error.toWire() };
  if (error instanceof StatementError) return { type: 'refused', kind: error.kind, message: error.message };
  if (error instanceof Error) return { type: 'broken', message: error.message, stack: error.stack };
  return { type: 'broken', message: String(error), stack: undefined };
}

export function fromFailure(failure: Failure): Error {
  switch (failure.type) {
    case 'unavailable':
      return new UCError('STORAGE_UNAVAILABLE', undefined, { cause: new Error(failure.message) });
    case 'refused':
      return new StatementError(failure.kind, failure.message);
    case 'told':
      return UCError.fromWire(failure.wire);
    case 'broken':
      return new Error(failure.message, { cause: failure.stack });
  }
}
