/** Bounds of what is read from the network. Whatever passes them is refused before it costs more. */
export interface MessageLimits {
  /** Start line, headers and body together. */
  readonly bytes: number;
  readonly headers: number;
}

export const messageLimits: MessageLimits = { bytes: 65_536, headers: 100 };
