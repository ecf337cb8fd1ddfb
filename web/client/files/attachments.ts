import type { ConversationId, FileRef, Files, FileUpload, Unsubscribe } from '#web/api/index.ts';
import { Store } from '#web/ui/store.ts';

/** What was refused for what it is stays refused. */
const refusedForGood: ReadonlySet<string> = new Set(['FORBIDDEN', 'TOO_LARGE', 'BAD_REQUEST', 'ID_CONFLICT']);

/** Whether an upload has failed in a way that another try may mend. */
export function mayTryAgain({ phase, error }: Pick<FileUpload, 'phase' | 'error'>): boolean {
  return phase === 'failed' && !refusedForGood.has(error?.code ?? '');
}

/** Files that are to go with the next message of each conversation, on their way or already there. */
export class Attachments {
  readonly #files: Files;
  readonly #byId = new Map<ConversationId, Store<readonly FileUpload[]>>();
  readonly #queued = new Map<ConversationId, Store<(() => void) | undefined>>();
  readonly #off: Unsubscribe;

  constructor(files: Files) {
    this.#files = files;
    this.#off = files.onChange((changed) => {
      for (const store of this.#byId.values()) if (store.value.includes(changed)) store.set([...store.value]);
    });
  }

  of(id: ConversationId): Store<readonly FileUpload[]> {
    let store = this.#byId.get(id);
    if (store === undefined) {
      store = new Store<readonly FileUpload[]>([]);
      store.on((uploads) => this.#settle(id, uploads));
      this.#byId.set(id, store);
    }
    return store;
  }

  /** How a message is sent that waits for its files. */
  queuedOf(id: ConversationId): Store<(() => void) | undefined> {
    const store = this.#queued.get(id) ?? new Store<(() => void) | undefined>(undefined);
    this.#queued.set(id, store);
    return store;
  }

  /** There is something that has not been sent. */
  get hasAny(): boolean {
    return [...this.#byId.values()].some(({ value }) => value.length > 0);
  }

  /**
   * Begins to upload.
   *
   * @param most files of one message
   * @returns whether there was room for all of them
   */
  async add(id: ConversationId, files: readonly File[], most: number): Promise<boolean> {
    const store = this.of(id);
    const taken = files.slice(0, Math.max(0, most - store.value.length));
    for (const file of taken) {
      const upload = await this.#files.upload(file);
      store.set([...store.value, upload]);
    }
    return taken.length === files.length;
  }

  /** Takes one away; what was uploaded of it is deleted. */
  remove(id: ConversationId, upload: FileUpload): void {
    const store = this.of(id);
    store.set(store.value.filter((each) => each !== upload));
    if (upload.phase !== 'done') upload.cancel();
    // What is not heard of is deleted by itself after a while.
    else this.#files.remove(upload.fileId).catch(() => undefined);
  }

  /** Hands over what goes with the message that is sent now. */
  take(id: ConversationId): readonly FileRef[] | undefined {
    const store = this.of(id);
    const refs = store.value.map(({ ref }) => ref).filter((ref) => ref !== undefined);
    store.set([]);
    return refs.length === 0 ? undefined : refs;
  }

  /** Sends what waits when all is there; what has failed is for its author to decide. */
  #settle(id: ConversationId, uploads: readonly FileUpload[]): void {
    const queued = this.queuedOf(id);
    const send = queued.value;
    if (send === undefined) return;
    const isUploaded = uploads.every(({ phase }) => phase === 'done');
    if (!isUploaded && !uploads.some(({ phase }) => phase === 'failed')) return;
    queued.set(undefined);
    if (isUploaded) send();
  }

  close(): void {
    this.#off();
    this.#files.close();
  }
}
