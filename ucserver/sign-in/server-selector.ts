import type { ServerId } from '#shared/ids.ts';

/** A living server as a place for users. */
export interface Place {
  readonly id: ServerId;
  readonly users: number;
  /** Users over capacity. */
  readonly fill: number;
  readonly full: boolean;
  readonly draining: boolean;
  /** It is not heard, or nobody is. */
  readonly suspected: boolean;
}

/** Everything that decides where a client is served. */
export interface Situation {
  readonly self: ServerId;
  /** The living servers, self included. */
  readonly places: readonly Place[];
  readonly home: ServerId | undefined;
  /** Present owner of the user, if that is a living server. */
  readonly owner: ServerId | undefined;
  /** How often the client was redirected on its way here, proved by its ticket. */
  readonly hop: number;
  /** Servers the client could not open. */
  readonly unreachable: ReadonlySet<ServerId>;
  /** Users sent to a server lately who are not in its load yet. */
  readonly sentLately: (server: ServerId) => number;
  /** 0 ≤ random < 1. */
  readonly random: () => number;
}

export type Choice =
  /** Serve the client here, as owner. */
  | { readonly kind: 'accept' }
  | { readonly kind: 'redirect'; readonly to: ServerId }
  /** Hand the user, who is owned here, to that server and redirect. */
  | { readonly kind: 'move'; readonly to: ServerId }
  /** The owner may be dead: probe it. No answer: take the user if `takeIfSilent`, else redirect. An answer: redirect. */
  | { readonly kind: 'probe'; readonly owner: ServerId; readonly takeIfSilent: boolean }
  /** The client cannot be sent to the owner: probe it. No answer: take. An answer: ask for the user, else serve attached. */
  | { readonly kind: 'contest'; readonly owner: ServerId }
  /** Serve the client here for the owner. */
  | { readonly kind: 'attach'; readonly owner: ServerId }
  /** Nobody can take the client now. */
  | { readonly kind: 'busy' };

export const mostHops = 2;

/** Where a client is served: at the live owner, else at home, else at the better of two random servers. */
export function selectServer(situation: Situation): Choice {
  const { self, places, owner, hop, unreachable } = situation;
  const here = places.find(({ id }) => id === self);
  if (owner === self) {
    if (!here?.draining) return { kind: 'accept' };
    const to = pickPlace(situation);
    return to === undefined ? { kind: 'busy' } : { kind: 'move', to };
  }
  const there = owner === undefined ? undefined : places.find(({ id }) => id === owner);
  if (owner === undefined || !there) return selectForUnowned(situation, here);
  const canServe = here !== undefined && !here.draining;
  if (canServe && (unreachable.has(owner) || there.draining)) return { kind: 'contest', owner };
  if (canServe && hop >= mostHops) return { kind: 'attach', owner };
  if (hop >= mostHops || unreachable.has(owner)) return { kind: 'busy' };
  // Everybody is suspected while our own bus is down: then the user signs in where they are if the owner does not answer.
  if (there.suspected) return { kind: 'probe', owner, takeIfSilent: here?.suspected === true };
  return { kind: 'redirect', to: owner };
}

function selectForUnowned(situation: Situation, here: Place | undefined): Choice {
  const { self, places, home, hop, unreachable } = situation;
  const canServe = here !== undefined && !here.draining;
  if (canServe && hop >= mostHops) return { kind: 'accept' };
  const hasRoom = canServe && !here.full;
  // Who sent the client here has decided already; deciding again would send clients round in circles.
  if (hasRoom && (home === self || hop > 0)) return { kind: 'accept' };
  const homePlace = places.find(({ id }) => id === home);
  if (hop < mostHops && homePlace && homePlace.id !== self && isOpenPlace(homePlace) && !unreachable.has(homePlace.id)) {
    return { kind: 'redirect', to: homePlace.id };
  }
  const to = hop >= mostHops ? undefined : pickPlace(situation);
  if (to === undefined) return { kind: 'busy' };
  return to === self ? { kind: 'accept' } : { kind: 'redirect', to };
}

/** The better of two random servers that take users, by load and what was sent there lately; `undefined`: none does. */
export function pickPlace(situation: Omit<Situation, 'hop' | 'owner' | 'home'>): ServerId | undefined {
  const { self, places, unreachable, random } = situation;
  const open = places.filter(
    (place) => (place.id === self ? isRoomHere(place) : isOpenPlace(place)) && !unreachable.has(place.id),
  );
  const first = open.splice(Math.floor(random() * open.length), 1)[0];
  const second = open.splice(Math.floor(random() * open.length), 1)[0];
  if (!first || !second) return first?.id;
  return load(second, situation) < load(first, situation) ? second.id : first.id;
}

function isOpenPlace(place: Place): boolean {
  return isRoomHere(place) && !place.suspected;
}

/** Whether our own bus is up does not matter for what we serve ourselves. */
function isRoomHere({ full, draining }: Place): boolean {
  return !full && !draining;
}

/** Fill as it will be when those sent lately have arrived. */
function load({ id, users, fill }: Place, { sentLately }: Pick<Situation, 'sentLately'>): number {
  const capacity = users > 0 && fill > 0 ? users / fill : assumedCapacity;
  return fill + sentLately(id) / capacity;
}

/** Of a server that has no users yet and so does not show its capacity. */
const assumedCapacity = 10_000;
