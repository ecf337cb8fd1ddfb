import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { PreviewAnswer, Previews, PreviewTask } from './preview-task.ts';

export interface PreviewMakerOptions {
  /** Processes at once. */
  readonly mostProcesses: number;
  /** How long one picture may take, ms. */
  readonly limitMs: number;
  readonly mostPixels: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const program = fileURLToPath(new URL('./preview-process.ts', import.meta.url));
/** A process that has nothing to do for so long ends. */
const idleMs = 30_000;
/** Pictures that wait; whoever comes then gets no preview. */
const mostWaiting = 50;

interface Artist {
  readonly child: ChildProcess;
  idle: Timer | undefined;
}

/** Makes previews of pictures, each in a process that is ended when it takes too long. */
export class PreviewMaker {
  readonly #options: PreviewMakerOptions;
  readonly #idle: Artist[] = [];
  readonly #all = new Set<Artist>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #stopped = false;

  constructor(options: PreviewMakerOptions) {
    this.#options = options;
  }

  /** @returns `undefined` when none can be made: the picture is broken, too large, takes too long, or too many wait. */
  async make(bytes: Uint8Array): Promise<Previews | undefined> {
    if (this.#waiting.length >= mostWaiting || this.#stopped) return undefined;
    if (this.#running >= this.#options.mostProcesses) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
    try {
      return this.#stopped ? undefined : await this.#draw({ bytes, mostPixels: this.#options.mostPixels });
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** A picture is on its way: a process is there for it when it has come, which takes a second on a busy machine. */
  prepare(): void {
    if (this.#stopped || this.#all.size > this.#running) return;
    if (this.#all.size < this.#options.mostProcesses) this.#rest(this.#hire());
  }

  /** Ends all processes; what they were doing has no result. */
  stop(): void {
    this.#stopped = true;
    for (const artist of this.#all) this.#dismiss(artist);
  }

  async #draw(task: PreviewTask): Promise<Previews | undefined> {
    const artist = this.#idle.pop() ?? this.#hire();
    artist.idle?.stop();
    const answer = await this.#ask(artist, task);
    if ('refused' in answer) {
      this.#options.logger.info('A picture has no preview', { reason: answer.refused });
      return undefined;
    }
    return answer;
  }

  #ask(artist: Artist, task: PreviewTask): Promise<PreviewAnswer> {
    const { clock, limitMs } = this.#options;
    const { child } = artist;
    const { promise, resolve } = Promise.withResolvers<PreviewAnswer>();
    const end = (answer: PreviewAnswer, isFit: boolean) => {
      limit.stop();
      child.off('message', answered).off('exit', died);
      if (isFit) this.#rest(artist);
      else this.#dismiss(artist);
      resolve(answer);
    };
    const answered = (answer: unknown) => end(answer as PreviewAnswer, true);
    const died = () => end({ refused: 'the process that draws has died of it' }, false);
    const limit = clock.after(limitMs, () => end({ refused: `it takes longer than ${limitMs} ms` }, false));
    child.once('message', answered).once('exit', died);
    child.send(task, (error) => error !== null && died());
    return promise;
  }

  #hire(): Artist {
    const child = fork(program, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: ['--max-old-space-size=256'],
      env: {},
    });
    // What goes wrong with it is seen by whoever waits for its answer.
    child.on('error', (error) => this.#options.logger.warn('A process that makes previews has failed', { error }));
    const artist: Artist = { child, idle: undefined };
    this.#all.add(artist);
    return artist;
  }

  #rest(artist: Artist): void {
    artist.idle = this.#options.clock.after(idleMs, () => this.#dismiss(artist));
    this.#idle.push(artist);
  }

  #dismiss(artist: Artist): void {
    artist.idle?.stop();
    const index = this.#idle.indexOf(artist);
    if (index >= 0) this.#idle.splice(index, 1);
    this.#all.delete(artist);
    artist.child.kill('SIGKILL');
  }
}
