import type { ServerAddress } from '#shared/protocol/session.ts';

export interface OriginsOptions {
  /** Configured ones: `https://uc.example.com`, `https://*.example.com`, `*`. */
  readonly listed: readonly string[];
  /** The servers of the company as they are now: pages of each may call each. */
  readonly servers: () => readonly ServerAddress[];
  /** The configured URL of this server. Without one, pages of whatever name it is called by are its own. */
  readonly ownUrl?: string | undefined;
}

/** Which pages may talk to this server, and whom its own pages may talk to. */
export class Origins {
  readonly #options: OriginsOptions;
  /** Of all servers that were ever there: the pages of a dead server go on at the others, also when they are loaded again. */
  readonly #ofServers = new Set<string>();

  constructor(options: OriginsOptions) {
    this.#options = options;
  }

  /**
   * @param origin value of the `Origin` header
   * @param host value of the `Host` header. A page of the same host came from this server, but also one whose name was made
   *   to lead here (DNS rebinding): it counts only while nothing says what the right name is.
   */
  allows(origin: string, host?: string): boolean {
    return (
      this.#isOwn(origin, host) || this.#options.listed.some((listed) => matches(listed, origin)) || this.#known().has(origin)
    );
  }

  /** Takes note of the servers that are there now. */
  learn(): void {
    for (const { url } of this.#options.servers()) this.#ofServers.add(new URL(url).origin);
  }

  /** For `connect-src`: every allowed origin, over HTTP and over WebSocket. */
  sources(): string[] {
    const origins = [...new Set([...this.#options.listed, ...this.#known()])];
    return origins.flatMap((origin) => (origin === '*' ? ['*'] : [origin, origin.replace(/^http/, 'ws')]));
  }

  #isOwn(origin: string, host: string | undefined): boolean {
    const { ownUrl } = this.#options;
    return ownUrl === undefined ? isOfHost(origin, host) : origin === new URL(ownUrl).origin;
  }

  #known(): ReadonlySet<string> {
    this.learn();
    return this.#ofServers;
  }
}

function isOfHost(origin: string, host: string | undefined): boolean {
  return host !== undefined && URL.parse(origin)?.host === host;
}

function matches(listed: string, origin: string): boolean {
  if (listed === '*' || listed === origin) return true;
  const [scheme = '', domain] = listed.split('*.');
  if (domain === undefined || !origin.startsWith(scheme)) return false;
  const host = origin.slice(scheme.length);
  return host.endsWith(`.${domain}`) && host.length > domain.length + 1;
}
