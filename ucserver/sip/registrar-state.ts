/** Pure: what a REGISTER makes of the bindings of an address of record (RFC 3261 10.3, RFC 5626, RFC 3327). */

/** Where one device is reached. */
export interface Binding {
  readonly contact: string;
  /** `+sip.instance` and `reg-id` of a device with several flows; undefined for others. */
  readonly flow: { readonly instance: string; readonly regId: number } | undefined;
  readonly callId: string;
  readonly seq: number;
  /** Route of requests to it, the nearest hop first. */
  readonly path: readonly string[];
  /** `udp`, or how its connection runs; on a drachtio-server a WebSocket is `tcp` too. */
  readonly protocol: string;
  /** From where its REGISTER came. */
  readonly source: { readonly host: string; readonly port: number };
  /** Since when it is registered without interruption, in ms since 1970. */
  readonly since: number;
  readonly userAgent: string | undefined;
  /** On the clock of who keeps it, in ms. */
  readonly expiresMs: number;
}

export interface RegisterContact {
  readonly uri: string;
  readonly expiresSeconds: number | undefined;
  readonly instance: string | undefined;
  readonly regId: number | undefined;
}

export interface Register {
  readonly callId: string;
  readonly seq: number;
  /** `all`: `Contact: *`, which takes everything back. */
  readonly contacts: readonly RegisterContact[] | 'all';
  readonly expiresSeconds: number | undefined;
  readonly path: readonly string[];
  readonly protocol: string;
  readonly source: Binding['source'];
  readonly userAgent: string | undefined;
  /** When it came, in ms since 1970. */
  readonly at: number;
}

export interface RegistrarRules {
  readonly usualSeconds: number;
  readonly leastSeconds: number;
  readonly mostSeconds: number;
  readonly bindings: number;
}

/** What applies unless something else is configured. */
export const registrarRules: RegistrarRules = { usualSeconds: 120, leastSeconds: 60, mostSeconds: 3_600, bindings: 10 };

/** How much sooner than asked phones are told to come again, at most, so that they do not all come at once. */
export const expirySpread = 0.2;

export type RegisterOutcome =
  | { readonly kind: 'accepted'; readonly bindings: readonly Binding[] }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string; readonly minExpiresSeconds?: number };

/**
 * What becomes of the bindings; all or nothing.
 *
 * @param random 0 to 1, for the spread of expiry
 */
export function registered(
  bindings: readonly Binding[],
  register: Register,
  nowMs: number,
  random: number,
  rules: RegistrarRules = registrarRules,
): RegisterOutcome {
  const live = bindings.filter(({ expiresMs }) => expiresMs > nowMs);
  const { contacts, callId, seq } = register;
  if (contacts === 'all') {
    if (register.expiresSeconds !== 0) return refused(400, 'Contact: * goes with Expires: 0 only');
    const isLate = live.some((each) => each.callId === callId && each.seq >= seq);
    return isLate ? refused(500, 'Request Out Of Order') : { kind: 'accepted', bindings: [] };
  }
  let result = live;
  for (const contact of contacts) {
    const asked = contact.expiresSeconds ?? register.expiresSeconds ?? rules.usualSeconds;
    if (asked > 0 && asked < rules.leastSeconds)
      return { ...refused(423, 'Interval Too Brief'), minExpiresSeconds: rules.leastSeconds };
    const flow = flowOf(contact);
    const known = result.find((each) => isSame(each, contact.uri, flow));
    if (known !== undefined && known.callId === callId && known.seq >= seq) return refused(500, 'Request Out Of Order');
    result = result.filter((each) => each !== known);
    if (asked === 0) continue;
    const expiresMs = nowMs + Math.round(grantedSeconds(asked, random, rules) * 1_000);
    const { path, protocol, source, userAgent } = register;
    const since = known?.since ?? register.at;
    result = [...result, { contact: contact.uri, flow, callId, seq, path, protocol, source, userAgent, since, expiresMs }];
  }
  return result.length > rules.bindings ? refused(403, 'Too Many Bindings') : { kind: 'accepted', bindings: result };
}

/** About what was asked for, spread; never less than the least, never more than was asked for if that was little. */
function grantedSeconds(asked: number, random: number, { leastSeconds, mostSeconds }: RegistrarRules): number {
  const bounded = Math.min(asked, mostSeconds);
  return Math.max(leastSeconds, Math.round(bounded * (1 - expirySpread * random)));
}

function flowOf({ instance, regId }: RegisterContact): Binding['flow'] {
  return instance !== undefined && regId !== undefined ? { instance, regId } : undefined;
}

/** A flow is known by device and number whatever its Contact; a binding without, by its Contact. */
function isSame(binding: Binding, uri: string, flow: Binding['flow']): boolean {
  if (flow !== undefined && binding.flow !== undefined)
    return binding.flow.instance === flow.instance && binding.flow.regId === flow.regId;
  return flow === undefined && binding.flow === undefined && binding.contact === uri;
}

function refused(status: number, reason: string): Extract<RegisterOutcome, { kind: 'refused' }> {
  return { kind: 'refused', status, reason };
}
