import * as z from 'zod';
import type { SessionId, UserId } from '#shared/ids.ts';
import { type SessionRecord, sessionRecordSchema } from '#shared/mesh/contracts/session.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { ClientSession, type Dispatcher, type Session, type SessionLink, type SessionTable } from '#ucserver/gateway/index.ts';
import type { HandOverPart } from '#ucserver/ownership/index.ts';

const handedOverSchema = z.array(sessionRecordSchema);

/** Of a session that has not arrived yet. */
const noLink: SessionLink = { push() {}, close() {} };

/**
 * The sessions of a user go along to the next owner, who keeps them as lost until their clients have come: nobody sees the
 * user flicker to offline on the way.
 */
export function sessionHandOver(sessions: SessionTable, dispatcher: Dispatcher, clock: Clock): HandOverPart {
  return {
    export(userId: UserId): SessionRecord[] | undefined {
      const records = [...sessions.ofUser(userId)].map(recordOf);
      return records.length > 0 ? records : undefined;
    },
    import(userId: UserId, part: unknown): void {
      const present = new Set([...sessions.ofUser(userId)].map(({ device }) => device.id));
      for (const record of handedOverSchema.parse(part)) {
        if (record.userId !== userId || record.tokenEndsAt <= clock.wallMs() || present.has(record.device.id)) continue;
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
}: Session): SessionRecord & { id: SessionId } {
  return { id, userId, device, capabilities: [...capabilities], activity, openedAt, tokenEndsAt };
}
