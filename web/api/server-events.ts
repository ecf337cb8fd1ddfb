import { Emitter, type Unsubscribe } from './emitter.ts';
import type { EventFields, EventName } from './types.ts';

/** What servers tell, for those who listen to one kind of it. Unknown kinds are heard by nobody. */
export class ServerEvents {
  readonly #byName = new Map<string, Emitter<never>>();

  on<E extends EventName>(event: E, listener: (fields: EventFields<E>) => void): Unsubscribe {
    let emitter = this.#byName.get(event);
    if (!emitter) {
      emitter = new Emitter<never>();
      this.#byName.set(event, emitter);
    }
    return emitter.on(listener as (fields: never) => void);
  }

  /** Fields as they came; the server has checked them. */
  emit(event: string, fields: unknown): void {
    this.#byName.get(event)?.emit(fields as never);
  }
}
