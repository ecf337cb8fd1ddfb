import type * as z from 'zod';

/**
 * Which of the two lanes to a peer a thing travels in. `first`: requests, answers, calls, chat, ownership; always sent and
 * handled before what waits in `second` (presence, typing: what is soon replaced by something newer).
 */
export type Lane = 'first' | 'second';

/** One kind of event between servers. The schema is tolerant: fields of a newer version are ignored. */
export interface EventContract<Event> {
  readonly kind: 'event';
  readonly name: string;
  readonly schema: z.ZodType<Event>;
  readonly lane: Lane;
  /** One sentence for `docs/mesh.md`. */
  readonly meaning: string;
}

/** One kind of request between servers, with its answer. Requests always travel in the first lane. */
export interface RequestContract<Params, Result> {
  readonly kind: 'request';
  readonly name: string;
  readonly params: z.ZodType<Params>;
  readonly result: z.ZodType<Result>;
  /** One sentence for `docs/mesh.md`. */
  readonly meaning: string;
}

export type AnyContract = EventContract<unknown> | RequestContract<unknown, unknown>;

/** The type of an event, from its contract. */
export type EventOf<Contract> = Contract extends EventContract<infer Event> ? Event : never;
/** The type of a request's parameters, from its contract. */
export type ParamsOf<Contract> = Contract extends RequestContract<infer Params, infer _> ? Params : never;
/** The type of a request's result, from its contract. */
export type ResultOf<Contract> = Contract extends RequestContract<infer _, infer Result> ? Result : never;

/**
 * Defines an event. `name` is `feature.whatHappened`; `schema` should be a plain `z.object` (unknown fields are dropped, so that
 * version N and N+1 understand each other).
 */
export function defineEvent<Event>(
  name: string,
  schema: z.ZodType<Event>,
  { lane = 'first', meaning }: { readonly lane?: Lane; readonly meaning: string },
): EventContract<Event> {
  return { kind: 'event', name, schema, lane, meaning };
}

/** Defines a request; see {@link defineEvent} for the names and schemas. */
export function defineRequest<Params, Result>(
  name: string,
  params: z.ZodType<Params>,
  result: z.ZodType<Result>,
  { meaning }: { readonly meaning: string },
): RequestContract<Params, Result> {
  return { kind: 'request', name, params, result, meaning };
}
