import * as z from 'zod';
import { mostDrafts } from '#shared/protocol/chat-drafts.ts';
import { maxMessageUnits, mostMentions } from '#shared/protocol/chat-entries.ts';
import { maxMessageFiles } from '#shared/protocol/files.ts';
import { defineSetting, type SettingDefinition, type Settings } from '#ucserver/settings/index.ts';

/** How large groups may become. */
export interface GroupLimits {
  readonly members: number;
  readonly groupsPerPerson: number;
}

/** What may stand in a message. */
export interface MessageLimits {
  /** UTF-16 units. */
  readonly units: number;
  readonly files: number;
  readonly mentions: number;
  /** Most members of a conversation in which everybody can be mentioned at once. */
  readonly everybodyMembers: number;
}

/** What administrators allow in chat. */
export interface ChatLimits {
  readonly groups: GroupLimits;
  readonly messages: MessageLimits;
  /** Drafts of one person. */
  readonly drafts: number;
}

/** Days for which something is kept; 0: for ever. */
export interface ChatDays {
  readonly messages: number;
  readonly drafts: number;
}

/** Largest group there can be. */
const mostMembers = 1_000;
/** Longest time that can be set, in days. */
const mostDays = 36_500;

const groupMembers = defineSetting({
  key: 'chat.groupMembers',
  about: 'Most members of a group or channel.',
  schema: z.int().min(3).max(mostMembers),
  default: mostMembers,
  clientVisible: true,
});

const groupsPerPerson = defineSetting({
  key: 'chat.groupsPerPerson',
  about: 'Most groups and channels that a person can be in.',
  schema: z.int().min(1).max(10_000),
  default: 500,
});

const messageUnits = defineSetting({
  key: 'chat.messageUnits',
  about: 'Longest message, in UTF-16 units: letters count 1, most emojis 2.',
  schema: z.int().min(100).max(maxMessageUnits),
  default: maxMessageUnits,
  clientVisible: true,
});

const messageFiles = defineSetting({
  key: 'chat.messageFiles',
  about: 'Most files in one message; 0: messages carry none.',
  schema: z.int().min(0).max(maxMessageFiles),
  default: maxMessageFiles,
  clientVisible: true,
});

const messageMentions = defineSetting({
  key: 'chat.messageMentions',
  about: 'Most people that one message can mention by name.',
  schema: z.int().min(0).max(mostMentions),
  default: mostMentions,
  clientVisible: true,
});

const everybodyMembers = defineSetting({
  key: 'chat.everybodyMembers',
  about: 'Most members of a group in which a message can mention everybody; 0: nowhere.',
  schema: z.int().min(0).max(mostMembers),
  default: mostMembers,
  clientVisible: true,
});

const drafts = defineSetting({
  key: 'chat.drafts',
  about: 'Drafts that are kept of one person; the oldest go.',
  schema: z.int().min(1).max(mostDrafts),
  default: mostDrafts,
});

const messageDays = defineSetting({
  key: 'chat.messageDays',
  about: 'Days after which the texts of messages are deleted; 0: never. Files go with the last message that refers to them.',
  schema: z.int().min(0).max(mostDays),
  default: 0,
});

const draftDays = defineSetting({
  key: 'chat.draftDays',
  about: 'Days after which a draft that nobody goes on with is deleted; 0: never.',
  schema: z.int().min(0).max(mostDays),
  default: 0,
});

/** The settings of chat. */
export const chatSettings = [
  ...[groupMembers, groupsPerPerson, messageUnits, messageFiles, messageMentions, everybodyMembers, drafts],
  ...[messageDays, draftDays],
] as readonly SettingDefinition<unknown>[];

/** What is in force on this server. */
export function chatLimits(settings: Pick<Settings, 'get'>): ChatLimits {
  return {
    groups: { members: settings.get(groupMembers), groupsPerPerson: settings.get(groupsPerPerson) },
    messages: {
      units: settings.get(messageUnits),
      files: settings.get(messageFiles),
      mentions: settings.get(messageMentions),
      everybodyMembers: settings.get(everybodyMembers),
    },
    drafts: settings.get(drafts),
  };
}

/** What is in force on this server. */
export function chatDays(settings: Pick<Settings, 'get'>): ChatDays {
  return { messages: settings.get(messageDays), drafts: settings.get(draftDays) };
}
