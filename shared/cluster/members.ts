import { type Incarnation, type IncarnationId, incarnationId, parseIncarnation, type ServerId } from '../ids.ts';
import type { Unsubscribe } from '../mesh/mesh-port.ts';
import type { MemberRecord, Tombstone } from '../redis/records.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { tombstoneStayMs } from './board.ts';
import type { Member, Members, ProbeResult } from './cluster-port.ts';

/** Silence of a server after which it is suspected and probed. */
export const suspectAfterMs = 1_500;
/** How long one attempt of a probe may take, and how many there are. */
export const probeAttemptMs = 250;
const probeAttempts = 2;
/** How often a suspected server that answers probes is probed again, and any server while our own bus is down. */
const probeAgainMs = 500;
const lookPeriodMs = 100;
/** A server whose heartbeat came more recently than this is not gone, whatever its mesh address says. */
const beatOverdueMs = 750;

/** What the mesh address of a server says; `buried` is about the incarnation the question was asked for. */
export type AliveAnswer = { readonly incarnation: IncarnationId; readonly buried: boolean } | 'refused' | 'silent';

export interface MemberTableOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asks a mesh address who lives there. */
  readonly alive: (meshUrl: string, timeoutMs: number) => Promise<AliveAnswer>;
  /** Whether our own heartbeat and self-ping succeeded in the last second: only then silence means something. */
  readonly mayJudge: () => boolean;
  readonly busUp: () => boolean;
  /** A peer said whether we ourselves are buried; asked before this own monotonic time. */
  readonly onVerdict: (buried: boolean, askedMs: number) => void;
  /** This incarnation is dead for good, whether it was ever known here or not. */
  readonly onTombstone: (incarnation: Incarnation) => void;
  /** A record of a dead incarnation still stands in Redis: nobody has finished clearing up after it. */
  readonly onLeftover: (incarnation: Incarnation, tombstone: Tombstone) => void;
}

interface Entry {
  member: Member;
  /** Own monotonic time since the counter of its heartbeats last changed, or since silence means something again. */
  changedMs: number;
  refused: boolean;
  probedMs: number;
  probing: Promise<ProbeResult> | undefined;
}

/** Who lives, judged by what this server hears and by nobody's clock but its own. */
export class MemberTable implements Members {
  readonly #options: MemberTableOptions;
  readonly #entries = new Map<ServerId, Entry>();
  readonly #tombstones = new Map<IncarnationId, { readonly tombstone: Tombstone; readonly sinceMs: number }>();
  readonly #lives = new Map<ServerId, number>();
  readonly #joined = new Set<(member: Member) => void>();
  readonly #changed = new Set<(member: Member) => void>();
  readonly #lost = new Set<(incarnation: Incarnation, tombstone: Tombstone) => void>();
  #self: Member | undefined;
  #timer: Timer | undefined;
  #lookedMs = 0;

  constructor(options: MemberTableOptions) {
    this.#options = options;
  }

  start(): void {
    this.#lookedMs = this.#options.clock.monotonicMs();
    this.#timer = this.#options.clock.every(lookPeriodMs, () => this.#look());
  }

  stop(): void {
    this.#timer?.stop();
  }

