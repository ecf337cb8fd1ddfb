import { UCError } from '#shared/protocol/errors.ts';
import type { Params, Result } from '#shared/protocol/index.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { TokenBucket } from '#shared/runtime/token-bucket.ts';
import { fragment, type Session, type SessionTable } from '#ucserver/gateway/index.ts';
import type { Access } from '../access.ts';
import type { DraftRepository } from './repository.ts';

/** A client tells of a draft once a second while one writes; a page that is opened anew tells of several. */
const rate = { perSecond: 2, burst: 20 };
/** Clocks of clients may differ by this much; a draft from further ahead would stand for too long. */
const aheadMs = 60_000;

export interface DraftServiceOptions {
  readonly access: Pick<Access, 'members' | 'reading' | 'isIn'>;
  readonly repository: DraftRepository;
  readonly sessions: Pick<SessionTable, 'ofUser'>;
  /** Drafts that are kept of one person. */
  readonly most: () => number;
  readonly clock: Clock;
}

/** What people have begun to write, kept for all their devices. */
export class DraftService {
  readonly #options: DraftServiceOptions;
  readonly #buckets = new WeakMap<Session, TokenBucket>();

  constructor(options: DraftServiceOptions) {
    this.#options = options;
  }

  /**
   * Keeps a draft, or takes one back, which is possible in conversations that were left too.
   *
   * @throws UCError `NOT_FOUND` also for conversations of others, `RATE_LIMITED`, `STORAGE_UNAVAILABLE`
   */
  async set(session: Session, { version, ...draft }: Params<'chat.setDraft'>): Promise<Result<'chat.setDraft'>> {
    const { access, repository, sessions, most, clock } = this.#options;
    this.#checkRate(session);
    if (draft.text === '') await access.reading(draft.conversationId, session.userId);
    else await access.members(draft.conversationId, session.userId);
    const written = { ...draft, version: Math.min(version, clock.wallMs() + aheadMs) };
    const inForce = await repository.set(session.userId, written, most());
    if (inForce.version !== written.version) return inForce;
    const told = fragment('chat.draft', inForce);
    const key = `chat.draft/${inForce.conversationId}`;
    // All sessions of a user are on this server, their owner.
    for (const other of sessions.ofUser(session.userId)) if (other !== session) other.push(told, key);
    return inForce;
  }

  /** Those in conversations that were left are passed over, so a page may hold fewer than asked for. @throws UCError `STORAGE_UNAVAILABLE` */
  async list({ userId }: Session, { cursor, limit }: Params<'chat.drafts'>): Promise<Result<'chat.drafts'>> {
    const { access, repository } = this.#options;
    const found = await repository.page(userId, cursor ?? '', limit + 1);
    const page = found.slice(0, limit);
    const drafts = page.filter(({ conversationId }) => access.isIn(conversationId, userId));
    return found.length > limit ? { drafts, nextCursor: page.at(-1)?.conversationId } : { drafts };
  }

  #checkRate(session: Session): void {
    const nowMs = this.#options.clock.monotonicMs();
    let bucket = this.#buckets.get(session);
    if (bucket === undefined) {
      bucket = new TokenBucket(rate, nowMs);
      this.#buckets.set(session, bucket);
    }
    const waitMs = bucket.take(rate, nowMs);
    if (waitMs > 0) throw new UCError('RATE_LIMITED', undefined, { retryAfterMs: Math.min(waitMs, 10_000) });
  }
}
