import { maxMessageUnits, mostMentions } from '#shared/protocol/chat.ts';
import { maxMessageFiles } from '#shared/protocol/files.ts';

/** What the company allows in a message. */
export interface MessageLimits {
  /** UTF-16 units. */
  readonly units: number;
  readonly files: number;
  readonly mentions: number;
  /** Members of a conversation in which everybody can be mentioned. */
  readonly everybodyMembers: number;
}

/** The limits as the servers told them, and the highest there can be until then. */
export function messageLimits(settings: Readonly<Record<string, unknown>>): MessageLimits {
  const number = (key: string, otherwise: number) => {
    const value = settings[key];
    return typeof value === 'number' ? value : otherwise;
  };
  return {
    units: number('chat.messageUnits', maxMessageUnits),
    files: number('chat.messageFiles', maxMessageFiles),
    mentions: number('chat.messageMentions', mostMentions),
    everybodyMembers: number('chat.everybodyMembers', Number.POSITIVE_INFINITY),
  };
}
