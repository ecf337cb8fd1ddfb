import * as z from 'zod';
import type { SessionId, UserId } from '#shared/ids.ts';
import { type SessionRecord, sessionRecordSchema } from '#shared/mesh/contracts/session.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { ClientSession, type Dispatcher, type Session, type SessionLink, type SessionTable } from '#ucserver/gateway/index.ts';
import type { HandOverPart } from '#ucserver/ownership/index.ts';
import type { TokenVerifier } from './port.ts';
import { sessionHolds } from './token-proof.ts';

const handedOverSchema = z.array(sessionRecordSchema);

/** Of a session that has not arrived yet. */
const noLink: SessionLink = { push() {}, close() {} };

export interface SessionHandOverOptions {
  readonly sessions: SessionTable;
  readonly dispatcher: Dispatcher;
  readonly verifier: Pick<TokenVerifier, 'holds'>;
  readonly clock: Clock;
}

/**
 * The sessions of a user go along to the next owner, who keeps them as lost until their clients have come: nobody sees the
 * user flicker to offline on the way.
 */
export function sessionHandOver({ sessions, dispatcher, verifier, clock }: SessionHandOverOptions): HandOverPart {
  return {
    export(userId: UserId): SessionRecord[] | undefined {
      const records = [...sessions.ofUser(userId)].map(recordOf);
      return records.length > 0 ? records : undefined;
    },
    import(userId: UserId, part: unknown): void {
      const present = new Set([...sessions.ofUser(userId)].map(({ device }) => device.id));
      for (const record of handedOverSchema.parse(part)) {
        if (record.userId !== userId || record.tokenEndsAt <= clock.wallMs() || present.has(record.device.id)) continue;
        // The former owner may not have heard of a sign-out that this server knows.
        if (!sessionHolds(verifier, record)) continue;
        const expected = new ClientSession(record, noLink, sessions, dispatcher);
        sessions.add(expected);
        expected.closed();
      }
    },
  };
}

function recordOf({
  id,
  userId,
  device,
  capabilities,
  activity,
  openedAt,
  tokenEndsAt,
  signedInAt,
  tokenGeneration,
}: Session): SessionRecord & { id: SessionId } {
  const held = { openedAt, tokenEndsAt, signedInAt, tokenGeneration };
  return { id, userId, device, capabilities: [...capabilities], activity, ...held };
}
