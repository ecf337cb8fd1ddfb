import type { UserId } from '#shared/ids.ts';
import type { Mentions } from '#shared/protocol/chat.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { MessageLimits } from './settings.ts';

/** What somebody wants to write. */
export interface WrittenMessage {
  readonly text: string;
  readonly mentions?: Mentions | undefined;
  readonly files?: readonly unknown[] | undefined;
}

/**
 * Whether a message may be written as it is.
 *
 * @param members those in the conversation
 * @param path where it stands in the request, for example `params.body`
 * @throws UCError `TOO_LARGE` with `details.most`, `BAD_REQUEST` for a mention of somebody outside; `field` names the part
 */
export function checkMessage(message: WrittenMessage, members: readonly UserId[], limits: MessageLimits, path: string): void {
  const { text, mentions, files = [] } = message;
  const { units, files: mostFiles, mentions: mostMentions, everybodyMembers } = limits;
  if (text.length > units) throw tooLarge(`A message can have ${units} UTF-16 units.`, `${path}.text`, units);
  if (files.length > mostFiles) throw tooLarge(`A message can have ${mostFiles} files.`, `${path}.files`, mostFiles);
  const field = `${path}.mentions`;
  if (mentions === undefined) return;
  if (mentions === 'everybody') {
    if (members.length <= everybodyMembers) return;
    throw tooLarge(`Everybody can be mentioned among ${everybodyMembers} members at most.`, field, everybodyMembers);
  }
  if (mentions.length > mostMentions) throw tooLarge(`A message can mention ${mostMentions} people.`, field, mostMentions);
  if (!mentions.every((userId) => members.includes(userId)))
    throw new UCError('BAD_REQUEST', 'Only members of the conversation can be mentioned.', { field });
}

function tooLarge(message: string, field: string, most: number): UCError {
  return new UCError('TOO_LARGE', message, { field, details: { most } });
}
