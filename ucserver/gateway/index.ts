export { ActResults } from './act-results.ts';
export { Dispatcher, type Handler, type RequestContext } from './dispatcher.ts';
export { type Fragment, fragment } from './fragment.ts';
export type { ClientLink, RequestTarget, SessionLink, SessionOpener } from './link.ts';
export { checkParams, methodNamed, refusal } from './request-check.ts';
export { ClientSession, type Device, type Session, type SessionIdentity } from './session.ts';
export { SessionTable } from './session-table.ts';
