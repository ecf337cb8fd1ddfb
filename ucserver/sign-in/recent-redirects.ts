import type { ServerId } from '#shared/ids.ts';

/** How many users were sent to each server lately; until its own load tells of them, they count as its load. */
export class RecentRedirects {
  readonly #sent = new Map<ServerId, number[]>();
  readonly #forMs: number;

  constructor(forMs: number) {
    this.#forMs = forMs;
  }

  add(server: ServerId, nowMs: number): void {
    const sent = this.#recent(server, nowMs);
    sent.push(nowMs);
    this.#sent.set(server, sent);
  }

  count(server: ServerId, nowMs: number): number {
    return this.#recent(server, nowMs).length;
  }

  #recent(server: ServerId, nowMs: number): number[] {
    const sent = this.#sent.get(server) ?? [];
    const first = sent.findIndex((atMs) => atMs > nowMs - this.#forMs);
    sent.splice(0, first < 0 ? sent.length : first);
    return sent;
  }
}
