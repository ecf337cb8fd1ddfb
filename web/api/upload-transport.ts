import type { HttpRequest, HttpResponse, HttpStack, UploadOptions } from 'tus-js-client';
import { UCError } from '#shared/protocol/errors.ts';

/** Asks any server that answers, with the access token; `Client.fetch`. */
export type AnyServerFetch = (path: string, init: RequestInit) => Promise<Response>;

/** Lets the tus package speak with whichever server answers, so that an upload survives the death of one. */
export function uploadTransport(fetch: AnyServerFetch): HttpStack {
  return {
    createRequest: (method, url) => new TransportRequest(fetch, method, url),
    getName: () => 'any server',
  };
}

class TransportRequest implements HttpRequest {
  readonly #fetch: AnyServerFetch;
  readonly #method: string;
  readonly #url: string;
  readonly #headers = new Map<string, string>();
  readonly #controller = new AbortController();

  constructor(fetch: AnyServerFetch, method: string, url: string) {
    this.#fetch = fetch;
    this.#method = method;
    this.#url = url;
  }

  getMethod(): string {
    return this.#method;
  }

  getURL(): string {
    return this.#url;
  }

  setHeader(header: string, value: string): void {
    this.#headers.set(header, value);
  }

  getHeader(header: string): string | undefined {
    return this.#headers.get(header);
  }

  /** How much of a request has left is not known; chunks are small enough to do without. */
  setProgressHandler(): void {}

  async send(body: unknown): Promise<HttpResponse> {
    const init: RequestInit = {
      method: this.#method,
      headers: Object.fromEntries(this.#headers),
      signal: this.#controller.signal,
      ...(body instanceof Blob ? { body } : {}),
    };
    try {
      const response = await this.#fetch(new URL(this.#url).pathname, init);
      return new TransportResponse(response.status, response.headers);
    } catch (error) {
      // An upload that no server knows is begun; that is for the tus package to see.
      if (this.#method === 'HEAD' && error instanceof UCError && error.code === 'NOT_FOUND') return new TransportResponse(404);
      throw error;
    }
  }

  async abort(): Promise<void> {
    this.#controller.abort();
  }

  getUnderlyingObject(): undefined {
    return undefined;
  }
}

class TransportResponse implements HttpResponse {
  readonly #status: number;
  readonly #headers: Headers;

  constructor(status: number, headers = new Headers()) {
    this.#status = status;
    this.#headers = headers;
  }

  getStatus(): number {
    return this.#status;
  }

  getHeader(header: string): string | undefined {
    return this.#headers.get(header) ?? undefined;
  }

  getBody(): string {
    return '';
  }

  getUnderlyingObject(): undefined {
    return undefined;
  }
}

/** Reads a file of the browser piece by piece. */
export const blobReader: NonNullable<UploadOptions['fileReader']> = {
  openFile: async (input: Blob) => ({
    size: input.size,
    slice: async (start, end) => ({ value: input.slice(start, end), done: end >= input.size }),
    close: () => undefined,
  }),
};
