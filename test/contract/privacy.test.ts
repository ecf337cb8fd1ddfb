import assert from 'node:assert/strict';
import type { UserId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { DraftRepository } from '#ucserver/chat/drafts/index.ts';
import { chatProcedures, draftProcedures, retentionProcedures } from '#ucserver/chat/index.ts';
import { ChatRepository } from '#ucserver/chat/repository.ts';
import { Audit, dated } from '#ucserver/database/index.ts';
import { journalProcedures } from '#ucserver/journal/index.ts';
import { type ExportLine, erasePerson, exportPerson, PrivacyRepository, privacyProcedures } from '#ucserver/privacy/index.ts';
import { digestVerifier, sipProcedures } from '#ucserver/sip/index.ts';
import { newCommitter, Pair } from './chat-fixture.ts';
import { engines, openTestDatabase, type TestDatabase } from './database-engines.ts';
import { testProcedures } from './database-procedures.ts';

const procedures = [
  chatProcedures,
  draftProcedures,
  retentionProcedures,
  privacyProcedures,
  sipProcedures,
  journalProcedures,
  testProcedures,
];

for (const engine of engines) {
  describe(`what is stored of a person over ${engine}`, function () {
    this.timeout(60_000);
    let opened: TestDatabase;
    let chat: ChatRepository;
    let repository: PrivacyRepository;
    let audit: Audit;
    let pair: Pair;

    before(async function () {
      opened = await openTestDatabase(engine, this, procedures);
      chat = new ChatRepository(opened.database);
      repository = new PrivacyRepository(opened.database);
      audit = new Audit(opened.database, systemClock);
    });
    after(() => opened?.[Symbol.asyncDispose]());

    beforeEach(async () => {
      const { database } = opened;
      pair = new Pair();
      for (const id of pair.members) await database.run(testProcedures.addUser, { id, name: `Name of ${id}`, at: 1 });
      const group = { id: `sales-${randomId()}`, name: 'Sales', members: [pair.ada, pair.bob], at: 2 };
      await database.run(testProcedures.setDepartment, group);
      const committer = newCommitter(chat);
      const written = (id: string, author: UserId, text: string) => pair.entry(id, { author, body: JSON.stringify({ text }) });
      for (let index = 0; index < 260; index++)
        await committer.commit(written(`a${index}`, pair.ada, `secret ${index}`), pair.members);
      await committer.commit(written('b', pair.bob, 'an answer'), pair.members);
      await new DraftRepository(database).set(pair.ada, { conversationId: pair.id, text: 'begun', version: 3 }, 200);
      const device = { id: randomId(), name: 'Desk', createdAt: 3 };
      await database.run(sipProcedures.create, {
        act: { actorId: pair.ada, actId: randomId(), method: 'phones.create', at: 3 },
        device,
        verifier: digestVerifier(device.id, 'test', 'password'),
        audit: dated({ actor: pair.ada, action: 'sipDevice.create', object: `sipDevice/${device.id}` }, systemClock),
      });
    });

    const erase = (userId: UserId, settleMs = 0) =>
      erasePerson(userId, { repository, audit, clock: systemClock, restMs: 0, settleMs });
    const exported = async (userId: UserId) => {
      const lines: ExportLine[] = [];
      for await (const line of exportPerson(repository, userId)) lines.push(line);
      return lines;
    };
    const count = (lines: readonly ExportLine[], what: string) => lines.filter((line) => line.what === what).length;

    it('is exported: profile, phones, groups, conversations, what they wrote, drafts; nothing that others wrote, no secrets', async () => {
      const lines = await exported(pair.ada);
      assert.deepEqual(
        ['profile', 'sipDevice', 'group', 'conversation', 'entry', 'draft'].map((what) => count(lines, what)),
        [1, 1, 1, 1, 260, 1],
      );
      const text = JSON.stringify(lines);
      assert.match(text, /secret 259/);
      assert.doesNotMatch(text, /an answer|password_hash|token_generation|verifier/);
    });

    it('is erased: profile, phones, texts, drafts; numbers and what others wrote stay; it is in the audit log', async () => {
      const generation = await chat.generation();
      assert.deepEqual(await erase(pair.ada), { conversations: 1, files: 0 });
      const lines = await exported(pair.ada);
      assert.deepEqual(
        ['sipDevice', 'group', 'entry', 'draft'].map((what) => count(lines, what)),
        [0, 0, 260, 0],
      );
      assert.doesNotMatch(JSON.stringify(lines), /secret|Name of/);
      const [profile] = lines;
      assert.deepEqual([profile?.locked, profile?.display_name, profile?.email], [1, '–', '']);
      const [last] = await chat.entriesBefore(pair.id, 262, 1);
      assert.deepEqual([last?.seq, last?.body], [261, '{"text":"an answer"}']);
      assert.equal(await chat.generation(), generation + 1, 'clients read anew');
      const actions = (await audit.list(10)).filter(({ object }) => object === `user/${pair.ada}`).map(({ action }) => action);
      assert.deepEqual(actions.sort(), ['user.erase', 'user.erased']);
    });

    it('is erased although a session that is about to end still writes', async () => {
      const erased = erase(pair.ada, 1_000);
      await eventually(async () => assert.equal((await exported(pair.ada))[0]?.locked, 1));
      await new DraftRepository(opened.database).set(pair.ada, { conversationId: pair.id, text: 'too late', version: 9 }, 200);
      await newCommitter(chat).commit(pair.entry('last', { author: pair.ada, body: '{"text":"too late"}' }), pair.members);
      await erased;
      const lines = await exported(pair.ada);
      assert.deepEqual([count(lines, 'entry'), count(lines, 'draft')], [261, 0]);
      assert.ok(!JSON.stringify(lines).includes('too late'));
    });

    it('may be erased again, and nobody else is', async () => {
      await erase(pair.ada);
      await erase(pair.ada);
      const lines = await exported(pair.bob);
      assert.match(JSON.stringify(lines), /Name of bob/);
      await assert.rejects(erase('nobody' as UserId), { code: 'NOT_FOUND' });
    });
  });
}
