import { UCError } from '#shared/protocol/errors.ts';
import { type DatedAuditEntry, recordAudit } from '#ucserver/database/audit.ts';
import { recordChange } from '#ucserver/database/changes.ts';
import { change, procedureSet, rows, type Steps } from '#ucserver/database/procedure.ts';
import { type Queries, statement } from '#ucserver/database/queries.ts';

/** A phone book with its contacts, in parts that are small enough to be read at once. */
export interface StoredBook {
  readonly id: string;
  readonly name: string;
  readonly contacts: number;
  readonly at: number;
  /** JSON arrays of contacts, each with an id that is new. */
  readonly parts: readonly { readonly id: string; readonly document: string }[];
}

const insertPart = statement<{ id: string; bookId: string; number: number; document: string }>((db, param) =>
  db
    .insertInto('phone_book_parts')
    .values({ id: param('id'), book_id: param('bookId'), number: param('number'), document: param('document') }),
);

export const phoneBookProcedures = procedureSet('phoneBook', import.meta.url, {
  /** Puts a book in the place of all that have its name: in one step, so that nobody sees half of it. */
  *replace(queries: Queries, { book, audit }: { book: StoredBook; audit: DatedAuditEntry }): Steps<void> {
    const { id, name, contacts, at, parts } = book;
    const gone = yield* removeNamed(queries, name);
    yield* change(queries.db.insertInto('phone_books').values({ id, name, contacts, imported_at: at }));
    const numbered = parts.map((part, index) => ({ ...part, bookId: id, number: index }));
    yield* change(queries.bindEach(insertPart, numbered));
    yield* recordAudit(queries, audit);
    yield* recordChange(queries, 'phoneBook', [...gone.books, id], at);
    yield* recordChange(queries, 'phoneBookPart', [...gone.parts, ...parts.map((part) => part.id)], at);
  },

  /** @throws UCError NOT_FOUND */
  *remove(queries: Queries, { name, at, audit }: { name: string; at: number; audit: DatedAuditEntry }): Steps<void> {
    const { books, parts } = yield* removeNamed(queries, name);
    if (books.length === 0) throw new UCError('NOT_FOUND', `there is no phone book "${name}"`);
    yield* recordAudit(queries, audit);
    yield* recordChange(queries, 'phoneBook', books, at);
    yield* recordChange(queries, 'phoneBookPart', parts, at);
  },
});

function* removeNamed({ db }: Queries, name: string): Steps<{ books: string[]; parts: string[] }> {
  const books = (yield* rows(db.selectFrom('phone_books').select('id').where('name', '=', name))).map(({ id }) => id);
  const parts: string[] = [];
  for (const bookId of books) {
    const found = yield* rows(db.selectFrom('phone_book_parts').select('id').where('book_id', '=', bookId));
    parts.push(...found.map(({ id }) => id));
    yield* change(db.deleteFrom('phone_book_parts').where('book_id', '=', bookId));
    yield* change(db.deleteFrom('phone_books').where('id', '=', bookId));
  }
  return { books, parts };
}
