import assert from 'node:assert/strict';
import { UCError } from '#shared/protocol/errors.ts';
import { eventually } from '#test/support/eventually.ts';
import {
  type Client,
  type ConversationId,
  connect,
  type Draft,
  type EntryId,
  MemoryCredentialStore,
  StoredDrafts,
  type UserId,
} from '#web/api/index.ts';
import { type Asked, ScriptedServer } from './support/scripted-server.ts';

const here = 'd-here' as ConversationId;
const there = 'd-there' as ConversationId;

describe('web/api: drafts in step with the other devices', () => {
  let server: ScriptedServer;
  let client: Client;
  let drafts: StoredDrafts;
  let stored: Map<string, Draft>;
  let away: boolean;
  const store = new MemoryCredentialStore();

  beforeEach(async () => {
    stored = new Map();
    away = false;
    server = await ScriptedServer.start('uc1');
    server.script.answer = answer;
    client = await connect({ servers: [server.url], signIn: 'anna', password: 'correct horse', store });
    drafts = new StoredDrafts(client);
  });

  afterEach(async () => {
    drafts.close();
    await client.close();
    await server.stop();
  });

  function answer({ method, params }: Asked): unknown {
    if (method === 'chat.drafts') return { drafts: [...stored.values()].filter(({ text }) => text !== '') };
    if (method !== 'chat.setDraft') return 'plainly';
    if (away) throw new UCError('STORAGE_UNAVAILABLE');
    const draft = params as unknown as Draft;
    const known = stored.get(draft.conversationId);
    if (known !== undefined && known.version > draft.version) return known;
    stored.set(draft.conversationId, draft);
    return draft;
  }
  const told = (draft: Partial<Draft>) => server.peer.push({ event: 'chat.draft', ...draft });

  it('stores what is written after a pause, and takes it back', async () => {
    drafts.set(here, { text: 'Hel' });
    drafts.set(here, { text: 'Hello' });
    assert.ok(drafts.hasUnstored);
    await eventually(() => assert.equal(stored.get(here)?.text, 'Hello'));
    await eventually(() => assert.equal(drafts.hasUnstored, false));
    assert.equal(server.peer.asked.filter(({ method }) => method === 'chat.setDraft').length, 1);
    drafts.set(here, { text: '' });
    assert.equal(drafts.get(here), undefined);
    await eventually(() => assert.equal(stored.get(here)?.text, ''));
  });

  it('takes what is newer from elsewhere, and nothing older', async () => {
    const changed: string[] = [];
    drafts.onChange((id) => changed.push(id));
    told({ conversationId: there, text: 'from the phone', version: 5 });
    await eventually(() => assert.equal(drafts.get(there)?.text, 'from the phone'));
    drafts.set(there, { text: 'written here' });
    told({ conversationId: there, text: 'late', version: 6 });
    told({ conversationId: here, text: 'last', version: 1 });
    await eventually(() => assert.equal(drafts.get(here)?.text, 'last'));
    assert.equal(drafts.get(there)?.text, 'written here');
    assert.deepEqual(changed, [there, here]);
  });

  it('carries what a text answers and whom it mentions from one device to the other', async () => {
    const written = { text: 'Hello @Ben', replyTo: 'e1' as EntryId, called: [{ userId: 'ben' as UserId, name: 'Ben' }] };
    drafts.set(here, written);
    await eventually(() => assert.deepEqual(stored.get(here)?.called, written.called));
    const other = 'd-other' as ConversationId;
    told({ ...written, conversationId: other, version: 5 });
    await eventually(() => assert.deepEqual(drafts.get(other), { ...written, conversationId: other, version: 5 }));
  });

  it('keeps what cannot be stored, also for the next life of the client', async () => {
    away = true;
    drafts.set(here, { text: 'not lost' });
    await eventually(() => assert.ok(server.peer.asked.some(({ method }) => method === 'chat.setDraft')));
    drafts.close();
    const next = new StoredDrafts(client);
    try {
      await eventually(() => assert.equal(next.get(here)?.text, 'not lost'));
      away = false;
      server.peer.push({ event: 'system.reach', mesh: 'up', redis: 'up', database: 'up', outbox: 'up' });
      await eventually(() => assert.equal(stored.get(here)?.text, 'not lost'));
      await eventually(async () => assert.deepEqual(await store.get('drafts'), []));
    } finally {
      next.close();
    }
  });
});
