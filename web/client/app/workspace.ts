import {
  type Account,
  type Client,
  Conversations,
  type EventFields,
  Files,
  type OwnPresence,
  PresenceWatch,
  type Result,
  StoredDrafts,
  UCError,
  type Unsubscribe,
  type UserId,
} from '#web/api/index.ts';
import { LiveCalls } from '#web/client/calls/live-calls.ts';
import { Drafts } from '#web/client/chat/drafts.ts';
import { Contacts } from '#web/client/contacts/contact-lists.ts';
import { Attachments } from '#web/client/files/attachments.ts';
import { FileStates } from '#web/client/files/file-states.ts';
import { CallJournal } from '#web/client/journal/call-journal.ts';
import { People } from '#web/client/people/people.ts';
import { Pictures } from '#web/client/people/pictures.ts';
import { PhoneBookSearch } from '#web/client/phone-book/phone-book.ts';
import { MessageSearch } from '#web/client/search/message-search.ts';
import { Store } from '#web/ui/store.ts';

export type Grants = EventFields<'permissions.changed'>;
export type CompanyGroup = Result<'directory.groups'>['groups'][number];

/** A value that is read from the server in each session; `failed` until a later try succeeds. */
export type Read<T> = T | 'failed' | undefined;

const againMs = 3_000;

/** Everything of one signed-in user that the views show, kept in step with the servers. */
export class Workspace {
  readonly client: Client;
  readonly self: UserId;
  readonly people: People;
  readonly pictures: Pictures;
  readonly presence: PresenceWatch;
  readonly conversations: Conversations;
  readonly contacts: Contacts;
  readonly messageSearch: MessageSearch;
  readonly journal: CallJournal;
  readonly liveCalls: LiveCalls;
  readonly phoneBook: PhoneBookSearch;
  readonly files: Files;
  readonly fileStates: FileStates;
  readonly attachments: Attachments;
  /** What may be uploaded. */
  readonly fileLimits = new Store<Read<Result<'files.limits'>>>(undefined);
  readonly account = new Store<Read<Account>>(undefined);
  readonly ownPresence = new Store<Read<OwnPresence>>(undefined);
  readonly grants = new Store<Read<Grants>>(undefined);
  readonly groups = new Store<Read<readonly CompanyGroup[]>>(undefined);
  /** Settings of the company that clients need. */
  readonly settings = new Store<Readonly<Record<string, unknown>>>({});
  /** The servers' time, renewed twice a minute. */
  readonly now: Store<number>;
  readonly drafts: Drafts;
  readonly #off: Unsubscribe[];
  #session: string | undefined;

  constructor(client: Client, self: UserId) {
    this.client = client;
    this.self = self;
    this.people = new People(client);
    this.pictures = new Pictures(client);
    this.presence = new PresenceWatch(client);
    this.conversations = new Conversations(client);
    this.contacts = new Contacts(client);
    this.messageSearch = new MessageSearch(client);
    this.journal = new CallJournal(client);
    this.liveCalls = new LiveCalls(client);
    this.phoneBook = new PhoneBookSearch(client);
    this.drafts = new Drafts(new StoredDrafts(client));
    this.files = new Files(client);
    this.fileStates = new FileStates(this.files, client.clock);
    this.attachments = new Attachments(this.files);
    this.now = new Store(client.now());
    const minute = client.clock.every(30_000, () => this.now.set(client.now()));
    this.#off = [
      () => minute.stop(),
      client.on('account.changed', (account) => this.account.set(account)),
      client.on('presence.own', (own) => this.ownPresence.set(own)),
      client.on('permissions.changed', (grants) => this.grants.set(grants)),
      client.on('settings.changed', ({ values }) => {
        this.settings.set(values);
        // What may be uploaded are settings too.
        void this.#read(this.fileLimits, () => this.files.limits());
      }),
      client.onState(() => this.#renew()),
    ];
    this.#renew();
  }

  close(): void {
    for (const off of this.#off) off();
    const {
      people,
      pictures,
      presence,
      conversations,
      contacts,
      drafts,
      fileStates,
      attachments,
      journal,
      liveCalls,
      phoneBook,
    } = this;
    const parts = [
      people,
      pictures,
      presence,
      conversations,
      contacts,
      drafts,
      fileStates,
      attachments,
      journal,
      liveCalls,
      phoneBook,
    ];
    for (const part of parts) part.close();
  }

  #renew(): void {
    const { state } = this.client;
    if (state.phase !== 'open' || state.welcome.sessionId === this.#session) return;
    this.#session = state.welcome.sessionId;
    const { client } = this;
    void this.#read(this.account, () => client.call('account.get', {}));
    void this.#read(this.ownPresence, () => client.call('presence.own', {}));
    void this.#read(this.grants, () => client.call('permissions.get', {}));
    void this.#read(this.fileLimits, () => this.files.limits());
    void this.#read(this.groups, async () => (await client.call('directory.groups', {})).groups);
    void this.#read(
      this.settings as Store<Read<Readonly<Record<string, unknown>>>>,
      async () => (await client.call('settings.client', {})).values,
    );
  }

  /** What an event set meanwhile is newer than the answer only by chance; both are what the server had, so the answer is taken. */
  async #read<T>(store: Store<Read<T>>, ask: () => Promise<T>): Promise<void> {
    const session = this.#session;
    try {
      store.set(await ask());
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      if (store.value === undefined) store.set('failed');
      if (!error.retryable) return;
      this.client.clock.after(againMs, () => {
        if (session === this.#session) void this.#read(store, ask);
      });
    }
  }
}
