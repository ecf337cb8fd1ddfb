import type { Dialog, Owner } from './dialog.ts';

/** All dialogs, by what stands in messages and by what the application knows them as. */
export class Dialogs {
  readonly #byTags = new Map<string, Dialog>();
  /** Answers of several phones to one INVITE make several dialogs of one id; the latest, or the confirmed one, has it. */
  readonly #byId = new Map<string, Dialog>();
  readonly #byOwner = new Map<Owner, Set<Dialog>>();

  get size(): number {
    return this.#byTags.size;
  }

  add(dialog: Dialog): void {
    this.#byTags.set(tagKey(dialog.callId, dialog.localTag, dialog.remoteTag), dialog);
    this.#byId.set(dialog.id, dialog);
    const owned = this.#byOwner.get(dialog.owner);
    if (owned === undefined) this.#byOwner.set(dialog.owner, new Set([dialog]));
    else owned.add(dialog);
  }

  /** It has the id from now on. */
  confirm(dialog: Dialog): void {
    dialog.isConfirmed = true;
    this.#byId.set(dialog.id, dialog);
  }

  remove(dialog: Dialog): void {
    dialog.end();
    const key = tagKey(dialog.callId, dialog.localTag, dialog.remoteTag);
    if (this.#byTags.get(key) === dialog) this.#byTags.delete(key);
    if (this.#byId.get(dialog.id) === dialog) this.#byId.delete(dialog.id);
    const owned = this.#byOwner.get(dialog.owner);
    owned?.delete(dialog);
    if (owned?.size === 0) this.#byOwner.delete(dialog.owner);
  }

  byId(id: string): Dialog | undefined {
    return this.#byId.get(id);
  }

  byTags(callId: string, localTag: string, remoteTag: string): Dialog | undefined {
    return this.#byTags.get(tagKey(callId, localTag, remoteTag));
  }

  ofOwner(owner: Owner): readonly Dialog[] {
    return [...(this.#byOwner.get(owner) ?? [])];
  }

  /** Forgets all. */
  stop(): void {
    for (const dialog of [...this.#byTags.values()]) this.remove(dialog);
  }
}

function tagKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId} ${localTag} ${remoteTag}`;
}
