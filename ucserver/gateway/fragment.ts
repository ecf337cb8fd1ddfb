import type * as z from 'zod';
import type { EventFields, EventName } from '#shared/protocol/index.ts';

/** One event object, serialised: `{"event":"…",…}`. Made once, however many connections it goes to. */
export type Fragment = string & z.$brand<'Fragment'>;

/** Serialises an event. The types promise its shape; it is not validated again at run time. */
export function fragment<E extends EventName>(event: E, fields: EventFields<E>): Fragment {
  const rest = JSON.stringify(fields);
  return (rest === '{}' ? `{"event":"${event}"}` : `{"event":"${event}",${rest.slice(1)}`) as Fragment;
}
