/**
 * WebSocket close codes (RFC 6455, section 7.4.2: 4000–4999 are ours) and what a client does then:
 * `now` reconnects at once with jitter, `later` waits and backs off, `signIn` asks for a password, `stop` gives up and says why.
 */
export const closeCodes = {
  goingAway: { code: 1001, reconnect: 'now', meaning: 'The server is draining; other servers take you.' },
  unsupportedFrame: { code: 1003, reconnect: 'stop', meaning: 'Only text frames are accepted.' },
  tooLarge: { code: 1009, reconnect: 'stop', meaning: 'A message was larger than the limit.' },
  malformed: { code: 4400, reconnect: 'stop', meaning: 'A message was not a request.' },
  notSignedIn: {
    code: 4401,
    reconnect: 'signIn',
    meaning: 'No session was opened in time, or the token has ended or was revoked.',
  },
  signedOut: { code: 4402, reconnect: 'signIn', meaning: 'This device was signed out.' },
  originRefused: { code: 4403, reconnect: 'stop', meaning: 'Pages of this origin may not connect.' },
  redirected: { code: 4404, reconnect: 'now', meaning: 'Another server serves you; go where the redirect says.' },
  silent: { code: 4408, reconnect: 'now', meaning: 'Nothing was heard from the client for too long.' },
  replaced: { code: 4409, reconnect: 'stop', meaning: 'The same session was opened by another connection.' },
  tooSlow: { code: 4413, reconnect: 'later', meaning: 'The client does not read what it is sent.' },
  rateLimited: { code: 4429, reconnect: 'later', meaning: 'Too many messages or connections.' },
  internal: { code: 4500, reconnect: 'later', meaning: 'The server failed; the log has the reason.' },
  busy: { code: 4503, reconnect: 'later', meaning: 'The server is full.' },
} as const satisfies Record<string, { code: number; reconnect: 'now' | 'later' | 'signIn' | 'stop'; meaning: string }>;

export type CloseReason = keyof typeof closeCodes;
