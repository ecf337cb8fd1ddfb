import type { Headers } from '../message/message.ts';
import { Headers as HeaderList } from '../message/message.ts';
import type { ListenerAddress } from '../transport/flow.ts';
import type { Draft } from './command.ts';
import { sentBy } from './context.ts';

/** What an application never decides: they come from the transaction, the dialog or the writer. */
const ownedByStack = ['Via', 'Content-Length', 'From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Record-Route', 'RSeq'];
/** Where `localhost` stands for the listener. */
const localized = ['From', 'To', 'Contact', 'P-Asserted-Identity'];

/** `@localhost` and a bare `localhost` as host of a URI become the address of the listener. */
export function localize(value: string, listener: ListenerAddress): string {
  return value.replace(/(sips?:(?:[^@\s<>"]*@)?)localhost(?=[;>?\s,]|$)/gi, `$1${sentBy(listener)}`);
}

/** Adds the headers of a draft that are the application's to choose. */
export function addDraftHeaders(to: Headers, draft: Draft, listener: ListenerAddress, alsoOwned: readonly string[] = []): void {
  for (const [name, value] of draft.headers.entries()) {
    if (ownedByStack.includes(name) || alsoOwned.includes(name)) continue;
    to.add(name, localized.includes(name) ? localize(value, listener) : value);
  }
  if (draft.body.startsWith('v=0') && !to.has('Content-Type')) to.add('Content-Type', 'application/sdp');
}

/** Whether a body comes without saying what it is. */
export function lacksContentType(draft: Draft): boolean {
  return draft.body !== '' && !draft.body.startsWith('v=0') && !draft.headers.has('Content-Type');
}

/** The same headers with one more on top. */
export function withVia(headers: Headers, via: string): Headers {
  const all = new HeaderList();
  all.add('Via', via);
  for (const [name, value] of headers.entries()) all.add(name, value);
  return all;
}

/** Whether a list header (`Supported`, `Require`) names this option, in any case. */
export function names(headers: Headers, header: string, option: string): boolean {
  return headers
    .all(header)
    .flatMap((value) => value.split(','))
    .some((each) => each.trim().toLowerCase() === option);
}
