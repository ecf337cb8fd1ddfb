import type { Dialog } from '../dialog/dialog.ts';
import { parseAddress } from '../message/address.ts';
import type { RequestLine, SipMessage } from '../message/message.ts';
import { parseSipUri, type SipUri } from '../message/uri.ts';
import { messageText } from '../message/writer.ts';
import type { Flow } from '../transport/flow.ts';
import { resolveTargets, type Target } from '../transport/resolver.ts';
import { newBranch, viaOf } from './branch.ts';
import type { EdgeContext } from './context.ts';
import { withVia } from './header-policy.ts';

/** Methods for which drachtio-server looks for a connection of the Contact; others go by the URI alone. */
const strictCached = ['INVITE', 'OPTIONS', 'NOTIFY', 'MESSAGE'];

/** Where a request goes: over a connection that exists, or to addresses, best first. */
export interface Way {
  readonly flow: Flow | undefined;
  readonly targets: readonly Target[];
}

/** Finds the way of a request outside a dialog. @throws Error with a text for the application when there is none */
export async function findWay(context: EdgeContext, method: string, uri: string, proxy: string | undefined): Promise<Way> {
  const { flows, strict, transports } = context;
  const cached = proxy === undefined && (!strict || strictCached.includes(method)) ? flows.find(uri) : undefined;
  if (cached !== undefined) return { flow: cached, targets: [] };
  const hop = hopOf(proxy ?? uri);
  if (hop === undefined) throw new Error(`invalid request-uri: ${proxy ?? uri}`);
  const targets = await targetsOf(context, hop);
  if (targets.length === 0) throw new Error('requested protocol/transport not available');
  if (strict && targets.some((target) => transports.isSelf(target))) throw new Error('can not send request to myself');
  return { flow: undefined, targets };
}

/** A dialog is kept on the connection it was made over; over UDP it goes where the Contact says. */
export async function findDialogWay(context: EdgeContext, dialog: Dialog): Promise<Way> {
  if (dialog.flow?.isOpen === true) return { flow: dialog.flow, targets: [] };
  const cached = dialog.routes.length === 0 ? context.flows.find(dialog.remoteTarget) : undefined;
  if (cached !== undefined) return { flow: cached, targets: [] };
  const hop = hopOf(dialog.nextHop);
  return { flow: undefined, targets: hop === undefined ? [] : await targetsOf(context, hop) };
}

/** A flow to the first of the targets that can be tried; these are taken out. */
export function nextFlow({ transports }: EdgeContext, targets: Target[]): Flow | undefined {
  for (let target = targets.shift(); target !== undefined; target = targets.shift()) {
    const flow = transports.flowTo(target);
    if (flow !== undefined) return flow;
  }
  return undefined;
}

/** Sends what has no transaction: an ACK. */
export function sendOnce(
  context: EdgeContext,
  request: SipMessage<RequestLine>,
  { flow: over, targets }: Way,
): { readonly flow: Flow; readonly text: string } | undefined {
  const flow = over ?? nextFlow(context, [...targets]);
  if (flow === undefined) return undefined;
  const text = messageText({ ...request, headers: withVia(request.headers, viaOf(flow, newBranch())) });
  flow.send(text);
  return { flow, text };
}

/** The addresses of a next hop; empty when it cannot be reached. */
function targetsOf({ names, transports }: EdgeContext, hop: SipUri): Promise<readonly Target[]> {
  return resolveTargets(hop, names, transports.offered);
}

/** The URI of a next hop: bare, or as a Route value. */
function hopOf(text: string): SipUri | undefined {
  return parseSipUri(text) ?? parseSipUri(parseAddress(text)?.uri ?? '');
}
