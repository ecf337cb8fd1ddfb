import { once } from 'node:events';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { createSrf, disconnect, type Reconnection, type SrfApplication } from '#ucserver/sip/srf.ts';
import { type Edge, type EdgeLoad, startEdge } from '../../../sipedge/edge.ts';
import { type EdgeOptionsInput, optionsSchema } from '../../../sipedge/options.ts';
import { eventually } from '../eventually.ts';
import { selfSigned } from '../self-signed.ts';
import { TempFolder } from '../temp-folder.ts';
import type { WireAddress, WireProtocol } from './wire.ts';

export const testSecret = 'a-secret-of-the-tests';

/** `host:port:secret` of a drachtio-server on which the suite is to run. */
const real = process.env.UCMESH_TEST_DRACHTIO;

/** Whether the suite runs on a drachtio-server instead of the embedded edge. */
export const isRealServer = real !== undefined;

/** How much faster than the standard the timers of the embedded edge run; a drachtio-server keeps its own. */
export const t1Ms = isRealServer ? 500 : 50;

const protocols = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;

/** An edge with applications on it. */
export class EdgeUnderTest {
  readonly control: { readonly host: string; readonly port: number; readonly secret: string };
  readonly folder: TempFolder;
  readonly #edge: Edge | undefined;
  readonly #applications = new Map<SrfApplication, Reconnection>();
  #listeners: readonly WireAddress[];

  private constructor(control: EdgeUnderTest['control'], folder: TempFolder, edge: Edge | undefined) {
    this.control = control;
    this.folder = folder;
    this.#edge = edge;
    this.#listeners = edge?.listeners ?? [];
  }

  static async start(changes: Partial<EdgeOptionsInput> = {}): Promise<EdgeUnderTest> {
    const folder = new TempFolder('sip-edge');
    if (real !== undefined) {
      const [host = '', port = '', secret = ''] = real.split(':');
      return new EdgeUnderTest({ host, port: Number(port), secret }, folder, undefined);
    }
    const tls = { keyFile: folder.file('key.pem'), certificateFile: folder.file('certificate.pem') };
    selfSigned(tls.keyFile, tls.certificateFile);
    const options: EdgeOptionsInput = {
      control: { secret: testSecret },
      listeners: protocols.map((protocol) => ({ protocol })),
      tls,
      verifyPeers: false,
      timers: { t1Ms, t2Ms: 8 * t1Ms, t4Ms: 10 * t1Ms },
      ...changes,
    };
    const edge = await startEdge(optionsSchema.parse(options), { clock: systemClock, logger: silentLogger });
    return new EdgeUnderTest({ host: '127.0.0.1', port: edge.controlPort, secret: testSecret }, folder, edge);
  }

  /** A new application that is connected. */
  async application(): Promise<SrfApplication> {
    const srf = createSrf();
    srf.on('error', () => undefined);
    const connected = once(srf as unknown as NodeJS.EventEmitter, 'connect') as Promise<[Error | null, string]>;
    const reconnect = { retryMaxDelay: 500 };
    srf.connect({ ...this.control, reconnect });
    const [error, listeners] = await connected;
    if (error) throw error;
    this.#listeners = listeners.split(',').map(parseListener);
    this.#applications.set(srf, reconnect);
    return srf;
  }

  /** The application goes. */
  disconnect(application: SrfApplication): void {
    const reconnect = this.#applications.get(application);
    if (reconnect !== undefined) disconnect(application, reconnect);
    this.#applications.delete(application);
  }

  /** Where phones reach the edge. */
  address(protocol: WireProtocol, family: 4 | 6 = 4): WireAddress {
    const found = this.#listeners.find((each) => each.protocol === protocol && each.host.includes(':') === (family === 6));
    if (found === undefined) throw new Error(`the edge does not listen for ${protocol}`);
    return found;
  }

  /** What the embedded edge holds. */
  load(): EdgeLoad | undefined {
    return this.#edge?.load();
  }

  /** Waits until the edge holds nothing any more; a drachtio-server does not tell. */
  async idle(withinMs = 10_000): Promise<void> {
    await eventually(
      () => {
        const { transactions, dialogs, incoming, outgoing } = this.load() ?? {
          transactions: 0,
          dialogs: 0,
          incoming: 0,
          outgoing: 0,
        };
        const left = transactions + dialogs + incoming + outgoing;
        if (left > 0) throw new Error(JSON.stringify(this.load()));
      },
      { withinMs, what: 'the edge holds nothing' },
    );
  }

  async stop(): Promise<void> {
    for (const application of [...this.#applications.keys()]) this.disconnect(application);
    await this.#edge?.stop();
    this.folder.remove();
  }
}

function parseListener(text: string): WireAddress {
  const match = /^(\w+)\/\[?([^\]]+)\]?:(\d+)$/.exec(text);
  return { protocol: (match?.[1] ?? 'udp') as WireProtocol, host: match?.[2] ?? '', port: Number(match?.[3]) };
}
