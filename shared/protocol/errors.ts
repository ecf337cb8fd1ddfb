/**
 * Every error a client can get, each defined once: what it means and whether the same request may be sent again.
 * `docs/errors.md` is printed from this table.
 */
export const errorCodes = {
  BAD_REQUEST: { retryable: false, http: 400, meaning: 'The request is malformed; `field` names the part that is wrong.' },
  UNKNOWN_METHOD: { retryable: false, http: 404, meaning: 'The server has no method of this name.' },
  NOT_SIGNED_IN: { retryable: false, http: 401, meaning: 'The connection has no session, or its token has ended.' },
  SIGN_IN_FAILED: { retryable: false, http: 401, meaning: 'Sign-in name and password do not match, or the account is locked.' },
  TOKEN_INVALID: { retryable: false, http: 401, meaning: 'The token is not valid, has ended or was revoked: sign in again.' },
  FORBIDDEN: { retryable: false, http: 403, meaning: 'You have no right to do this.' },
  NOT_FOUND: { retryable: false, http: 404, meaning: 'There is nothing of this id, or you may not see it.' },
  TOO_LARGE: { retryable: false, http: 413, meaning: 'A value or the whole message is larger than allowed.' },
  CALL_REFUSED: { retryable: false, http: 403, meaning: 'This cannot be called; `details.reason` says why.' },
  NOT_POSSIBLE_NOW: {
    retryable: false,
    http: 409,
    meaning: 'As it stands now this cannot be done; what it concerns says what can.',
  },
  RATE_LIMITED: { retryable: true, http: 429, meaning: 'Too many requests; wait `retryAfterMs`.' },
  BUSY: { retryable: true, http: 503, meaning: 'The server has too much to do; wait `retryAfterMs`.' },
  VERSION_CONFLICT: {
    retryable: false,
    http: 412,
    meaning: 'Somebody changed it meanwhile; `details.current` holds what stands there now.',
  },
  ID_CONFLICT: { retryable: false, http: 409, meaning: 'This client-made id was used before for something else.' },
  NOT_OWNER: { retryable: true, http: 503, meaning: 'The user has moved to another server meanwhile.' },
  OWNER_UNREACHABLE: { retryable: true, http: 503, meaning: 'The server that serves this user cannot be reached now.' },
  LICENCE_EXHAUSTED: {
    retryable: true,
    http: 503,
    meaning:
      'The licence has no seat left; `details` says how many there are (`seats`), who holds them (`holders`) and why (`reason`).',
  },
  OUTCOME_UNKNOWN: {
    retryable: true,
    http: 504,
    meaning: 'No answer in time: it may or may not have happened. Send it again with the same id.',
  },
  STORAGE_UNAVAILABLE: {
    retryable: true,
    http: 503,
    meaning: 'The database or the store of files cannot be reached, so this cannot be stored or read now.',
  },
  QUOTA_EXCEEDED: {
    retryable: false,
    http: 413,
    meaning: 'The files of this user would take more than they may; `details` holds `usedBytes` and `quotaBytes`.',
  },
  OFFSET_CONFLICT: {
    retryable: false,
    http: 409,
    meaning: 'The upload stands at another byte; ask where (HEAD), then go on from there.',
  },
  FILE_SCANNING: { retryable: true, http: 503, meaning: 'The file is being scanned; wait `retryAfterMs`.' },
  FILE_REFUSED: { retryable: false, http: 403, meaning: 'The scan has refused this file.' },
  SHUTTING_DOWN: { retryable: true, http: 503, meaning: 'The server is shutting down; connect to another one.' },
  INTERNAL: { retryable: true, http: 500, meaning: 'Something went wrong in the server; `details.logId` finds it in the log.' },
} as const satisfies Record<string, { retryable: boolean; http: number; meaning: string }>;

export type ErrorCode = keyof typeof errorCodes;

/** What stands in an answer; `retryable` repeats the table so that a client needs no copy of it. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  /** Path of the wrong field, for example `params.note.text`. */
  readonly field?: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface UCErrorOptions {
  readonly field?: string;
  readonly retryAfterMs?: number;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The one error class: everything a caller is meant to understand. Anything else that is thrown becomes `INTERNAL`. */
export class UCError extends Error {
  override readonly name = 'UCError';
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string = errorCodes[code].meaning, options: UCErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.field = options.field;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details;
  }

  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }

  toWire(): WireError {
    const { code, message, field, retryable, retryAfterMs, details } = this;
    return { code, message, field, retryable, retryAfterMs, details };
  }

  /** The same error on the other side of the wire; a code this version does not know becomes `INTERNAL`. */
  static fromWire(wire: WireError): UCError {
    const code = Object.hasOwn(errorCodes, wire.code) ? wire.code : 'INTERNAL';
    return new UCError(code, wire.message, wire);
  }
}
