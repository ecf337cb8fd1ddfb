import type { HealthReporter } from '#shared/runtime/health.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { ControlAddress } from './edge-process.ts';
import { createSrf, disconnect, type Reconnection, type SrfApplication } from './srf.ts';

const longestPauseMs = 2_000;

/** The connection to the edge or the drachtio-server. It is made again by itself for as long as the server runs. */
export class SipConnection {
  /** Handlers are registered here, before {@link start}. */
  readonly application: SrfApplication = createSrf();
  readonly #logger: Logger;
  readonly #health: HealthReporter;
  readonly #reconnection: Reconnection = { retryMaxDelay: longestPauseMs };
  readonly #awayListeners = new Set<() => void>();
  readonly #connectedListeners = new Set<() => void>();
  #listeners: string | undefined;
  #isStopping = false;

  constructor(logger: Logger, health: HealthReporter) {
    this.#logger = logger;
    this.#health = health;
    this.application.on('connect', (error, listeners, version) => {
      if (error) {
        this.#away('it does not accept our secret');
        return;
      }
      this.#listeners = listeners;
      this.#health.up();
      this.#logger.info('phones can be reached', { listeners, version });
      for (const listener of this.#connectedListeners) listener();
    });
    this.application.on('error', (error) => this.#away(error.message));
    this.application.on('close', () => this.#away('the connection is closed'));
  }

  get isConnected(): boolean {
    return this.#listeners !== undefined;
  }

  /** Where the edge listens, as it says it itself; undefined while there is no connection. */
  get listeners(): string | undefined {
    return this.#listeners;
  }

  /** There is a connection, for the first time or again. Answers how to stop listening. */
  onConnected(listener: () => void): () => void {
    this.#connectedListeners.add(listener);
    return () => this.#connectedListeners.delete(listener);
  }

  /** There was a connection and it is gone. Answers how to stop listening. */
  onAway(listener: () => void): () => void {
    this.#awayListeners.add(listener);
    return () => this.#awayListeners.delete(listener);
  }

  start(address: ControlAddress): void {
    this.application.connect({ ...address, reconnect: this.#reconnection, enablePing: true, pingInterval: 15_000 });
  }

  stop(): void {
    this.#isStopping = true;
    disconnect(this.application, this.#reconnection);
  }

  #away(detail: string): void {
    const wasConnected = this.isConnected;
    this.#listeners = undefined;
    this.#health.away(detail);
    if (!wasConnected || this.#isStopping) return;
    this.#logger.warn('the SIP edge is away', { detail });
    for (const listener of this.#awayListeners) listener();
  }
}
