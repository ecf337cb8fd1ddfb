import type { Incarnation } from '../ids.ts';
import { UCError } from '../protocol/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { resyncPageRequest } from './contracts/resync.ts';
import type { Mesh, ResyncPage, ResyncSection, Unsubscribe } from './mesh-port.ts';
import type { Peer } from './peer.ts';

/** Most items of one page. */
export const pageSize = 200;
/** All must be right within 2 s after a loss, so one page that gets lost must not take longer than this. */
const pageDeadlineMs = 1_000;
const firstRetryMs = 100;
const longestRetryMs = 2_000;

type Section = ResyncSection<unknown>;

interface Run {
  /** Something was lost again while reading: read once more. */
  again: boolean;
  readonly done: Promise<void>;
}

export interface ResyncOptions {
  readonly mesh: Pick<Mesh, 'request' | 'handle'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether this peer is still there to be read from. */
  readonly isCurrent: (peer: Peer) => boolean;
  readonly onSynced: (peer: Incarnation) => void;
}

/** Reads from a peer again what events may have failed to tell: section by section, in pages, until it has succeeded. */
export class Resync {
  readonly #options: ResyncOptions;
  readonly #sections = new Map<string, Section>();
  readonly #runs = new Map<Peer, Run>();
  readonly #stopServing: Unsubscribe;

  constructor(options: ResyncOptions) {
    this.#options = options;
    this.#stopServing = options.mesh.handle(resyncPageRequest, ({ section, after, limit }, { from }) =>
      this.#serve(section, from, after, Math.min(limit, pageSize)),
    );
  }

  add<Item>(section: ResyncSection<Item>): Unsubscribe {
    if (this.#sections.has(section.name)) throw new Error(`There is a re-sync section ${section.name} already`);
    this.#sections.set(section.name, section as unknown as Section);
    return () => this.#sections.delete(section.name);
  }

  /** Resolves when everything was read from this peer after now, or it is gone. */
  run(peer: Peer): Promise<void> {
    const running = this.#runs.get(peer);
    if (running !== undefined) {
      running.again = true;
      return running.done;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#runs.set(peer, { again: false, done: promise });
    void this.#read(peer).finally(() => {
      this.#runs.delete(peer);
      resolve();
    });
    return promise;
  }

  stop(): void {
    this.#stopServing();
  }

  async #serve(name: string, asker: Incarnation, after: string | undefined, limit: number): Promise<ResyncPage<unknown>> {
    const section = this.#sections.get(name);
    if (section === undefined) throw new UCError('NOT_FOUND', `This server has no re-sync section ${name}`);
    return section.page(asker, after, limit);
  }

  async #read(peer: Peer): Promise<void> {
    const { isCurrent, onSynced, logger } = this.#options;
    let retryMs = firstRetryMs;
    while (isCurrent(peer)) {
      const run = this.#runs.get(peer);
      if (run !== undefined) run.again = false;
      try {
        for (const section of this.#sections.values()) await this.#readSection(section, peer);
        retryMs = firstRetryMs;
        if (run?.again || !isCurrent(peer)) continue;
        onSynced(peer.incarnation);
        return;
      } catch (error) {
        // That the peer does not answer is nothing unusual; anything else is a mistake in a section.
        logger[error instanceof UCError ? 'debug' : 'error']('Re-sync failed, it is tried again', {
          peer: peer.id,
          retryMs,
          error,
        });
        await this.#pause(retryMs * (0.5 + Math.random() / 2));
        retryMs = Math.min(2 * retryMs, longestRetryMs);
      }
    }
  }

  async #readSection(section: Section, peer: Peer): Promise<void> {
    const { isCurrent } = this.#options;
    section.begin?.(peer.incarnation);
    let limit = pageSize;
    let after: string | undefined;
    for (let more = true; more; ) {
      try {
        const page = await this.#readPage(section, peer, after, limit);
        if (!isCurrent(peer)) return;
        await section.apply(this.#understood(section, peer, page.items), peer.incarnation);
        after = page.next;
        more = after !== undefined;
      } catch (error) {
        const code = error instanceof UCError ? error.code : undefined;
        // The other server is older and has no such section: there is nothing to read.
        if (code === 'NOT_FOUND') break;
        if (code !== 'TOO_LARGE' || limit === 1) throw error;
        limit = Math.ceil(limit / 2);
      }
    }
    await section.end?.(peer.incarnation);
  }

  #readPage({ name }: Section, peer: Peer, after: string | undefined, limit: number): Promise<ResyncPage<unknown>> {
    const params = { section: name, after, limit };
    return this.#options.mesh.request(peer.incarnation.serverId, resyncPageRequest, params, { deadlineMs: pageDeadlineMs });
  }

  /** The items that fit the section's schema. */
  #understood(section: Section, peer: Peer, items: readonly unknown[]): unknown[] {
    const parsed = items.map((item) => section.item.safeParse(item));
    const strange = parsed.find(({ success }) => !success);
    if (strange) {
      this.#options.logger.warn('Re-sync brought items that do not fit', {
        section: section.name,
        peer: peer.id,
        error: strange.error,
      });
    }
    return parsed.filter(({ success }) => success).map(({ data }) => data);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.clock.after(ms, resolve));
  }
}
