import { change, first, type Steps } from './procedure.ts';
import type { Queries } from './queries.ts';

/** What only one server should do at a time. */
export interface Lease {
  readonly name: string;
  /** Who asks; nobody else's name. */
  readonly holder: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Until when it is held if nobody renews it. */
  readonly until: number;
}

/**
 * Part of a procedure: takes or renews a lease in the transaction of the work itself, so that of two servers one does the work and
 * the other does nothing. Clocks that differ only let it pass on a little earlier or later.
 *
 * @returns whether it is the holder's now
 */
export function* holdLease({ db }: Queries, { name, holder, now, until }: Lease): Steps<boolean> {
  const taken = yield* change(
    db
      .updateTable('leases')
      .set({ holder, held_until: until })
      .where('name', '=', name)
      .where(({ eb, or }) => or([eb('holder', '=', holder), eb('held_until', '<', now)])),
  );
  if (taken > 0) return true;
  const known = yield* first(db.selectFrom('leases').select('holder').where('name', '=', name));
  if (known !== undefined) return false;
  yield* change(db.insertInto('leases').values({ name, holder, held_until: until }));
  return true;
}
