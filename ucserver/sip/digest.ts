import { createHash, timingSafeEqual } from 'node:crypto';

/** Pure: the digest scheme of RFC 7616 as SIP uses it (RFC 8760), `qop=auth` only. */

export const digestAlgorithms = ['SHA-256', 'MD5'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

/** What is kept of a device's secret: it opens this realm only and does not tell the secret itself. */
export type DigestVerifier = Readonly<Record<DigestAlgorithm, string>>;

/** What a client says of itself in an Authorization header. */
export interface DigestCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  readonly cnonce: string;
  /** How often the nonce was used, with this. */
  readonly count: number;
  /** The count as it was written: it goes into the hash. */
  readonly nc: string;
}

const names = { 'SHA-256': 'sha256', MD5: 'md5' } as const;
const pair = /[ \t]*([\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))[ \t]*(?:,|$)/y;
const longestHeader = 4_096;

function hash(algorithm: DigestAlgorithm, text: string): string {
  return createHash(names[algorithm]).update(text).digest('hex');
}

/** The verifier of a user name and secret in a realm. */
export function digestVerifier(username: string, realm: string, password: string): DigestVerifier {
  const text = `${username}:${realm}:${password}`;
  return { 'SHA-256': hash('SHA-256', text), MD5: hash('MD5', text) };
}

/** Reads an Authorization header. @returns undefined unless it holds everything we ask for, each part once */
export function parseCredentials(value: string): DigestCredentials | undefined {
  const scheme = /^[ \t]*digest[ \t]+/i.exec(value)?.[0];
  if (scheme === undefined || value.length > longestHeader) return undefined;
  const parts = new Map<string, string>();
  for (let at = scheme.length; at < value.length; at = pair.lastIndex) {
    pair.lastIndex = at;
    const match = pair.exec(value);
    const name = match?.[1]?.toLowerCase();
    if (match === null || name === undefined || parts.has(name)) return undefined;
    parts.set(name, match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '');
  }
  return credentialsOf(parts);
}

function credentialsOf(parts: ReadonlyMap<string, string>): DigestCredentials | undefined {
  const algorithm = digestAlgorithms.find((each) => each === (parts.get('algorithm') ?? 'MD5').toUpperCase());
  const [username, realm, nonce, uri] = [parts.get('username'), parts.get('realm'), parts.get('nonce'), parts.get('uri')];
  const [response, cnonce, nc] = [parts.get('response'), parts.get('cnonce'), parts.get('nc')];
  if (username === undefined || realm === undefined || nonce === undefined || uri === undefined) return undefined;
  if (algorithm === undefined || response === undefined || cnonce === undefined || cnonce === '' || nc === undefined)
    return undefined;
  if (parts.get('qop')?.toLowerCase() !== 'auth' || !/^[0-9a-f]{8}$/i.test(nc)) return undefined;
  return { username, realm, nonce, uri, response, algorithm, cnonce, nc, count: Number.parseInt(nc, 16) };
}

/** The response that proves the secret. */
export function digestResponse(
  { algorithm, nonce, nc, cnonce, uri }: Omit<DigestCredentials, 'username' | 'realm' | 'response' | 'count'>,
  verifier: DigestVerifier,
  method: string,
): string {
  const request = hash(algorithm, `${method}:${uri}`);
  return hash(algorithm, `${verifier[algorithm]}:${nonce}:${nc}:${cnonce}:auth:${request}`);
}

/** Whether the client knows the secret; takes the same time wherever the responses differ. */
export function provesSecret(credentials: DigestCredentials, verifier: DigestVerifier, method: string): boolean {
  const wanted = Buffer.from(digestResponse(credentials, verifier, method));
  const given = Buffer.from(credentials.response.toLowerCase());
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

/** The values of `WWW-Authenticate`, the better algorithm first: clients take the first they know (RFC 8760 2.4). */
export function challenges(
  realm: string,
  nonce: string,
  stale: boolean,
  algorithms: readonly DigestAlgorithm[] = digestAlgorithms,
): readonly string[] {
  return algorithms.map(
    (algorithm) => `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale ? ', stale=true' : ''}`,
  );
}
