import { type Incarnation, randomId } from '../ids.ts';
import { UCError } from '../protocol/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { EventContract, RequestContract } from './contract.ts';
import type { EventHandler, RequestContext, RequestHandler, Unsubscribe } from './mesh-port.ts';

interface EventEntry {
  readonly contract: EventContract<unknown>;
  readonly handlers: Set<EventHandler<unknown>>;
}

interface RequestEntry {
  readonly contract: RequestContract<unknown, unknown>;
  readonly handler: RequestHandler<unknown, unknown>;
}

/** Who takes which event and request. What arrives is checked here, once, against its tolerant schema. */
export class Handlers {
  readonly #logger: Logger;
  readonly #events = new Map<string, EventEntry>();
  readonly #requests = new Map<string, RequestEntry>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  on<Event>(contract: EventContract<Event>, handler: EventHandler<Event>): Unsubscribe {
    const entry = this.#events.get(contract.name) ?? { contract: contract as EventContract<unknown>, handlers: new Set() };
    this.#events.set(contract.name, entry);
    const added: EventHandler<unknown> = (event, from) => handler(event as Event, from);
    entry.handlers.add(added);
    return () => entry.handlers.delete(added);
  }

  handle<Params, Result>(contract: RequestContract<Params, Result>, handler: RequestHandler<Params, Result>): Unsubscribe {
    if (this.#requests.has(contract.name)) throw new Error(`${contract.name} has a handler already`);
    const entry: RequestEntry = {
      contract: contract as RequestContract<unknown, unknown>,
      handler: (params, context) => handler(params as Params, context),
    };
    this.#requests.set(contract.name, entry);
    return () => {
      if (this.#requests.get(contract.name) === entry) this.#requests.delete(contract.name);
    };
  }

  /** Hands an event to its handlers; one nobody wants (also: of a newer version) is dropped. */
  deliver(name: string, event: unknown, from: Incarnation): void {
    const entry = this.#events.get(name);
    if (entry === undefined) return;
    const parsed = entry.contract.schema.safeParse(event);
    if (!parsed.success) {
      this.#logger.warn('Event does not fit its schema, dropped', { event: name, from, error: parsed.error });
      return;
    }
    for (const handler of entry.handlers) {
      try {
        handler(parsed.data, from);
      } catch (error) {
        this.#logger.error('A handler of an event failed', { event: name, from, error });
      }
    }
  }

  /** @throws UCError always: whatever else the handler throws is logged and becomes `INTERNAL`. */
  async execute(name: string, params: unknown, context: RequestContext): Promise<unknown> {
    const entry = this.#requests.get(name);
    if (entry === undefined) throw new UCError('UNKNOWN_METHOD', `This server does not answer ${name}`);
    const parsed = entry.contract.params.safeParse(params);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new UCError('BAD_REQUEST', issue?.message, { field: ['params', ...(issue?.path ?? [])].join('.') });
    }
    try {
      return await entry.handler(parsed.data, context);
    } catch (error) {
      if (error instanceof UCError) throw error;
      const logId = randomId();
      const { from, correlationId } = context;
      this.#logger.error('A request from another server failed', { request: name, from, correlationId, logId, error });
      throw new UCError('INTERNAL', undefined, { details: { logId } });
    }
  }
}
