/** A SIP or SIPS URI (RFC 3261 19.1), as far as requests are routed by it. */
export interface SipUri {
  readonly secure: boolean;
  /** With password if there is one, escapes kept. */
  readonly user: string;
  /** Lower case; IPv6 in brackets. */
  readonly host: string;
  readonly port: number | undefined;
  /** Names in lower case; without a value: the empty text. */
  readonly params: ReadonlyMap<string, string>;
  /** What stands behind `?`; a Request-URI may have none. */
  readonly headers: string;
}

const pattern = /^(sips?):(?:([^@\s<>"]*)@)?(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?((?:;[^?\s<>"]*)?)(?:\?([^\s<>"]*))?$/i;

const none: ReadonlyMap<string, string> = new Map();

/** @returns undefined when it is not a SIP URI. */
export function parseSipUri(text: string): SipUri | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, scheme = '', user = '', host = '', port, params = '', headers = ''] = match;
  if (port !== undefined && Number(port) > 65_535) return undefined;
  return {
    secure: scheme.length === 4,
    user,
    host: host.toLowerCase(),
    port: port === undefined ? undefined : Number(port),
    params: params === '' ? none : paramsOf(params),
    headers,
  };
}

function paramsOf(text: string): Map<string, string> {
  const params = new Map<string, string>();
  for (const part of text.split(';')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    if (equals < 0) params.set(part.toLowerCase(), '');
    else params.set(part.slice(0, equals).toLowerCase(), part.slice(equals + 1));
  }
  return params;
}

/** The scheme in lower case, or undefined when the text cannot be a URI at all. */
export function schemeOf(uri: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):[^\s<>"]+$/i.exec(uri)?.[1]?.toLowerCase();
}

/** An address as it stands in URIs and Via: IPv6 in brackets. */
export function hostText(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address;
}

/** The opposite of {@link hostText}. */
export function bareHost(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}
