import WebSocket from 'ws';
import type { WireError } from '#shared/protocol/errors.ts';
import type { OpenResult } from '#shared/protocol/session.ts';
import { subprotocol } from '#shared/protocol/wire-limits.ts';
import type { MintedToken } from './company.ts';

const answerWithinMs = 10_000;

/** A connection that asks one server once for a session, and does not follow redirects or try again. */
export class RawSession {
  readonly result: OpenResult | undefined;
  readonly error: WireError | undefined;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  #left = false;

  private constructor(socket: WebSocket, answer: { result?: OpenResult; error?: WireError }) {
    this.#socket = socket;
    this.result = answer.result;
    this.error = answer.error;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  /** @param origin of the server. @throws Error when it cannot be reached or does not answer. */
  static open(origin: string, { token, deviceId }: MintedToken): Promise<RawSession> {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/ws`, [subprotocol], { perMessageDeflate: false });
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        socket.terminate();
        reject(new Error(`${origin} did not answer`));
      }, answerWithinMs);
      socket.once('error', reject);
      socket.once('open', () => {
        const device = { id: deviceId, kind: 'browser', name: 'raw' };
        socket.send(JSON.stringify({ id: 1, method: 'session.open', params: { token, device } }));
      });
      socket.on('message', (bytes) => {
        const message = JSON.parse(String(bytes)) as { id?: number; result?: OpenResult; error?: WireError };
        if (message.id !== 1) return;
        clearTimeout(late);
        resolve(new RawSession(socket, message));
      });
    });
  }

  get isOpen(): boolean {
    return this.result?.status === 'welcome' && !this.#left && this.#socket.readyState === WebSocket.OPEN;
  }

  /** Keeps the session as a living client does. */
  ping(): void {
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify({ id: 2, method: 'session.ping', params: {} }));
  }

  /** Signs off, so that nothing waits for this device. */
  leave(): void {
    this.#left = true;
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify({ id: 3, method: 'session.close', params: {} }));
  }
}
