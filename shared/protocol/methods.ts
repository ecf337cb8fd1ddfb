import type * as z from 'zod';

/** What a method of the client protocol takes and gives. `params` are strict: an unknown field is an error naming it. */
export interface Method {
  /** One sentence for `docs/protocol.md`. */
  readonly about: string;
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  /** May be called before a session is open. */
  readonly beforeSession?: true;
  /** Changes something: `params` hold an `actId` or `entryId`, and the request may be repeated with it. */
  readonly act?: true;
}

export type Methods = Readonly<Record<string, Method>>;

/** What the server tells unasked: event name → schema of the fields beside `event`. */
export interface EventShape {
  readonly about: string;
  readonly fields: z.ZodType;
}

export type Events = Readonly<Record<string, EventShape>>;
