import type { Incarnation } from '#shared/ids.ts';

/** What a seat is named by: the user who is online, the call that is held. */
export type SeatName = string;

/** The seats one server may give, of one feature. A server has one block, under its highest life that has registered. */
export interface Block {
  readonly holder: Incarnation;
  readonly seats: number;
  /** The last request that was carried out; they rise within a life. */
  readonly request: number;
  /** When it is free again unless it is renewed, by the SQL clock (ms). */
  readonly freesAt: number;
}

/**
 * That a name has a seat of a holder. With `from`, the seat belongs to another block, which is smaller by it as long as the name uses
 * it: it serves this name only and goes back there afterwards.
 */
export interface NamedSeat {
  readonly name: SeatName;
  readonly holder: Incarnation;
  readonly from?: Incarnation | undefined;
}

/** What the ledger holds of one feature. */
export interface Ledger {
  readonly blocks: readonly Block[];
  readonly names: readonly NamedSeat[];
}

/** What a holder wants; the same request again is harmless, an older one after a newer one is refused. */
export interface LedgerRequest {
  readonly holder: Incarnation;
  readonly request: number;
  /** The holder knows nothing of what it held before: all its names go. */
  readonly anew: boolean;
  /** Own seats in all, absolute: less gives back. */
  readonly seats: number;
  /** Names that were given own seats. */
  readonly added: readonly SeatName[];
  /** Names that use their seats no more. */
  readonly removed: readonly SeatName[];
  /** Names whose seats shall come along from wherever they are. */
  readonly claimed: readonly SeatName[];
}

export type LedgerAnswer =
  /** A newer life of this server has registered: nothing is held any more. */
  | { readonly outcome: 'superseded' }
  | { readonly outcome: 'stale' }
  | {
      readonly outcome: 'held';
      /** Own seats, absolute. */
      readonly seats: number;
      /** Seats that came along, also from earlier requests. */
      readonly moved: readonly SeatName[];
      /** Names whose seats were taken along by others. */
      readonly lost: readonly SeatName[];
      /** Names among the added that others have recorded, and who. */
      readonly elsewhere: readonly NamedSeat[];
      readonly blocks: readonly Block[];
      /** Of all: in blocks and along with names. */
      readonly taken: number;
    };

export interface LedgerStep {
  readonly ledger: Ledger;
  readonly answer: LedgerAnswer;
}

const hourMs = 3_600_000;
/** A block is valid this long; its holder stops an hour earlier by its own clock, the ledger frees it an hour later by its own. */
export const blockValidMs = 24 * hourMs;
export const blockMarginMs = hourMs;

export function sameHolder(one: Incarnation, other: Incarnation): boolean {
  return one.serverId === other.serverId && one.life === other.life;
}

/** Frees the blocks that have ended, with the names of their holders. */
function freed({ blocks, names }: Ledger, now: number): Ledger {
  const gone = blocks.filter(({ freesAt }) => freesAt <= now);
  if (gone.length === 0) return { blocks, names };
  const isGone = (holder: Incarnation) => gone.some((block) => sameHolder(block.holder, holder));
  let kept: Block[] = blocks.filter((block) => !gone.includes(block));
  for (const { holder, from } of names) if (from !== undefined && isGone(holder)) kept = resized(kept, from, 1);
  return { blocks: kept, names: names.filter(({ holder }) => !isGone(holder)) };
}

/**
 * A new life takes the place of the one before: it may be the same process, whose people go on. What is along with names stays where
 * it is, so that nobody else gets it before this life has heard of it.
 */
function succeeded({ blocks, names }: Ledger, holder: Incarnation): Ledger {
  const before = blocks.find((block) => block.holder.serverId === holder.serverId)?.holder;
  if (before === undefined || before.life >= holder.life) return { blocks, names };
  const now = (other: Incarnation) => (sameHolder(other, before) ? holder : other);
  return {
    blocks: blocks.filter((block) => block.holder !== before),
    names: names.flatMap((seat) => {
      const { name, holder: has, from } = seat;
      if (from === undefined) return sameHolder(has, before) ? [] : [seat];
      return sameHolder(has, before) || sameHolder(from, before) ? [{ name, holder: now(has), from: now(from) }] : [seat];
    }),
  };
}

