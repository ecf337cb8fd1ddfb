import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { eventually } from '#test/support/eventually.ts';
import type { InProcess } from '#test/support/in-process.ts';
import { type Person, say, textsOf } from '#test/support/person.ts';
import { SqliteDatabase } from '#ucserver/database/sqlite/sqlite-database.ts';
import type { LiveConversation } from '#web/api/index.ts';
import { onOneAndTwoServers } from './places.ts';

function setPragma({ servers }: InProcess, pragma: string): void {
  for (const { database } of servers) {
    assert.ok(database instanceof SqliteDatabase);
    database.setPragma(pragma);
  }
}

/** Ways in which the file is there no more, or cannot be written. */
const faults = {
  'is full': {
    begin: (stage: InProcess) => setPragma(stage, 'max_page_count = 1'),
    end: (stage: InProcess) => setPragma(stage, 'max_page_count = 1000000'),
  },
  'is read-only': {
    begin: (stage: InProcess) => setPragma(stage, 'query_only = on'),
    end: (stage: InProcess) => setPragma(stage, 'query_only = off'),
  },
  'was moved away': {
    begin: ({ mesh: { databaseFile } }: InProcess) => renameSync(databaseFile, `${databaseFile}.moved`),
    end: ({ mesh: { databaseFile } }: InProcess) => renameSync(`${databaseFile}.moved`, databaseFile),
  },
};
/** A message that needs pages of its own in the file. */
const long = 'x'.repeat(9_000);

onOneAndTwoServers(
  'chat while the database cannot be used',
  ({ here, there }) => ({ people: { ann: { home: here }, bob: { home: there } } }),
  (stage) => {
    let ann: Person;
    let bob: Person;

    before(async () => {
      [ann, bob] = await Promise.all([stage().signIn('ann'), stage().signIn('bob')]);
    });

    for (const [what, { begin, end }] of Object.entries(faults)) {
      it(`goes on with pending messages while it ${what}, and stores them in order when that is over`, async () => {
        const [here, there] = await Promise.all([ann.chatWith(bob), bob.chatWith(ann)]);
        await say(here, `before it ${what}`);
        await eventually(() => assert.equal(textsOf(there).at(-1), `before it ${what}`));
        const before = textsOf(here);

        begin(stage());
        const said: string[] = [];
        const sayNext = async (chat: LiveConversation) => {
          said.push(`${said.length} ${long}`);
          await say(chat, said.at(-1) ?? '');
          await eventually(() => {
            for (const each of [here, there])
              assert.equal([...textsOf(each), ...each.log.pending].length, before.length + said.length);
          });
        };
        // A file that was moved takes what comes before that is noticed, on each server for itself.
        await eventually(
          async () => {
            for (const chat of [here, there]) await sayNext(chat);
            return stage().servers.every(({ database }) => database.health.writes === 'away');
          },
          { withinMs: 5_000, what: 'the database is away' },
        );
        for (const chat of [there, here, there]) await sayNext(chat);
        assert.ok(there.log.pending.length >= 3, 'everybody sees what is not stored');

        end(stage());
        await eventually(
          () => {
            for (const chat of [here, there]) {
              assert.deepEqual([chat.log.pending.length, chat.outgoing.length], [0, 0]);
              assert.deepEqual(textsOf(chat), [...before, ...said]);
            }
          },
          { withinMs: 10_000, what: 'everything is stored once and in order' },
        );
      });
    }
  },
);
