import type { SipHeaders, SrfMessage } from '#ucserver/sip/index.ts';

/** Pure: the named headers of a message, as it has them. Nothing else passes a leg host. */
export function picked(message: Pick<SrfMessage, 'get'>, names: readonly string[]): SipHeaders {
  const headers: Record<string, string> = {};
  for (const name of names) {
    const value = message.get(name);
    if (value !== undefined && !/[\r\n]/.test(value)) headers[name] = value;
  }
  return headers;
}
