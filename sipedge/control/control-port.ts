import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Command } from './command.ts';
import { ControlClient } from './control-client.ts';

export interface ControlPortOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly secret: string;
  readonly strict: boolean;
  readonly clock: Clock;
  readonly greeting: () => readonly string[];
  readonly onSip: (command: Command, client: ControlClient) => void;
  readonly onClosed: (client: ControlClient) => void;
}

const clientLimit = 32;

/** Where applications connect. */
export class ControlPort {
  readonly #options: ControlPortOptions;
  readonly #server: Server;
  readonly #clients = new Set<ControlClient>();
  #turn = 0;

  constructor(options: ControlPortOptions) {
    this.#options = options;
    this.#server = createServer((socket) => {
      if (this.#clients.size >= clientLimit) {
        socket.destroy();
        return;
      }
      const { secret, strict, clock, greeting, onSip } = options;
      const onClosed = (client: ControlClient) => {
        this.#clients.delete(client);
        options.onClosed(client);
      };
      this.#clients.add(new ControlClient({ socket, secret, strict, clock, greeting, onSip, onClosed }));
    });
  }

  /** @returns the port */
  async open(): Promise<number> {
    this.#server.listen(this.#options.port, this.#options.host);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Whose turn it is among those that want requests of this method. */
  choose(method: string): ControlClient | undefined {
    const wanting = [...this.#clients].filter((client) => client.wants(method));
    if (wanting.length <= 1) return wanting[0];
    this.#turn = (this.#turn + 1) % wanting.length;
    return wanting[this.#turn];
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const client of this.#clients) client.close();
    await closed;
  }
}
