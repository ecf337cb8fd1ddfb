import assert from 'node:assert/strict';
import { eventually } from '#test/support/eventually.ts';
import {
  type Client,
  type ClientClock,
  Conversations,
  connect,
  PresenceWatch,
  platformClock,
  type UserId,
} from '#web/api/index.ts';
import { type Asked, ScriptedServer } from './support/scripted-server.ts';

const entry = (seq: number, author = 'ben') => ({
  event: 'chat.entry',
  conversationId: 'c',
  seq,
  entryId: `e${seq}`,
  author,
  at: seq,
  kind: 'message',
  body: { text: `message ${seq}` },
});

const conversation = (head: number, unread = 0) => ({
  conversationId: 'c',
  kind: 'direct',
  members: ['anna', 'ben'],
  head: { generation: 1, seq: head },
  positions: [],
  unread,
  ...(head > 0 ? { lastEntry: entry(head) } : {}),
});

describe('web/api: conversations and watched people over reconnects', () => {
  let server: ScriptedServer;
  let client: Client;
  let head: number;

  beforeEach(async () => {
    head = 2;
    server = await ScriptedServer.start('uc1');
    server.script.answer = answer;
    client = await connect({ servers: [server.url], signIn: 'anna', password: 'correct horse' });
  });

  afterEach(async () => {
    await client.close();
    await server.stop();
  });

  function answer({ method, params }: Asked): unknown {
    if (method === 'chat.conversations') return { conversations: [conversation(head, head - 2)] };
    if (method === 'chat.history') {
      const { after = 0, before = head + 1 } = params as { after?: number; before?: number };
      const page = Array.from({ length: before - after - 1 }, (_, index) => entry(after + index + 1));
      return { entries: page, head: { generation: 1, seq: head }, more: false };
    }
    if (method === 'chat.resume') {
      const [cursor] = params.cursors as { seq: number }[];
      const missed = Array.from({ length: head - (cursor?.seq ?? 0) }, (_, index) => entry((cursor?.seq ?? 0) + index + 1));
      return { conversations: [{ conversation: conversation(head, head - 2), entries: missed, more: false }] };
    }
    if (method === 'chat.send') {
      head += 1;
      return { seq: head, at: head };
    }
    if (method === 'presence.watch') {
      const userIds = params.userIds as string[];
      return { presences: userIds.map((userId) => ({ userId, version: [1, 'uc1', 1, 1], level: 'team', state: 'available' })) };
    }
    return 'plainly';
  }

  async function ready(): Promise<Conversations> {
    const conversations = new Conversations(client);
    await eventually(() => conversations.state === 'ready');
    return conversations;
  }

  const seqs = (conversations: Conversations) => conversations.list[0]?.log.entries.map(({ seq }) => seq);

  it('fetches what lies in a gap and announces everything once', async () => {
    const conversations = await ready();
    const arrived: number[] = [];
    conversations.onArrival(({ entries }) => arrived.push(...entries.flatMap((each) => ('seq' in each ? each.seq : []))));
    head = 5;
    server.peer.push(entry(5));
    await eventually(() => assert.deepEqual(seqs(conversations), [2, 3, 4, 5]));
    server.peer.push(entry(4), entry(5));
    head = 6;
    server.peer.push(entry(6));
    await eventually(() => assert.deepEqual(arrived, [3, 4, 5, 6]));
    conversations.close();
  });

  it('misses nothing and sees nothing twice when the connection was away', async () => {
    const conversations = await ready();
    const arrived: number[] = [];
    conversations.onArrival(({ entries }) => arrived.push(...entries.flatMap((each) => ('seq' in each ? each.seq : []))));
    await server.stop();
    head = 4;
    await server.listen();
    await eventually(() => assert.deepEqual(seqs(conversations), [2, 3, 4]), { withinMs: 5_000 });
    assert.deepEqual(arrived, [3, 4]);
    assert.equal(conversations.list[0]?.log.unread, 2);
    conversations.close();
  });

  it('counts everything of a new conversation in which somebody writes while it is read', async () => {
    server.script.answer = (asked) => {
      if (asked.method === 'chat.conversations') return { conversations: [] };
      if (asked.method !== 'chat.resume') return answer(asked);
      const listing = { conversation: conversation(29, 29), entries: [], more: false };
      head = 38;
      return { conversations: [listing] };
    };
    const conversations = await ready();
    server.peer.push(entry(29));
    await eventually(() => assert.equal(seqs(conversations)?.at(-1), 38));
    assert.equal(conversations.list[0]?.log.unread, 38);
    server.peer.push(entry(38), entry(39));
    await eventually(() => assert.equal(conversations.list[0]?.log.unread, 39));
    conversations.close();
  });

  it('counts once what a listing counts before it arrives', async () => {
    const conversations = await ready();
    const [live] = conversations.list;
    head = 4;
    const listed = live?.takeListing(conversation(5, 3) as never);
    assert.equal(live?.log.unread, 3);
    server.peer.push(entry(3), entry(4), entry(5));
    head = 5;
    await eventually(() => assert.equal(seqs(conversations)?.at(-1), 5));
    await listed;
    assert.equal(live?.log.unread, 3);
    conversations.close();
  });

  it('puts an own message into the log once, whether the answer or the event comes first', async () => {
    const conversations = await ready();
    const [live] = conversations.list;
    live?.send('hello');
    await eventually(() => assert.deepEqual(seqs(conversations), [2, 3]));
    server.peer.push(entry(3, 'anna'));
    head = 4;
    server.peer.push(entry(4));
    await eventually(() => assert.deepEqual(seqs(conversations), [2, 3, 4]));
    assert.equal(live?.outgoing.length, 0);
    conversations.close();
  });

  it('keeps what was not acknowledged for the next life of the client', async () => {
    server.script.answer = (asked) => (asked.method === 'chat.send' ? undefined : answer(asked));
    const conversations = await ready();
    const entryId = conversations.list[0]?.send('kept');
    await eventually(async () => (await client.store.get('outgoing'))?.[0]?.text === 'kept');
    conversations.close();
    const { store } = client;
    await client.close();
    server.script.answer = answer;
    client = await connect({ servers: [server.url], store });
    const again = await ready();
    await eventually(() => server.peer.asked.some(({ method, params }) => method === 'chat.send' && params.entryId === entryId));
    await eventually(async () => (await store.get('outgoing'))?.length === 0);
    again.close();
  });

  it('tells that somebody writes at most every 3 s, and once more at the end of that time', async () => {
    await client.close();
    const clock: ClientClock = { ...platformClock, after: (delayMs, act) => platformClock.after(delayMs / 100, act) };
    client = await connect({ servers: [server.url], signIn: 'anna', password: 'correct horse', clock });
    const conversations = await ready();
    const [live] = conversations.list;
    const told = () => server.askedFor('chat.typing').length;
    live?.tellTyping();
    live?.tellTyping();
    live?.tellTyping();
    await eventually(() => told() === 2);
    live?.tellTyping();
    live?.send('sent before it was told again');
    await eventually(() => server.askedFor('chat.send').length === 1);
    assert.equal(told(), 2);
    conversations.close();
  });

  it('watches the same people again in each session', async () => {
    const watch = new PresenceWatch(client);
    const ben = 'ben' as UserId;
    const stop = watch.watch(ben, () => undefined);
    await eventually(() => watch.of(ben)?.state === 'available');
    server.peer.terminate();
    await eventually(() => server.peers.length === 2 && server.peer.asked.some(({ method }) => method === 'presence.watch'));
    server.peer.push({ event: 'presence.changed', userId: 'ben', version: [1, 'uc1', 1, 2], level: 'team', state: 'busy' });
    await eventually(() => watch.of(ben)?.state === 'busy');
    stop();
    watch.close();
  });
});
