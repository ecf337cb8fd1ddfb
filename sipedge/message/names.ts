/** Header names as they are written; the first column of what others may send is their lower-case or compact form. */
const written = [
  ...['Accept', 'Accept-Contact', 'Accept-Encoding', 'Accept-Language', 'Alert-Info', 'Allow', 'Allow-Events', 'Authorization'],
  ...['Authentication-Info', 'Call-ID', 'Call-Info', 'Contact', 'Content-Disposition', 'Content-Encoding', 'Content-Language'],
  ...['Content-Length', 'Content-Type', 'CSeq', 'Date', 'Diversion', 'Error-Info', 'Event', 'Expires', 'Flow-Timer', 'From'],
  ...['History-Info', 'Identity', 'In-Reply-To', 'Join', 'Max-Forwards', 'MIME-Version', 'Min-Expires', 'Min-SE'],
  ...['Organization', 'P-Asserted-Identity', 'P-Preferred-Identity', 'Path', 'Priority', 'Privacy', 'Proxy-Authenticate'],
  ...['Proxy-Authorization', 'Proxy-Require', 'RAck', 'Reason', 'Record-Route', 'Refer-Sub', 'Refer-To', 'Referred-By'],
  ...['Reject-Contact', 'Remote-Party-ID', 'Replaces', 'Reply-To', 'Request-Disposition', 'Require', 'Retry-After', 'Route'],
  ...['RSeq', 'Server', 'Service-Route', 'Session-Expires', 'SIP-ETag', 'SIP-If-Match', 'Subject', 'Subscription-State'],
  ...['Supported', 'Timestamp', 'To', 'Unsupported', 'User-Agent', 'Via', 'Warning', 'WWW-Authenticate'],
];

/** RFC 3261 7.3.3 and later compact forms. */
const compact: Readonly<Record<string, string>> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

const known: ReadonlyMap<string, string> = new Map([
  ...written.map((name) => [name, name] as const),
  ...written.map((name) => [name.toLowerCase(), name] as const),
  ...Object.entries(compact).flatMap(([short, name]) => [[short, name] as const, [short.toUpperCase(), name] as const]),
]);

const token = /^[\w\-.!%*+`'~]+$/;

/** Whether the text is a token of RFC 3261 25.1. */
export function isToken(text: string): boolean {
  return token.test(text);
}

/**
 * The one way in which a header name is written from here on: the customary one for known names, each word capitalised for
 * others; names that begin with `X-` stay as they are.
 *
 * @returns undefined when it cannot be a header name.
 */
export function headerName(raw: string): string | undefined {
  const customary = known.get(raw);
  if (customary !== undefined) return customary;
  if (!isToken(raw)) return undefined;
  const lower = raw.toLowerCase();
  const found = known.get(lower);
  if (found !== undefined) return found;
  if (lower.startsWith('x-')) return raw;
  return lower.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}
