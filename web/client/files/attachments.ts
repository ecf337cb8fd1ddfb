import { maxMessageFiles } from '#shared/protocol/files.ts';
import type { ConversationId, FileRef, Files, FileUpload, Unsubscribe } from '#web/api/index.ts';
import { Store } from '#web/ui/store.ts';

/** Files that are to go with the next message of each conversation, on their way or already there. */
export class Attachments {
  readonly #files: Files;
  readonly #byId = new Map<ConversationId, Store<readonly FileUpload[]>>();
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
      this.#byId.set(id, store);
    }
    return store;
  }

  /** There is something that has not been sent. */
  get hasAny(): boolean {
    return [...this.#byId.values()].some(({ value }) => value.length > 0);
  }

  /** Begins to upload. @returns whether there was room for all of them. */
  async add(id: ConversationId, files: readonly File[]): Promise<boolean> {
    const store = this.of(id);
    const taken = files.slice(0, Math.max(0, maxMessageFiles - store.value.length));
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

  close(): void {
    this.#off();
    this.#files.close();
  }
}
