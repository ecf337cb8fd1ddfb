import type { CallView } from '#shared/protocol/calls.ts';
import { type Client, UCError, type Unsubscribe } from '#web/api/index.ts';
import { Store } from '#web/ui/store.ts';

/** How long a call that has ended stays, so that one can read why. */
const endedMs = 6_000;
const againMs = 3_000;

/** The user's calls on all phones, kept in step with the servers. */
export class LiveCalls {
  /** Oldest first. */
  readonly calls = new Store<readonly CallView[]>([]);
  readonly #client: Client;
  readonly #off: Unsubscribe[];
  #session: string | undefined;

  constructor(client: Client) {
    this.#client = client;
    this.#off = [client.on('calls.changed', (call) => this.#take(call)), client.onState(() => this.#renew())];
    this.#renew();
  }

  close(): void {
    for (const off of this.#off) off();
    this.#session = undefined;
  }

  #renew(): void {
    const { state } = this.#client;
    if (state.phase !== 'open' || state.welcome.sessionId === this.#session) return;
    this.#session = state.welcome.sessionId;
    void this.#read(this.#session);
  }

  async #read(session: string): Promise<void> {
    try {
      const { calls } = await this.#client.call('calls.list', {});
      if (session !== this.#session) return;
      // What an event has told meanwhile is newer than the answer if its version is.
      const newer = this.calls.value.filter((known) =>
        calls.some((read) => read.callId === known.callId && read.version < known.version),
      );
      this.calls.set(calls.map((read) => newer.find(({ callId }) => callId === read.callId) ?? read));
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      if (error.retryable) this.#client.clock.after(againMs, () => session === this.#session && void this.#read(session));
    }
  }

  #take(call: CallView): void {
    const known = this.calls.value.find(({ callId }) => callId === call.callId);
    if (known !== undefined && known.version > call.version) return;
    const others = this.calls.value.filter((each) => each !== known);
    this.calls.set([...others, call].sort((one, other) => one.startedAt - other.startedAt));
    if (call.phase === 'ended') this.#client.clock.after(endedMs, () => this.#drop(call));
  }

  #drop(ended: CallView): void {
    this.calls.set(this.calls.value.filter((call) => call !== ended));
  }
}
