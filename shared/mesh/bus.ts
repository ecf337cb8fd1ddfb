/**
 * What carries bytes between servers. Delivery is at most once and in order per publisher and channel; the mesh above it numbers,
 * signs and repairs. Implementations: Redis publish/subscribe, memory; a direct link can become another.
 */
export interface Bus {
  /** `up` while connected and subscribed to everything asked for. */
  readonly state: 'up' | 'down';
  /** Begins to connect and goes on trying for ever. */
  open(): void;
  /** Receives what is published on this channel, now or as soon as the bus is up, until the returned function is called. */
  subscribe(channel: string, receive: (bytes: Buffer) => void): () => void;
  /**
   * @returns how many listen there: 0 means that nobody got it.
   * @throws when the bus is down or breaks meanwhile: it may or may not have arrived.
   */
  publish(channel: string, bytes: Buffer): Promise<number>;
  /** Throws the connection away and builds a new one: it seems open but nothing comes through. */
  rebuild(): void;
  onState(listener: (state: 'up' | 'down') => void): () => void;
  close(): void;
}
