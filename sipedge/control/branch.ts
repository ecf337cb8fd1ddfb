import { randomUUID } from 'node:crypto';
import type { SipMessage } from '../message/message.ts';
import { type Flow, viaTransport } from '../transport/flow.ts';
import { sentBy } from './context.ts';

/** A new branch, which names one client transaction (RFC 3261 8.1.1.7). */
export function newBranch(): string {
  return `z9hG4bK${randomUUID()}`;
}

/** The Via of a request of ours. */
export function viaOf(flow: Flow, branch: string): string {
  return `SIP/2.0/${viaTransport(flow.protocol)} ${sentBy(flow.listener)};rport;branch=${branch}`;
}

/** The branch of a request of ours. */
export function branchOf({ headers }: SipMessage): string {
  return /;branch=([^;]+)/.exec(headers.get('Via') ?? '')?.[1] ?? '';
}
