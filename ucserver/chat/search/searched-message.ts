import type { UserId } from '#shared/ids.ts';
import type { EntryBodies } from '#shared/protocol/chat.ts';
import type { NewEntry } from '../commit-plan.ts';
import { plainTextOf } from './plain-text.ts';
import { tokensOf } from './words.ts';

/** What of a message can be searched for. */
export interface SearchedMessage {
  readonly author: UserId;
  /** As it stands now, without formatting, and the names of its files. */
  readonly text: string;
  readonly hasFile: boolean;
}

type Said = Pick<NewEntry, 'kind' | 'body'>;

/** @param edit the last one of it, if any. @returns `undefined` for what is no message, or is one no more. */
export function searchedMessage(message: Said & Pick<NewEntry, 'author'>, edit?: Said): SearchedMessage | undefined {
  if (message.kind !== 'message') return undefined;
  const { text, files = [] } = JSON.parse(message.body) as Partial<EntryBodies['message']>;
  if (typeof text !== 'string') return undefined;
  const edited = edit === undefined ? text : (JSON.parse(edit.body) as { text?: unknown }).text;
  const present = typeof edited === 'string' ? edited : text;
  const said = [plainTextOf(present), ...files.map(({ name }) => name)].filter((piece) => piece !== '');
  return { author: message.author, text: said.join('\n'), hasFile: files.length > 0 };
}

/** Says that files are attached; no word begins like it. */
export const fileToken = '#file';

/** Found by everything that is somebody's; shortened, so other authors may share it. */
export function authorToken(author: UserId): string {
  return `@${author}`.slice(0, 40);
}

/** Everything that a message is indexed by. */
export function tokensOfMessage({ author, text, hasFile }: SearchedMessage): string[] {
  return [...tokensOf(text), authorToken(author), ...(hasFile ? [fileToken] : [])];
}
