import type { CallId, DeviceId, IncarnationId, LegId, UserId } from '#shared/ids.ts';
import type { Call, Effect, Leg } from '#ucserver/calls/call.ts';
import { begin, type CallEvent, step } from '#ucserver/calls/call-state.ts';

export const id = (name: string) => name as LegId;

export function leg(name: string, more: Partial<Leg> = {}): Leg {
  return {
    id: id(name),
    host: 's1:1' as IncarnationId,
    party: { kind: 'device', userId: name as UserId, deviceId: name as DeviceId },
    direction: 'outbound',
    phase: 'calling',
    holding: false,
    ...more,
  };
}

/** A call and all that its owner wanted done, as short text: `accept a`, `hangUp b completedElsewhere`. */
export class CallWorld {
  call: Call;
  readonly effects: Effect[] = [];
  #now = 0;

  constructor(...given: [sdp?: string | undefined, direction?: 'inbound' | 'outbound']) {
    const [sdp = given.length === 0 ? 'A' : undefined, direction = 'inbound'] = given;
    this.call = begin('call' as CallId, leg('a', { direction, ...(sdp === undefined ? {} : { sdp }) }), 0);
  }

  /** @returns what the owner wanted done now */
  on(...events: CallEvent[]): string[] {
    const told: string[] = [];
    for (const event of events) {
      this.#now += 1;
      const { call, effects } = step(this.call, event, this.#now);
      this.call = call;
      this.effects.push(...effects);
      told.push(...effects.map(asText));
    }
    return told;
  }

  ringing(...names: string[]): this {
    this.on({ type: 'routed', legs: names.map((name) => leg(name)) });
    return this;
  }

  connected(): this {
    this.ringing('b').on({ type: 'answers', legId: id('b'), sdp: 'B' });
    return this;
  }
}

function asText(effect: Effect): string {
  if (effect.do === 'route') return 'route';
  const about = effect.do === 'invite' ? effect.leg.id : effect.legId;
  const more = ['sdp', 'offer', 'reason', 'status'].flatMap((key) => {
    const value = (effect as unknown as Record<string, unknown>)[key];
    return value === undefined ? [] : [String(value)];
  });
  return [effect.do, about, ...more].join(' ');
}
