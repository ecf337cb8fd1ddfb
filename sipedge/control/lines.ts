import { randomUUID } from 'node:crypto';
import { hostText } from '../message/uri.ts';
import type { Flow, ListenerAddress } from '../transport/flow.ts';

/** The header lines of frames to an application. */

export interface LineOptions {
  /** Write as drachtio-server does: WebSockets show as `tcp`, an ACK shows no protocol. */
  readonly strict: boolean;
  readonly wallMs: number;
}

export interface SipEvent {
  readonly source: 'network' | 'application';
  readonly method: string;
  readonly flow: Flow | undefined;
  readonly transactionId: string;
  /** Empty outside a dialog. */
  readonly dialogId: string;
  /** Where a request outside a dialog came in. */
  readonly receivedOn?: ListenerAddress;
  readonly text: string;
}

/** `sip` event: something has come from the network, or was sent to it by the edge itself. */
export function sipEvent(
  { source, method, flow, transactionId, dialogId, receivedOn, text }: SipEvent,
  options: LineOptions,
): string {
  const peer = `${protocolToken(flow, method, options)}|${flow?.remote.address ?? ''}|${flow?.remote.port ?? 0}`;
  const local = receivedOn === undefined ? '' : `${hostText(receivedOn.advertised)}|${receivedOn.port}|`;
  return `${randomUUID()}|sip|${source}|${text.length}|${peer}|${timeToken(options.wallMs)}|${transactionId}|${dialogId}|${local}\r\n${text}`;
}

/** A command was carried out. @param tokens each preceded by `|` */
export function okLine(commandId: string, ...tokens: readonly string[]): string {
  return `${randomUUID()}|response|${commandId}|OK${tokens.map((token) => `|${token}`).join('')}`;
}

/** A command failed; the connection goes on. */
export function failureLine(commandId: string, reason: string): string {
  return `${randomUUID()}|response|${commandId}|NOK|${reason.replace(/[|\r\n]/g, ' ')}`;
}

/** A command was not understood or not allowed; the connection is closed behind it. */
export function refusalLine(commandId: string, reason: string): string {
  return `${randomUUID()}|response|${commandId}|NO|${reason}`;
}

/** A response was sent as the application asked. */
export function responseSentLine(
  commandId: string,
  flow: Flow,
  transactionId: string,
  dialogId: string,
  text: string,
  options: LineOptions,
): string {
  const { address, port } = flow.remote;
  const head = `application|${text.length}|${protocolToken(flow, '', options)}|${address}|${port}|${timeToken(options.wallMs)}`;
  return `${okLine(commandId, head)}|${transactionId}|${dialogId}||Msg sent:|\r\n${text}`;
}

/** A request was sent as the application asked. */
export function requestSentLine(
  commandId: string,
  flow: Flow,
  transactionId: string,
  text: string,
  options: LineOptions,
): string {
  const { address, port } =
    flow.protocol === 'udp' ? { address: flow.listener.advertised, port: flow.listener.port } : flow.remote;
  const head = `application|${text.length}|${protocolToken(flow, '', options)}|${address}|${port}|${timeToken(options.wallMs)}`;
  return `${okLine(commandId, head)}|${transactionId}|Msg sent:|\r\n${text}`;
}

/** The listeners as `authenticate` is answered with. */
export function listenersToken(addresses: readonly ListenerAddress[]): string {
  return addresses.map(({ protocol, advertised, port }) => `${protocol}/${hostText(advertised)}:${port}`).join(',');
}

function protocolToken(flow: Flow | undefined, method: string, { strict }: LineOptions): string {
  if (flow === undefined) return 'udp';
  if (!strict) return flow.protocol;
  if (method === 'ACK') return '';
  return flow.protocol === 'ws' || flow.protocol === 'wss' ? 'tcp' : flow.protocol;
}

/** `HH:MM:SS.uuuuuu`, UTC. */
function timeToken(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(11, 23)}000`;
}