/** Seats go back to, or are taken from, a block; one that is not there any more gets nothing. */
function resized(blocks: readonly Block[], holder: Incarnation, by: number): Block[] {
  return blocks.map((block) => (sameHolder(block.holder, holder) ? { ...block, seats: block.seats + by } : block));
}

/**
 * One transaction of the ledger. It takes nothing from a holder that the holder has not given back: neither a smaller licence nor
 * suspicion makes a block smaller. What is taken along with a name serves that name only, so it does not matter whether its
 * former holder knows already.
 *
 * @param limit seats of the licence
 * @param now by the SQL clock (ms)
 */
export function planLedger(before: Ledger, asked: LedgerRequest, limit: number, now: number): LedgerStep {
  const { holder } = asked;
  const known = before.blocks.find((block) => block.holder.serverId === holder.serverId);
  if (known !== undefined && known.holder.life > holder.life) return { ledger: before, answer: { outcome: 'superseded' } };
  if (known !== undefined && sameHolder(known.holder, holder) && known.request > asked.request)
    return { ledger: before, answer: { outcome: 'stale' } };
  let { blocks, names } = succeeded(freed(before, now), holder);
  const own = blocks.find((block) => sameHolder(block.holder, holder));
  const freesAt = now + blockValidMs + blockMarginMs;
  blocks = [
    ...blocks.filter((block) => block !== own),
    { holder, seats: own?.seats ?? 0, request: asked.request, freesAt: Math.max(freesAt, own?.freesAt ?? 0) },
  ];
  if (asked.anew) names = names.filter((seat) => seat.from !== undefined || !sameHolder(seat.holder, holder));
  const seatOf = (name: SeatName) => names.find((seat) => seat.name === name);
  const without = (name: SeatName) => names.filter((seat) => seat.name !== name);
  for (const name of asked.removed) {
    const seat = seatOf(name);
    if (seat === undefined || !sameHolder(seat.holder, holder)) continue;
    names = without(name);
    if (seat.from !== undefined) blocks = resized(blocks, seat.from, 1);
  }
  for (const name of asked.added) {
    if (seatOf(name) === undefined) names = [...names, { name, holder }];
  }
  for (const name of asked.claimed) {
    const seat = seatOf(name);
    if (seat === undefined || seat.from !== undefined || sameHolder(seat.holder, holder)) continue;
    const source = blocks.find((block) => sameHolder(block.holder, seat.holder));
    if (source === undefined || source.seats < 1) continue;
    blocks = resized(blocks, seat.holder, -1);
    names = [...without(name), { name, holder, from: seat.holder }];
  }
  const along = names.filter(({ from }) => from !== undefined).length;
  const mine = blocks.find((block) => sameHolder(block.holder, holder))?.seats ?? 0;
  const others = blocks.reduce((sum, { seats }) => sum + seats, 0) - mine + along;
  const seats = asked.seats <= mine ? asked.seats : Math.max(mine, Math.min(asked.seats, limit - others));
  blocks = resized(blocks, holder, seats - mine);
  return {
    ledger: { blocks, names },
    answer: {
      outcome: 'held',
      seats,
      moved: names.filter((seat) => seat.from !== undefined && sameHolder(seat.holder, holder)).map(({ name }) => name),
      lost: names.filter(({ from }) => from !== undefined && sameHolder(from, holder)).map(({ name }) => name),
      elsewhere: asked.added.flatMap((name) => {
        const seat = seatOf(name);
        return seat !== undefined && !sameHolder(seat.holder, holder) ? [seat] : [];
      }),
      blocks,
      taken: others + seats,
    },
  };
}
