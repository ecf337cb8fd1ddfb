import { type ChatLog, isBehind, lastSeq, withEarlier, withEntries, withHead, withNewest } from './chat-log.ts';
import type { Client } from './client.ts';
import type { Entry, UserId } from './types.ts';

/** A page of history, in entries. */
const pageSize = 50;
/** Missing more than this, a client reads the newest page and lets the person scroll for the rest. */
const mostRepaired = 600;
/** The most that is asked for at once. */
const largestPage = 200;

export interface LogReaderOptions {
  readonly client: Client;
  readonly self: UserId;
  readonly log: () => ChatLog;
  readonly onLog: (log: ChatLog) => void;
  /** Entries that were missing behind those held, in order. */
  readonly onMissed: (entries: readonly Entry[]) => void;
}

/** Reads what the log of one conversation lacks: older pages, what lies in a gap, what is newer. */
export class LogReader {
  readonly #options: LogReaderOptions;
  #repairing: Promise<void> | undefined;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /** Makes sure the newest entries are here. @throws UCError */
  async newest(): Promise<void> {
    const log = this.#options.log();
    if (log.entries.length === 0 && log.head > 0) await this.#readNewest();
    else if (isBehind(log)) await this.repair();
    if (this.#options.log().entries.length < pageSize / 2) await this.earlier();
  }

  /** One page of older entries; nothing when there are none. @throws UCError */
  async earlier(limit = pageSize): Promise<void> {
    const { client, log, onLog } = this.#options;
    const { conversationId, generation, entries: held, complete } = log();
    const before = held[0]?.seq;
    if (complete || before === undefined) return;
    const { entries, head, more } = await client.call('chat.history', { conversationId, before, limit });
    if (head.generation === generation) onLog(withEarlier(log(), entries, more));
    else await this.take(withHead(log(), head));
  }

  /** Everything down to a number, as far as this user may see it. @throws UCError */
  async downTo(seq: number): Promise<void> {
    const { log } = this.#options;
    for (let first = log().entries[0]?.seq; first !== undefined && first > seq && !log().complete; ) {
      await this.earlier(Math.min(largestPage, first - seq + pageSize));
      const now = log().entries[0]?.seq;
      // A restored database begins anew.
      if (now === first) return;
      first = now;
    }
  }

  /** What is behind the newest entry held. @throws UCError */
  async after(): Promise<void> {
    const { client, log, self } = this.#options;
    const params = { conversationId: log().conversationId, after: lastSeq(log()), limit: largestPage };
    const { entries, head } = await client.call('chat.history', params);
    await this.take(withEntries(withHead(log(), head), entries, self));
  }

  /** Takes a newer log over and fetches what it lacks. */
  async take(log: ChatLog): Promise<void> {
    this.#options.onLog(log);
    // Where nothing had been written before, everything is missing.
    if (isBehind(log) && (log.entries.length > 0 || log.complete)) await this.repair();
  }

  /** Fetches what is missing behind the newest entry held; one at a time. A failure is tried again with the next news. */
  repair(): Promise<void> {
    this.#repairing ??= this.#fetchMissing().finally(() => {
      this.#repairing = undefined;
    });
    return this.#repairing.catch(() => undefined);
  }

  async #fetchMissing(): Promise<void> {
    const { client, self, log, onLog, onMissed } = this.#options;
    while (isBehind(log())) {
      const isUnread = log().entries.length === 0 && !log().complete;
      if (isUnread || log().head - lastSeq(log()) > mostRepaired) return this.#readNewest();
      const after = lastSeq(log());
      const params = { conversationId: log().conversationId, after, limit: largestPage };
      const { entries, head } = await client.call('chat.history', params);
      if (head.generation !== log().generation) {
        onLog(withHead(log(), head));
        continue;
      }
      // Some may have come another way meanwhile, with the listing of a new session for example.
      const held = lastSeq(log());
      const filled = withEntries(log(), entries, self);
      if (lastSeq(filled) === after) return;
      const heard = entries.filter(({ seq }) => seq > held);
      onLog(filled);
      onMissed(heard);
    }
  }

  async #readNewest(): Promise<void> {
    const { client, log, onLog } = this.#options;
    const { conversationId } = log();
    const { entries, head, more } = await client.call('chat.history', { conversationId, limit: pageSize });
    onLog(withNewest(log(), entries, head, more));
    // What arrived while the page was being read may lie beyond a gap.
    if (isBehind(log()) && lastSeq(log()) > 0) await this.#fetchMissing();
  }
}
