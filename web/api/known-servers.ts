import type { CredentialStore } from './client-store.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';
import { type Candidate, ServerList } from './server-list.ts';
import type { ServerAddress } from './types.ts';

export interface KnownServersOptions {
  /** Origins; the first is tried first. */
  readonly seeds: readonly string[];
  readonly store: CredentialStore;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

/** The company's servers as this client knows them, kept for its next life. */
export class KnownServers {
  readonly #options: KnownServersOptions;
  readonly #told = new Emitter<readonly ServerAddress[]>();
  #list: ServerList;
  /** Origin of the server that served last. */
  #own: string | undefined;

  constructor(options: KnownServersOptions) {
    this.#options = options;
    this.#list = new ServerList(options.seeds);
    this.#own = options.seeds[0];
  }

  /** All of them, in the order in which they would be tried now. */
  inOrder(): Candidate[] {
    return this.#list.inOrder(this.#own, this.#options.random);
  }

  /** The company's servers, each time they are told. */
  onTold(listener: (servers: readonly ServerAddress[]) => void): Unsubscribe {
    return this.#told.on(listener);
  }

  /** Remembers what an earlier life has learned. @returns whether there was anything */
  async recall(): Promise<boolean> {
    const learned = await this.#options.store.get('servers');
    if (learned) this.#list = this.#list.learn(learned);
    return learned !== undefined;
  }

  /** The server at this address serves now. */
  servedBy(url: string): void {
    this.#own = url;
  }

  learn(servers: readonly ServerAddress[]): void {
    this.#list = this.#list.learn(servers);
    void this.#options.store.set('servers', servers);
    this.#told.emit(servers);
  }

  /** What a server says that nobody has signed in to: it counts only while nothing better is known. */
  learnFirst(servers: readonly ServerAddress[]): void {
    if (this.#list.learned.length === 0) this.learn(servers);
  }
}
