import type { IncarnationId, UserId } from '../ids.ts';

/** What stands under a key; `docs/redis-keys.md` is printed from it. */
export interface KeyDescription {
  readonly type: 'hash' | 'string' | 'set' | 'sorted set' | 'channel';
  /** Fields and values. "Signed" values are checked by their reader (see `records.ts`). */
  readonly value: string;
  readonly expiry: string;
  readonly meaning: string;
}

interface KeyDefinition<Args extends readonly string[]> extends KeyDescription {
  /** What follows `uc:<meshId>:`. The part in braces decides the slot: the keys of one script share it. */
  readonly suffix: (...args: Args) => string;
  /** The arguments as they appear in the docs. */
  readonly args: { readonly [I in keyof Args]: string };
}

function define<const Args extends readonly string[]>(
  args: { readonly [I in keyof Args]: string },
  suffix: (...args: Args) => string,
  description: KeyDescription,
): KeyDefinition<Args> {
  return { ...description, args, suffix };
}

/**
 * The whole key space. No other file spells a key. Every key is held by somebody: it expires, or it contains the incarnation
 * that holds it and is removed by the reaper of that incarnation; nothing is counted up and down.
 */
export const keySpace = {
  members: define([], () => '{cluster}:members', {
    type: 'hash',
    value: 'incarnation → signed member record (load, addresses, counter of heartbeats)',
    expiry: 'none; the reaper of an incarnation removes its field',
    meaning: 'The living servers. Written by every heartbeat.',
  }),
  lives: define([], () => '{cluster}:lives', {
    type: 'hash',
    value: 'server id → number of its last life',
    expiry: 'none',
    meaning: 'Keeps the lives of a server rising. Re-added from memory by every server after Redis was empty.',
  }),
  tombstones: define([], () => '{cluster}:tombstones', {
    type: 'hash',
    value: 'incarnation → "<until, Redis ms> <1 when cleared up, else 0> <signed tombstone>"',
    expiry: '24 h per field, pruned by each burial',
    meaning: 'Incarnations that are dead for good: their heartbeats are refused, their envelopes dropped.',
  }),
  reaper: define(['incarnation'], (lost: IncarnationId) => `{cluster}:reaper:${lost}`, {
    type: 'string',
    value: 'incarnation of the server that clears up after the lost one',
    expiry: '5 s, renewed while at work',
    meaning: 'One reaper per dead incarnation.',
  }),
  beats: define([], () => '{cluster}:beats', {
    type: 'channel',
    value: 'signed member record',
    expiry: '–',
    meaning: 'Every heartbeat, told at once.',
  }),
  inbox: define(['incarnation'], (receiver: IncarnationId) => `inbox:${receiver}`, {
    type: 'channel',
    value: 'signed envelope (see docs/mesh.md)',
    expiry: '–',
    meaning: 'What other servers send to this incarnation.',
  }),
  owners: define([], () => '{cluster}:owners', {
    type: 'hash',
    value: 'user id → signed owner record (term, owner incarnation)',
    expiry: 'none; the reaper of an incarnation removes what it owned',
    meaning: 'Index of who owns which user; rebuilt from the sessions themselves after a loss.',
  }),
  userState: define(['incarnation', 'userId'], (owner: IncarnationId, user: UserId) => `state:{${owner}}:${user}`, {
    type: 'string',
    value: 'signed state of the user, for the next owner only',
    expiry: '1 h, renewed with every write',
    meaning:
      'What an owner knows of a user beyond SQL: written before a state or note set by hand is acknowledged, else at most every 100 ms.',
  }),
  locations: define(['incarnation'], (host: IncarnationId) => `locations:{${host}}`, {
    type: 'hash',
    value: 'device id → signed record of its bindings at this server',
    expiry: '5 min, renewed every minute',
    meaning: 'Where SIP devices are; its next life reads what a server has left. Others know it from the mesh.',
  }),
  licenceSeats: define([], () => '{licensing}:seats', {
    type: 'hash',
    value: 'incarnation → signed record of the seats it holds and uses, by feature',
    expiry: 'none; the reaper of an incarnation removes its field',
    meaning: 'Whom to ask first for seats that nobody uses. What may be given stands in SQL.',
  }),
  pendingItems: define([], () => '{outbox}:items', {
    type: 'hash',
    value: '"<kind>/<key>/<id>" → "<place, 16 digits> <signed item>"',
    expiry: 'none; an item is removed when SQL was seen to hold it',
    meaning: 'What was acknowledged while SQL was away. Re-added from the spools of the servers after Redis lost it.',
  }),
  pendingOrder: define([], () => '{outbox}:order', {
    type: 'sorted set',
    value: '"<kind>/<key> <place, 16 digits> <id>", all scores 0, so in the order of lines, places and ids',
    expiry: 'none; goes with its item',
    meaning: 'In which order the pending items of each line go into SQL.',
  }),
  pendingAdded: define([], () => '{outbox}:added', {
    type: 'sorted set',
    value: '"<kind>/<key>/<id>" → number of its addition',
    expiry: 'none; goes with its item',
    meaning: 'What a server has not read yet.',
  }),
  pendingAdditions: define([], () => '{outbox}:additions', {
    type: 'string',
    value: 'how many items were added ever; only rises',
    expiry: 'none',
    meaning: 'Numbers the additions.',
  }),
  drainer: define([], () => '{outbox}:drainer', {
    type: 'string',
    value: 'incarnation of the server that brings pending items into SQL',
    expiry: '3 s, renewed while at work',
    meaning: 'Saves work; two drainers at once are harmless.',
  }),
  spoolsAdded: define([], () => '{outbox}:spools', {
    type: 'hash',
    value: 'server id → "<incarnation> <run id of the Redis that it added to>"',
    expiry: 'none; one field for each server',
    meaning: 'Which servers have added what is in their spools, so that nothing is drained before what belongs in front of it.',
  }),
} as const;

export type KeyName = keyof typeof keySpace;

/** Spells the keys of one mesh: `keys.inbox(incarnation)`. */
export type Keys = { readonly [Name in KeyName]: (...args: Parameters<(typeof keySpace)[Name]['suffix']>) => string };

/** @param meshId separates several meshes on one Redis; see `meshIdSchema`. */
export function createKeys(meshId: string): Keys {
  const prefix = `uc:${meshId}:`;
  const spelled = Object.entries(keySpace).map(([name, { suffix }]) => [
    name,
    (...args: string[]) => prefix + (suffix as (...args: string[]) => string)(...args),
  ]);
  return Object.fromEntries(spelled) as Keys;
}
