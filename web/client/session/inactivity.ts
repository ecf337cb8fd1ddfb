import type { Activity, Client } from '#web/api/index.ts';
import { Store } from '#web/ui/store.ts';

/** Where it comes from that the person is away from this device. */
export type InactivitySource = 'browser' | 'page';

/** The part of the Idle Detection API (WICG) that is used here; not all browsers have it. */
interface IdleDetector extends EventTarget {
  readonly userState: 'active' | 'idle' | null;
  readonly screenState: 'locked' | 'unlocked' | null;
  start(options: { threshold: number; signal: AbortSignal }): Promise<void>;
}
interface IdleDetectorClass {
  new (): IdleDetector;
  requestPermission(): Promise<'granted' | 'denied'>;
}

/** After this long without input the person counts as inactive here. */
const inactiveAfterMs = 5 * 60_000;
const inputs = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'focus'] as const;

/**
 * Tells the server whether the person is at this device: from the browser's idle detection where it is granted, which also
 * notices a locked screen; else from input in this page.
 */
export class InactivityWatch {
  readonly source = new Store<InactivitySource>('page');
  readonly #client: Client;
  #activity: Activity = 'active';
  #unsentText = false;
  #lastInputAt: number;
  #stopDetector: AbortController | undefined;

  constructor(client: Client) {
    this.#client = client;
    this.#lastInputAt = client.clock.monotonicMs();
    for (const input of inputs) addEventListener(input, () => this.#input(), { capture: true, passive: true });
    client.clock.every(10_000, () => this.#look());
  }

  /** The browser has idle detection. */
  get canDetect(): boolean {
    return detectorClass() !== undefined;
  }

  /** Uses idle detection if it was granted before. */
  async begin(): Promise<void> {
    if (!this.canDetect) return;
    const { state } = await navigator.permissions.query({ name: 'idle-detection' as PermissionName });
    if (state === 'granted') await this.#detect();
  }

  /** Asks the person; only in answer to a click. */
  async ask(): Promise<'granted' | 'denied'> {
    const answer = (await detectorClass()?.requestPermission()) ?? 'denied';
    if (answer === 'granted') await this.#detect();
    return answer;
  }

  setUnsentText(unsentText: boolean): void {
    this.#unsentText = unsentText;
    this.#tell();
  }

  async #detect(): Promise<void> {
    const Detector = detectorClass();
    if (!Detector || this.#stopDetector) return;
    const detector = new Detector();
    this.#stopDetector = new AbortController();
    detector.addEventListener('change', () => {
      if (detector.screenState === 'locked') this.#set('locked');
      else this.#set(detector.userState === 'idle' ? 'idle' : 'active');
    });
    await detector.start({ threshold: inactiveAfterMs, signal: this.#stopDetector.signal });
    this.source.set('browser');
  }

  #input(): void {
    this.#lastInputAt = this.#client.clock.monotonicMs();
    if (this.source.value === 'page') this.#set('active');
  }

  #look(): void {
    if (this.source.value === 'page' && this.#client.clock.monotonicMs() - this.#lastInputAt >= inactiveAfterMs)
      this.#set('idle');
  }

  #set(activity: Activity): void {
    this.#activity = activity;
    this.#tell();
  }

  #tell(): void {
    this.#client.setActivity(this.#activity, this.#unsentText);
  }
}

function detectorClass(): IdleDetectorClass | undefined {
  return (globalThis as { IdleDetector?: IdleDetectorClass }).IdleDetector;
}
