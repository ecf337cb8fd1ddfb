/** Pure: the little that the owner of a call reads of session descriptions (RFC 8866) and changes in them; the rest passes through. */

export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

const directionLine = /^a=(?:sendrecv|sendonly|recvonly|inactive)\r?\n?/gm;
const originLine = /^o=(\S+) (\S+) (\S+) (IN IP[46] \S+)$/m;

/** The same description with one direction for all its media. */
export function withDirection(sdp: string, direction: MediaDirection): string {
  const sections = sdp.replace(directionLine, '').split(/^(?=m=)/m);
  if (sections.length < 2) return sdp;
  return sections.map((section, index) => (index === 0 ? section : `${lined(section)}a=${direction}\r\n`)).join('');
}

/** Whether an offer puts the other side on hold: it wants to receive nothing (RFC 3264 8.4), or the older 0.0.0.0. */
export function isHold(sdp: string): boolean {
  const [session = '', ...media] = sdp.split(/^(?=m=)/m);
  if (media.length === 0) return false;
  const general = directionOf(session) ?? 'sendrecv';
  return media.every((section) => {
    const direction = directionOf(section) ?? general;
    return direction === 'sendonly' || direction === 'inactive' || /^c=IN IP4 0\.0\.0\.0\s*$/m.test(section + session);
  });
}

/** The same description under the session id and version of who sends it (RFC 8866 5.2). */
export function withOrigin(sdp: string, session: string, version: number): string {
  return sdp.replace(originLine, (_line, _user, _session, _version, address: string) => `o=- ${session} ${version} ${address}`);
}

/** Whether two descriptions say the same, whoever they come from. */
export function saysTheSame(one: string, other: string): boolean {
  return one === other || withOrigin(one, '0', 0) === withOrigin(other, '0', 0);
}

function directionOf(section: string): MediaDirection | undefined {
  return /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(section)?.[1] as MediaDirection | undefined;
}

function lined(section: string): string {
  return section.endsWith('\n') ? section : `${section}\r\n`;
}
