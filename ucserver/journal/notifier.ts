import type { ServerId, UserId } from '#shared/ids.ts';
import type { EventOf } from '#shared/mesh/contract.ts';
import { journalRecorded } from '#shared/mesh/contracts/journal.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import { type KeptRow, toEntry } from './journal-plan.ts';

export interface NotifierOptions {
  readonly mesh: Pick<Mesh, 'send'>;
  readonly ownership: Pick<Ownership, 'owns' | 'ownerOf'>;
  /** What concerns people owned here. */
  readonly here: (userId: UserId, entry: string) => void;
}

type Told = EventOf<typeof journalRecorded>['told'][number];

/** Entries of one event: even the longest fit into an envelope. */
const toldAtOnce = 40;

/** Tells the servers on which people are signed in what came into their journals. */
export class Notifier {
  readonly #options: NotifierOptions;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  recorded(rows: readonly KeptRow[]): void {
    const { mesh, ownership, here } = this.#options;
    const byServer = new Map<ServerId, Told[]>();
    for (const row of rows) {
      const { userId } = row;
      const owner = ownership.ownerOf(userId);
      if (owner === undefined) continue;
      const entry = JSON.stringify(toEntry(row));
      if (ownership.owns(userId)) {
        here(userId, entry);
        continue;
      }
      const told = byServer.get(owner.incarnation.serverId) ?? [];
      told.push({ userId, entry });
      byServer.set(owner.incarnation.serverId, told);
    }
    for (const [server, told] of byServer) {
      for (let at = 0; at < told.length; at += toldAtOnce)
        mesh.send(server, journalRecorded, { told: told.slice(at, at + toldAtOnce) });
    }
  }
}
