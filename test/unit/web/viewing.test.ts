import assert from 'node:assert/strict';
import { eventually } from '#test/support/eventually.ts';
import { type Client, Conversations, connect, type LiveConversation } from '#web/api/index.ts';
import { type Asked, ScriptedServer } from './support/scripted-server.ts';

/** Entry 5 was edited by 1,400 and reacted to by 1,500; 1,450 answers it; all others are messages. */
const head = 1_500;

function entry(seq: number) {
  const base = { conversationId: 'c', seq, entryId: `e${seq}`, author: 'ben', at: seq };
  if (seq === 1_400) return { ...base, kind: 'edit', body: { target: 'e5', text: 'changed' } };
  if (seq === 1_500) return { ...base, kind: 'reaction', body: { target: 'e5', emoji: '👍', on: true } };
  return { ...base, kind: 'message', body: { text: `message ${seq}`, ...(seq === 1_450 ? { replyTo: 'e5' } : {}) } };
}

const page = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => entry(from + index));

describe('web/api: looking at any part of a conversation', () => {
  let server: ScriptedServer;
  let client: Client;
  let conversations: Conversations;
  let live: LiveConversation;

  beforeEach(async () => {
    server = await ScriptedServer.start('uc1');
    server.script.answer = answer;
    client = await connect({ servers: [server.url], signIn: 'anna', password: 'correct horse' });
    conversations = new Conversations(client);
    await eventually(() => conversations.state === 'ready');
    const [first] = conversations.list;
    assert.ok(first);
    live = first;
    await live.showNewest();
  });

  afterEach(async () => {
    conversations.close();
    await client.close();
    await server.stop();
  });

  function answer({ method, params }: Asked): unknown {
    if (method === 'chat.conversations')
      return {
        conversations: [
          {
            conversationId: 'c',
            kind: 'direct',
            members: ['anna', 'ben'],
            head: { generation: 1, seq: head },
            positions: [],
            unread: 0,
            lastEntry: entry(head),
          },
        ],
      };
    if (method === 'chat.history') {
      const { after, before, limit } = params as { after?: number; before?: number; limit: number };
      const to = after === undefined ? Math.min(head, (before ?? head + 1) - 1) : Math.min(head, after + limit);
      const from = after === undefined ? Math.max(1, to - limit + 1) : after + 1;
      return { entries: page(from, to), head: { generation: 1, seq: head }, more: after === undefined ? from > 1 : to < head };
    }
    if (method === 'chat.entries') {
      const ids = new Set(params.entryIds as string[]);
      return { entries: page(1, head).filter(({ entryId, body }) => ids.has(entryId) || ids.has(String(body.target))) };
    }
    return 'plainly';
  }

  const seqs = () => live.shown.entries.map(({ seq }) => seq);
  const isContiguous = () => seqs().every((seq, index, all) => index === 0 || seq === (all[index - 1] ?? 0) + 1);

  it('shows an old part by itself, as its messages are now', async () => {
    await live.openAt(5);
    assert.equal(live.shown.isNewest, false);
    assert.ok(live.shown.isFirst);
    assert.deepEqual(live.wanted, { seq: 5 });
    const fifth = live.shown.messages.find(({ entryId }) => entryId === 'e5');
    assert.equal(fifth?.text, 'changed');
    assert.deepEqual(fifth?.reactions, [{ emoji: '👍', users: ['ben'] }]);
    assert.equal(live.messages.at(-1)?.entryId, 'e1499', 'the newest are still known');
  });

  it('goes on in both directions until it is one with the newest part', async () => {
    await live.openAt(700);
    const [first = 0] = seqs();
    await live.loadEarlier();
    assert.equal(seqs()[0], first - 50);
    assert.ok(isContiguous());
    for (let pages = 0; pages < 40 && !live.shown.isNewest; pages++) await live.loadLater();
    assert.ok(live.shown.isNewest);
    assert.ok(isContiguous());
    assert.deepEqual([seqs()[0], seqs().at(-1)], [first - 50, head]);
  });

  it('reads down to what is near, so that nothing is left out, and leaves an old part when one wants the newest', async () => {
    await live.openAt(1_000);
    assert.ok(live.shown.isNewest && isContiguous() && (seqs()[0] ?? 0) <= 1_000);
    await live.openAt(5);
    live.openNewest();
    assert.ok(live.shown.isNewest);
    assert.equal(live.wanted, undefined);
  });

  it('tells of changes to what it shows as they come', async () => {
    await live.openAt(5);
    const body = { target: 'e5', text: 'changed again' };
    server.peer.push({ event: 'chat.entry', ...entry(head), seq: head + 1, entryId: 'e-new', kind: 'edit', body });
    await eventually(() => live.shown.messages.find(({ entryId }) => entryId === 'e5')?.text === 'changed again');
  });

  it('knows what a message answers although it is not held', async () => {
    const answering = live.messages.find(({ entryId }) => entryId === 'e1450');
    assert.equal(answering?.replyTo, 'e5');
    assert.equal(live.message(answering.replyTo), undefined, 'it is being read');
    await eventually(() => assert.equal(live.message(answering.replyTo as never)?.text, 'changed'));
    assert.equal(live.message('nothing' as never), undefined);
    await eventually(() => assert.equal(live.message('nothing' as never), null));
  });
});
