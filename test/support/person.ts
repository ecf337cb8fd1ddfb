import type { UserId } from '#shared/ids.ts';
import { Client, type ClientState, Conversations, type LiveConversation, type Presence, PresenceWatch } from '#web/api/index.ts';
import type { Account } from './company.ts';
import { eventually } from './eventually.ts';

/** What a person was told of somebody. Times are monotonic ms. */
export interface Sighting {
  readonly atMs: number;
  readonly presence: Presence;
}

export interface PersonOptions {
  /** Origins, the one to try first in front. */
  readonly servers: readonly string[];
  readonly device?: string;
  readonly WebSocket?: typeof globalThis.WebSocket;
}

/** Somebody at a client of the real SDK, who remembers what they were shown. */
export class Person implements AsyncDisposable {
  readonly name: string;
  readonly userId: UserId;
  readonly client: Client;
  readonly presence: PresenceWatch;
  readonly chats: Conversations;
  /** Every presence of others that was shown, in order. */
  readonly sightings: Sighting[] = [];
  /** Every state of the client, in order. */
  readonly states: { readonly atMs: number; readonly state: ClientState }[] = [];
  /** Texts of others as they arrived. */
  readonly heard: string[] = [];
  readonly #password: string;

  constructor(account: Account, { servers, device = 'Test client', ...more }: PersonOptions) {
    this.name = account.name;
    this.userId = account.userId;
    this.#password = account.password;
    this.client = new Client({ servers, device: { kind: 'browser', name: device }, ...more });
    this.client.onState((state) => this.states.push({ atMs: performance.now(), state }));
    this.client.on('presence.changed', (presence) => this.sightings.push({ atMs: performance.now(), presence }));
    this.presence = new PresenceWatch(this.client);
    this.chats = new Conversations(this.client);
    this.chats.onArrival(({ entries }) => this.heard.push(...entries.map(({ body }) => String(body.text))));
  }

  async signIn(password = this.#password): Promise<this> {
    await this.client.signIn(this.name, password);
    return this;
  }

  /** Id of the server that serves this person now. */
  get server(): string | undefined {
    const { state } = this.client;
    return state.phase === 'open' ? state.welcome.serverId : undefined;
  }

  /** Watches these people and waits until something is known of each. */
  async watch(...others: readonly Pick<Person, 'userId'>[]): Promise<void> {
    for (const { userId } of others) {
      this.presence.watch(userId, () => {
        const presence = this.presence.of(userId);
        if (presence) this.sightings.push({ atMs: performance.now(), presence });
      });
    }
    await eventually(() => others.every((other) => this.sees(other) !== undefined), {
      what: `${this.name} is told of those they watch`,
    });
  }

  /** What is known of a person who is watched. */
  sees({ userId }: Pick<Person, 'userId'>): Presence | undefined {
    return this.presence.of(userId);
  }

  /** Waits until a person is seen in a way. @returns how long that took, in ms. */
  async untilSees(
    other: Pick<Person, 'userId' | 'name'>,
    how: Presence['state'] | ((presence: Presence) => boolean),
    withinMs = 4_000,
  ): Promise<number> {
    const beganMs = performance.now();
    const is = typeof how === 'string' ? ({ state, stale }: Presence) => state === how && stale === undefined : how;
    await eventually(
      () => {
        const presence = this.sees(other);
        if (!presence || !is(presence)) throw new Error(JSON.stringify(presence));
      },
      { withinMs, what: `${this.name} sees ${other.name} as ${typeof how === 'string' ? how : 'expected'}` },
    );
    return performance.now() - beganMs;
  }

  /** Waits until a session is open that is not `before`. @returns how long that took, in ms. */
  async untilOpen(withinMs: number, before?: string): Promise<number> {
    const beganMs = performance.now();
    const isOpen = ({ state } = this.client) => state.phase === 'open' && state.welcome.sessionId !== before;
    await eventually(() => isOpen(), { withinMs, what: `${this.name} is signed in again` });
    return performance.now() - beganMs;
  }

  get sessionId(): string | undefined {
    const { state } = this.client;
    return state.phase === 'open' ? state.welcome.sessionId : undefined;
  }

  /** Which of those whom this person watches were shown as offline since then. */
  shownOffline(sinceMs = 0): readonly Sighting[] {
    return this.sightings.filter(({ atMs, presence }) => atMs >= sinceMs && presence.state === 'offline');
  }

  chatWith(other: Pick<Person, 'userId'>): Promise<LiveConversation> {
    return this.chats.open(other.userId);
  }

  /** Ends the session; the credentials stay. */
  async leave(): Promise<void> {
    await this.client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.presence.close();
    this.chats.close();
    await this.client.close();
  }
}

/** Sends a message and waits until it is acknowledged. */
export async function say(conversation: LiveConversation, text: string, withinMs = 5_000): Promise<void> {
  const entryId = conversation.send(text);
  await eventually(
    () => {
      const waiting = conversation.outgoing.find((each) => each.entryId === entryId);
      if (waiting) throw new Error(`${waiting.state} ${waiting.error?.code ?? ''}`);
    },
    { withinMs, what: `"${text}" is acknowledged` },
  );
}

/** All texts of a conversation as this person has them, in order. */
export function textsOf(conversation: LiveConversation): string[] {
  return conversation.log.entries.map(({ body }) => String(body.text));
}