  /** What we last told of ourselves. */
  setSelf(record: MemberRecord): void {
    const nowMs = this.#options.clock.monotonicMs();
    const { serverId, life } = record;
    const same = this.#self?.life === life ? this.#self : undefined;
    const busUp = this.#options.busUp();
    this.#self = {
      ...record,
      incarnation: { serverId, life },
      suspected: !busUp,
      sinceMs: same?.sinceMs ?? nowMs,
      healthySinceMs: busUp ? (same?.healthySinceMs ?? nowMs) : undefined,
    };
    this.#lives.set(serverId, life);
  }

  all(): readonly Member[] {
    const others = [...this.#entries.values()].map(({ member }) => member);
    return this.#self === undefined ? others : [this.#self, ...others];
  }

  get(serverId: ServerId): Member | undefined {
    return serverId === this.#self?.serverId ? this.#self : this.#entries.get(serverId)?.member;
  }

  isLive({ serverId, life }: Incarnation): boolean {
    return this.get(serverId)?.life === life;
  }

  isBuried(incarnation: Incarnation): boolean {
    return this.#tombstones.has(incarnationId(incarnation));
  }

  /** The dead we know of. */
  get tombstones(): readonly Tombstone[] {
    return [...this.#tombstones.values()].map(({ tombstone }) => tombstone);
  }

  /** The highest life of each server we know of. */
  get lives(): ReadonlyMap<ServerId, number> {
    return this.#lives;
  }

  onJoined(listener: (member: Member) => void): Unsubscribe {
    this.#joined.add(listener);
    return () => this.#joined.delete(listener);
  }

  onChanged(listener: (member: Member) => void): Unsubscribe {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  }

  onLost(listener: (incarnation: Incarnation, tombstone: Tombstone) => void): Unsubscribe {
    this.#lost.add(listener);
    return () => this.#lost.delete(listener);
  }

  /** A heartbeat, told or read. */
  heard(record: MemberRecord): void {
    const { serverId, life } = record;
    const incarnation = { serverId, life };
    const grave = this.#tombstones.get(incarnationId(incarnation));
    if (serverId === this.#self?.serverId && life >= this.#self.life) return;
    if (grave !== undefined) {
      this.#options.onLeftover(incarnation, grave.tombstone);
      return;
    }
    if (life < (this.#lives.get(serverId) ?? 0)) {
      this.bury(incarnation, 'restarted');
      return;
    }
    this.#lives.set(serverId, life);
    const before = this.#entries.get(serverId)?.member;
    if (before !== undefined && before.life < life) this.bury(before.incarnation, 'restarted');
    const known = this.#entries.get(serverId);
    if (known === undefined) this.#join(record);
    else if (record.beat > known.member.beat) this.#beat(known, record);
  }

  /** This incarnation is dead, as judged here or told by another server. */
  bury(incarnation: Incarnation, reason: Tombstone['reason'], by?: IncarnationId): void {
    const id = incarnationId(incarnation);
    if (this.#tombstones.has(id)) return;
    const self = this.#self === undefined ? id : incarnationId(this.#self.incarnation);
    const tombstone: Tombstone = { incarnation: id, by: by ?? self, reason };
    this.#remember(incarnation, tombstone);
    if (this.#entries.get(incarnation.serverId)?.member.life === incarnation.life) this.#entries.delete(incarnation.serverId);
    this.#options.logger.warn('A server is lost', { incarnation: id, reason });
    for (const listener of this.#lost) listener(incarnation, tombstone);
  }

  /** Tombstones that stand in Redis. Deaths of servers that are not known as living are only remembered. */
  learn(tombstones: Iterable<Tombstone>): void {
    for (const tombstone of tombstones) {
      const dead = parseIncarnation(tombstone.incarnation);
      if (this.#entries.get(dead.serverId)?.member.life === dead.life) this.bury(dead, tombstone.reason, tombstone.by);
      else this.#remember(dead, tombstone);
    }
  }

  /** The bus is back: what was not heard meanwhile proves nothing. */
  restartClocks(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const entry of this.#entries.values()) entry.changedMs = nowMs;
  }

  /** The bus went down: what others do is not known any more. */
  suspectAll(): void {
    for (const entry of this.#entries.values()) this.#suspect(entry);
  }

  async probe(serverId: ServerId): Promise<ProbeResult> {
    if (serverId === this.#self?.serverId) return 'alive';
    const entry = this.#entries.get(serverId);
    return entry === undefined ? 'refused' : this.#probe(entry);
  }

  /** Whether this very incarnation answers at its mesh address. */
  async livesAt({ serverId, life, meshUrl }: MemberRecord): Promise<boolean> {
    const answer = await this.#options.alive(meshUrl, probeAttemptMs);
    return typeof answer === 'object' && answer.incarnation === incarnationId({ serverId, life });
  }

  #remember(dead: Incarnation, tombstone: Tombstone): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [id, { sinceMs }] of this.#tombstones) if (nowMs - sinceMs > tombstoneStayMs) this.#tombstones.delete(id);
    if (!this.#tombstones.has(tombstone.incarnation)) this.#tombstones.set(tombstone.incarnation, { tombstone, sinceMs: nowMs });
    this.#lives.set(dead.serverId, Math.max(dead.life, this.#lives.get(dead.serverId) ?? 0));
    this.#options.onTombstone(dead);
  }

  #join(record: MemberRecord): void {
    const nowMs = this.#options.clock.monotonicMs();
    const { serverId, life } = record;
    const member: Member = {
      ...record,
      incarnation: { serverId, life },
      suspected: false,
      sinceMs: nowMs,
      healthySinceMs: nowMs,
    };
    this.#entries.set(serverId, { member, changedMs: nowMs, refused: false, probedMs: 0, probing: undefined });
    this.#options.logger.info('A server is here', { serverId, life, url: record.url });
    for (const listener of this.#joined) listener(member);
  }

  #beat(entry: Entry, record: MemberRecord): void {
    const nowMs = this.#options.clock.monotonicMs();
    const before = entry.member;
    entry.changedMs = nowMs;
    entry.refused = false;
    entry.member = { ...before, ...record, suspected: false, healthySinceMs: before.healthySinceMs ?? nowMs };
    const same = JSON.stringify({ ...entry.member, beat: 0 }) === JSON.stringify({ ...before, beat: 0 });
    if (!same) this.#tell(entry.member);
  }

  #tell(member: Member): void {
    for (const listener of this.#changed) listener(member);
  }

  #suspect(entry: Entry): void {
    if (entry.member.suspected) return;
    entry.member = { ...entry.member, suspected: true, healthySinceMs: undefined };
    this.#tell(entry.member);
  }

  #look(): void {
    const { clock, busUp, mayJudge } = this.#options;
    const nowMs = clock.monotonicMs();
    const pausedMs = nowMs - this.#lookedMs - lookPeriodMs;
    this.#lookedMs = nowMs;
    // During a pause of our own nothing was read: it is not silence of the others.
    if (pausedMs > lookPeriodMs) for (const entry of this.#entries.values()) entry.changedMs += pausedMs;
    for (const entry of this.#entries.values()) {
      const silenceMs = nowMs - entry.changedMs;
      if (entry.refused && (silenceMs > beatOverdueMs || !busUp())) this.bury(entry.member.incarnation, 'refused');
      else if (!busUp()) this.#probeNowAndThen(entry, nowMs);
      else if (silenceMs > suspectAfterMs && mayJudge()) {
        this.#suspect(entry);
        this.#probeNowAndThen(entry, nowMs);
      }
    }
  }

  #probeNowAndThen(entry: Entry, nowMs: number): void {
    if (entry.probing === undefined && nowMs - entry.probedMs >= (entry.probedMs < entry.changedMs ? 0 : probeAgainMs))
      void this.#probe(entry);
  }

  #probe(entry: Entry): Promise<ProbeResult> {
    entry.probing ??= this.#probeOnce(entry).finally(() => {
      entry.probing = undefined;
    });
    return entry.probing;
  }

  async #probeOnce(entry: Entry): Promise<ProbeResult> {
    const { clock, alive, onVerdict, mayJudge, busUp } = this.#options;
    const id = incarnationId(entry.member.incarnation);
    entry.probedMs = clock.monotonicMs();
    for (let attempt = 0; attempt < probeAttempts; attempt++) {
      const askedMs = clock.monotonicMs();
      const answer = await alive(entry.member.meshUrl, probeAttemptMs);
      if (answer === 'silent') {
        // A broken connection is told at once; the attempt still gets its time.
        await this.#pause(askedMs + probeAttemptMs - clock.monotonicMs());
        continue;
      }
      if (answer === 'refused' || answer.incarnation !== id) {
        // Counts at the next look: at once, unless its heartbeats say otherwise.
        entry.refused = true;
        return 'refused';
      }
      onVerdict(answer.buried, askedMs);
      return 'alive';
    }
    const silent = clock.monotonicMs() - entry.changedMs > suspectAfterMs;
    if (this.#entries.get(entry.member.serverId) === entry && silent && busUp() && mayJudge())
      this.bury(entry.member.incarnation, 'silent');
    return 'silent';
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.clock.after(Math.max(0, ms), resolve));
  }
}
