import { createSocket } from 'node:dgram';
import { getServers, lookup } from 'node:dns/promises';
import { connect, isIPv6 } from 'node:net';
import { type Answer, type DecodedPacket, decode, encode, type StringRecordType } from 'dns-packet';
import type { Clock } from '#shared/runtime/clock.ts';

export interface SrvRecord {
  readonly target: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly services: string;
  readonly replacement: string;
}

/** What is asked of DNS to find the next hop. Unknown names answer empty lists. */
export interface NameSource {
  srv(name: string): Promise<readonly SrvRecord[]>;
  naptr(name: string): Promise<readonly NaptrRecord[]>;
  /** IP addresses, also from the hosts file. */
  addresses(name: string): Promise<readonly string[]>;
}

export interface DnsReaderOptions {
  readonly clock: Clock;
  /** Addresses of name servers, with port where it is not 53; those of the machine by default. */
  readonly servers?: readonly string[];
  /** Of one question to one server. */
  readonly timeoutMs?: number;
}

interface Cached {
  readonly answers: readonly Answer[];
  readonly expiresMs: number;
}

const longestCacheSeconds = 300;
const emptyCacheSeconds = 5;
const cacheLimit = 10_000;

/** Reads SRV and NAPTR by itself: `dns.resolveSrv` of some Node versions fails on compressed names in answers. */
export class DnsReader implements NameSource {
  readonly #clock: Clock;
  readonly #servers: readonly string[] | undefined;
  readonly #timeoutMs: number;
  readonly #cache = new Map<string, Cached>();

  constructor({ clock, servers, timeoutMs = 2_000 }: DnsReaderOptions) {
    this.#clock = clock;
    this.#servers = servers;
    this.#timeoutMs = timeoutMs;
  }

  async srv(name: string): Promise<readonly SrvRecord[]> {
    const answers = await this.#ask(name, 'SRV');
    return answers.flatMap((answer) =>
      answer.type === 'SRV' && answer.data.target !== '.'
        ? [{ priority: 0, weight: 0, ...answer.data, target: answer.data.target }]
        : [],
    );
  }

  async naptr(name: string): Promise<readonly NaptrRecord[]> {
    const answers = await this.#ask(name, 'NAPTR');
    return answers.flatMap((answer) => (answer.type === 'NAPTR' ? [answer.data] : []));
  }

  async addresses(name: string): Promise<readonly string[]> {
    try {
      return (await lookup(name, { all: true })).map(({ address }) => address);
    } catch {
      return [];
    }
  }

  async #ask(name: string, type: 'SRV' | 'NAPTR'): Promise<readonly Answer[]> {
    const key = `${type} ${name}`;
    const cached = this.#cache.get(key);
    if (cached !== undefined && cached.expiresMs > this.#clock.monotonicMs()) return cached.answers;
    const answers = await this.#askServers(name, type);
    const ttls = answers.flatMap((answer) => ('ttl' in answer && answer.ttl !== undefined ? [answer.ttl] : []));
    const seconds = ttls.length === 0 ? emptyCacheSeconds : Math.min(longestCacheSeconds, ...ttls);
    if (this.#cache.size >= cacheLimit) this.#cache.clear();
    this.#cache.set(key, { answers, expiresMs: this.#clock.monotonicMs() + seconds * 1_000 });
    return answers;
  }

  async #askServers(name: string, type: 'SRV' | 'NAPTR'): Promise<readonly Answer[]> {
    for (const server of this.#servers ?? getServers()) {
      const { host, port } = hostAndPort(server);
      const id = crypto.getRandomValues(new Uint16Array(1))[0] ?? 0;
      const question = encode({ type: 'query', id, flags: 0x0100, questions: [{ type: type as StringRecordType, name }] });
      let reply = await this.#overUdp(question, id, host, port);
      if (reply?.flag_tc === true) reply = await this.#overTcp(question, id, host, port);
      if (reply !== undefined && (reply.rcode === 'NOERROR' || reply.rcode === 'NXDOMAIN')) return reply.answers ?? [];
    }
    return [];
  }

  #overUdp(question: Buffer, id: number, host: string, port: number): Promise<Reply | undefined> {
    return new Promise((resolve) => {
      const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
      const end = (reply: Reply | undefined) => {
        timer.stop();
        socket.close();
        resolve(reply);
      };
      const timer = this.#clock.after(this.#timeoutMs, () => end(undefined));
      socket.once('error', () => end(undefined));
      socket.on('message', (bytes, { address, port: from }) => {
        if (address !== host || from !== port) return;
        const reply = decodeReply(bytes, id);
        if (reply !== undefined) end(reply);
      });
      socket.send(question, port, host);
    });
  }

  #overTcp(question: Buffer, id: number, host: string, port: number): Promise<Reply | undefined> {
    return new Promise((resolve) => {
      const socket = connect(port, host);
      let heard = Buffer.alloc(0);
      const end = (reply: Reply | undefined) => {
        timer.stop();
        socket.destroy();
        resolve(reply);
      };
      const timer = this.#clock.after(this.#timeoutMs, () => end(undefined));
      socket.once('error', () => end(undefined));
      socket.once('close', () => end(undefined));
      socket.on('data', (bytes: Buffer) => {
        heard = Buffer.concat([heard, bytes]);
        if (heard.length >= 2 && heard.length >= 2 + heard.readUInt16BE(0)) end(decodeReply(heard.subarray(2), id));
      });
      const length = Buffer.alloc(2);
      length.writeUInt16BE(question.length);
      socket.write(Buffer.concat([length, question]));
    });
  }
}

/** The answer code, which the types of the package leave out. */
type Reply = DecodedPacket & { readonly rcode: string };

function hasCode(packet: DecodedPacket): packet is Reply {
  return 'rcode' in packet && typeof packet.rcode === 'string';
}

function decodeReply(bytes: Buffer, id: number): Reply | undefined {
  try {
    const packet = decode(bytes);
    return packet.id === id && packet.type === 'response' && hasCode(packet) ? packet : undefined;
  } catch {
    // Not a DNS message; the answer may still come.
    return undefined;
  }
}

function hostAndPort(server: string): { readonly host: string; readonly port: number } {
  const match = /^\[([^\]]+)\](?::(\d+))?$/.exec(server) ?? /^([^:]+)(?::(\d+))?$/.exec(server);
  return { host: match?.[1] ?? server, port: Number(match?.[2] ?? 53) };
}
