/** Name of the WebSocket subprotocol (RFC 6455, section 1.9). */
export const subprotocol = 'ucmesh.v1';

/** Limits of the connection that both sides know. Kept apart from the schemas so that a client needs no schema library. */
export const wireLimits = {
  /** Largest message a client may send, in bytes. */
  messageBytes: 65_536,
  /** A client pings this often … */
  pingEveryMs: 3_000,
  /** … and takes the connection for dead when nothing was heard for this long after a ping. */
  pingDeadlineMs: 3_000,
  /** The first message must open a session within this time. */
  openWithinMs: 10_000,
} as const;
