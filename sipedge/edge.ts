import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { Answers } from './control/answers.ts';
import type { Command } from './control/command.ts';
import type { EdgeContext } from './control/context.ts';
import type { ControlClient } from './control/control-client.ts';
import { ControlPort } from './control/control-port.ts';
import { Inbound } from './control/inbound.ts';
import { IncomingRequests } from './control/incoming-request.ts';
import { listenersToken } from './control/lines.ts';
import { Outbound } from './control/outbound.ts';
import { Dialogs } from './dialog/dialogs.ts';
import { isRequest } from './message/message.ts';
import type { EdgeOptions } from './options.ts';
import { Transactions } from './transaction/transactions.ts';
import { DnsReader } from './transport/dns.ts';
import type { ListenerAddress } from './transport/flow.ts';
import { FlowCache } from './transport/flow-cache.ts';
import type { Incoming } from './transport/stream.ts';
import { Transports } from './transport/transports.ts';

/** drachtio-srf pings servers of at least v0.8.2. */
const version = 'v0.9.10-ucmesh';

/** What an edge holds at the moment. */
export interface EdgeLoad {
  readonly transactions: number;
  readonly dialogs: number;
  readonly incoming: number;
  readonly outgoing: number;
  readonly flows: number;
}

/** A running edge. */
export interface Edge {
  readonly controlPort: number;
  readonly listeners: readonly ListenerAddress[];
  load(): EdgeLoad;
  /** Answers what waits by 503, closes all connections and ports; sends no BYE. */
  stop(): Promise<void>;
}

/**
 * Starts a SIP edge: it keeps the transactions and dialogs, applications on its control port decide.
 *
 * @throws Error when a port cannot be bound or the certificate cannot be used
 */
export async function startEdge(
  options: EdgeOptions,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<Edge> {
  const { control, listeners, limits, timers, strict, tls, verifyPeers, nameServers } = options;
  const incoming: Incoming = {
    onMessage(message, flow) {
      if (isRequest(message)) inbound.request(message, flow);
      else if (message.start.kind === 'response') outbound.response({ ...message, start: message.start }, flow);
    },
    onRefused: (refusal, flow) => inbound.refused(refusal, flow),
    onClosed(flow) {
      flows.forget(flow);
      transactions.flowClosed(flow);
    },
  };
  const transports = new Transports({
    listeners,
    certificate: tls,
    verifyPeers,
    connectionsPerSource: limits.connectionsPerSource,
    times: { messageMs: limits.messageMs, idleMs: limits.idleMs },
    clock,
    logger,
    incoming,
  });
  const transactions = new Transactions(clock, timers);
  const dialogs = new Dialogs();
  const flows = new FlowCache(clock);
  const names = new DnsReader({ clock, ...(nameServers === undefined ? {} : { servers: nameServers }) });
  const port = new ControlPort({
    host: control.host,
    port: control.port,
    secret: control.secret,
    strict,
    clock,
    greeting: () => [listenersToken(transports.addresses), version, listenersToken(transports.addresses)],
    onSip: (command, client) => obey(command, client),
    onClosed(client) {
      inbound.clientClosed(client);
      outbound.clientClosed(client);
    },
  });
  const choose = (method: string) => port.choose(method);
  const context: EdgeContext = { clock, logger, timers, strict, transports, transactions, dialogs, flows, names, choose };
  const requests = new IncomingRequests();
  const outbound = new Outbound(context);
  const inbound = new Inbound({
    context,
    requests,
    transactionsPerSource: limits.transactionsPerSource,
    dialogOfEarlyNotify: (notify, flow) => outbound.dialogOfEarlyNotify(notify, flow),
  });
  const answers = new Answers({
    context,
    requests,
    abandon: (request, status, reason) => inbound.abandon(request, status, reason),
    bye: (dialog, reason) => outbound.bye(dialog, reason),
  });

  function obey(command: Command, client: ControlClient): void {
    if (command.text.startsWith('SIP/2.0 ')) answers.send(command, client, command.tokens[0] ?? '');
    else void outbound.send(command, client);
  }

  let controlPort: number;
  try {
    await transports.start();
    controlPort = await port.open();
  } catch (error) {
    await transports.stop();
    throw error;
  }
  return {
    controlPort,
    listeners: transports.addresses,
    load: () => ({
      transactions: transactions.size,
      dialogs: dialogs.size,
      incoming: requests.size,
      outgoing: outbound.size,
      flows: flows.size,
    }),
    async stop() {
      inbound.stop();
      await port.close();
      await transports.stop();
      transactions.stop();
      dialogs.stop();
    },
  };
}
