import type { UserId } from '#shared/ids.ts';
import type { PrivacyRepository } from './repository.ts';

/** One line of an export: what it is, and what is stored. */
export interface ExportLine {
  readonly what: string;
  readonly [field: string]: unknown;
}

/**
 * Everything that is stored of a person, in pages, so that a long life fits into little memory: profile, contacts and grants,
 * devices, SIP devices, conversations with what they have written there, drafts, calls, files. Times are milliseconds since 1970.
 */
export async function* exportPerson(repository: PrivacyRepository, userId: UserId): AsyncGenerator<ExportLine> {
  for (const [what, rows] of Object.entries(await repository.own(userId))) for (const row of rows) yield { what, ...row };
  for await (const page of repository.conversations(userId)) {
    for (const conversation of page) {
      yield { what: 'conversation', ...conversation };
      for await (const written of repository.written(userId, conversation.id))
        for (const { body, ...entry } of written)
          yield { what: 'entry', conversation_id: conversation.id, ...entry, body: JSON.parse(body) as unknown };
    }
  }
  for (const { body, ...draft } of await repository.drafts(userId))
    yield { what: 'draft', ...draft, body: JSON.parse(body) as unknown };
  for await (const page of repository.calls(userId)) for (const call of page) yield { what: 'call', ...call };
  for await (const page of repository.files(userId)) for (const file of page) yield { what: 'file', ...file };
}
