import {
  type ClientClock,
  type ClientTimer,
  Emitter,
  type FileId,
  type FileState,
  type Files,
  NoServerAnswered,
  UCError,
  type Unsubscribe,
} from '#web/api/index.ts';

/** Files that are asked about at once. */
const mostAsked = 50;
/** Those that come within so long are asked about together, ms. */
const gatherMs = 20;
/** A file that is being scanned is asked about again after so long, ms. */
const againMs = 3_000;

/** Whether the files that are shown can be had, asked in few requests; a file that is being scanned is asked about again. */
export class FileStates {
  readonly #files: Files;
  readonly #states = new Map<FileId, FileState>();
  readonly #shown = new Map<FileId, number>();
  readonly #changes = new Emitter<void>();
  readonly #clock: ClientClock;
  #asking: ClientTimer | undefined;

  constructor(files: Files, clock: ClientClock) {
    this.#files = files;
    this.#clock = clock;
  }

  /** `undefined` until it is known. */
  get(fileId: FileId): FileState | undefined {
    return this.#states.get(fileId);
  }

  /** Follows a file as long as something shows it. */
  watch(fileId: FileId, changed: () => void): Unsubscribe {
    this.#shown.set(fileId, (this.#shown.get(fileId) ?? 0) + 1);
    if (!this.#isSettled(fileId)) this.#askIn(gatherMs);
    const off = this.#changes.on(changed);
    return () => {
      off();
      const left = (this.#shown.get(fileId) ?? 1) - 1;
      if (left > 0) this.#shown.set(fileId, left);
      else this.#shown.delete(fileId);
    };
  }

  close(): void {
    this.#asking?.stop();
  }

  #isSettled(fileId: FileId): boolean {
    const state = this.#states.get(fileId);
    return state !== undefined && state !== 'scanning';
  }

  #askIn(delayMs: number): void {
    this.#asking ??= this.#clock.after(delayMs, () => {
      this.#asking = undefined;
      void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    const open = [...this.#shown.keys()].filter((fileId) => !this.#isSettled(fileId));
    if (open.length === 0) return;
    try {
      for (const [fileId, state] of await this.#files.states(open.slice(0, mostAsked))) this.#states.set(fileId, state);
      this.#changes.emit();
    } catch (error) {
      if (!(error instanceof UCError || error instanceof NoServerAnswered)) throw error;
    }
    if ([...this.#shown.keys()].some((fileId) => !this.#isSettled(fileId))) this.#askIn(againMs);
  }
}
