import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Redis } from 'ioredis';
import { type WebSocket, WebSocketServer } from 'ws';

/**
 * The floor: the least that can carry presence and chat between servers over Redis. One addressed inbox per server, one write per
 * connection and turn, one PUBLISH per server and turn; no validation, no rights, no storage, no repair of what was lost. It
 * speaks as much of the client protocol as the benches use, so that the same load runs against it and against the product.
 *
 * Arguments: own id, port of Redis, ids of all servers separated by commas. Prints `{"port":…}` when it serves.
 */
const [self = '', redisPort = '', all = ''] = process.argv.slice(2);
const peers = all.split(',').filter((id) => id !== self);
const publisher = new Redis(Number(redisPort), '127.0.0.1');
const subscriber = new Redis(Number(redisPort), '127.0.0.1');

/** One connection: the events of one turn leave as one message, and all messages of one turn by one write. */
class Connection {
  userId = '';
  readonly #socket: WebSocket;
  readonly #raw: Duplex;
  #events: string[] = [];
  #corked = false;

  constructor(socket: WebSocket, raw: Duplex) {
    this.#socket = socket;
    this.#raw = raw;
  }

  push(event: string): void {
    this.#cork();
    this.#events.push(event);
  }

  answer(id: number, result: string): void {
    this.#cork();
    this.#socket.send(`{"id":${id},"result":${result}}`);
  }

  flush(): void {
    if (this.#events.length > 0) this.#socket.send(`{"events":[${this.#events.join(',')}]}`);
    this.#events = [];
    this.#corked = false;
    this.#raw.uncork();
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#raw.cork();
    waiting.push(this);
  }
}

interface Person {
  /** The server the person is signed in on. */
  server: string;
  /** Their presence, serialised; empty while they are offline. */
  event: string;
  readonly connections: Set<Connection>;
  readonly watchers: Set<Connection>;
  /** Other servers with a watcher. */
  readonly interested: Set<string>;
  seq: number;
}

const people = new Map<string, Person>();
const logs = new Map<string, number>();
/** Members of groups, by the id of the conversation. */
const groups = new Map<string, Set<Person>>();
let waiting: Connection[] = [];
let outgoing = new Map<string, string[]>();
let flushing = false;

function person(userId: string): Person {
  let found = people.get(userId);
  if (found === undefined) {
    found = { server: '', event: '', connections: new Set(), watchers: new Set(), interested: new Set(), seq: 0 };
    people.set(userId, found);
  }
  return found;
}

function tell(server: string, line: string): void {
  const lines = outgoing.get(server);
  if (lines === undefined) outgoing.set(server, [line]);
  else lines.push(line);
}

function flush(): void {
  flushing = false;
  const connections = waiting;
  waiting = [];
  for (const connection of connections) connection.flush();
  const servers = outgoing;
  outgoing = new Map();
  for (const [server, lines] of servers) void publisher.publish(`floor:${server}`, lines.join('\n'));
}

function flushSoon(): void {
  if (flushing) return;
  flushing = true;
  setImmediate(flush);
}

function show(userId: string, event: string): void {
  const shown = person(userId);
  shown.event = event;
  for (const watcher of shown.watchers) watcher.push(event);
}

/** A change of presence of somebody who is signed in here; answers its version. */
function change(userId: string, state: string): string {
  const changed = person(userId);
  const version = `[1,"${self}",1,${++changed.seq}]`;
  const activities = '"activities":[{"kind":"manual"}],"capabilities":["chat"],"devices":["browser"]';
  const presence = `"userId":"${userId}","version":${version},"level":"team","state":"${state}","since":${Date.now()},${activities}`;
  const event = `{"event":"presence.changed",${presence}}`;
  show(userId, event);
  for (const server of changed.interested) tell(server, `P${userId} ${event}`);
  return version;
}

function watch(connection: Connection, userIds: readonly string[]): string {
  const elsewhere = new Map<string, string[]>();
  for (const userId of userIds) {
    const watched = person(userId);
    watched.watchers.add(connection);
    if (watched.watchers.size > 1 || watched.server === self || watched.server === '') continue;
    const list = elsewhere.get(watched.server);
    if (list === undefined) elsewhere.set(watched.server, [userId]);
    else list.push(userId);
  }
  for (const [server, list] of elsewhere) tell(server, `W${self} ${list.join(',')}`);
  const presences = userIds.map((userId) => person(userId).event || `{"userId":"${userId}","state":"offline"}`);
  return `{"presences":[${presences.join(',')}]}`;
}

function join(conversationId: string, userIds: readonly string[]): void {
  const members = groups.get(conversationId) ?? new Set();
  groups.set(conversationId, members);
  for (const userId of userIds) members.add(person(userId));
}

/** Adds members to a group, which begins with its first ones. */
function gather(conversationId: string, userIds: readonly string[]): string {
  join(conversationId, userIds);
  for (const peer of peers) tell(peer, `G${conversationId} ${userIds.join(',')}`);
  return `{"conversationId":"${conversationId}"}`;
}

function tellGroup(members: Iterable<Person>, event: string, except?: Connection): void {
  for (const { connections } of members) for (const each of connections) if (each !== except) each.push(event);
}

function chat(connection: Connection, { conversationId, entryId, body }: Record<string, string>): string {
  const seq = (logs.get(conversationId ?? '') ?? 0) + 1;
  logs.set(conversationId ?? '', seq);
  const at = Date.now();
  const ids = `"conversationId":"${conversationId}","seq":${seq},"entryId":"${entryId}","author":"${connection.userId}"`;
  const event = `{"event":"chat.entry",${ids},"at":${at},"kind":"message","body":${JSON.stringify(body)}}`;
  const group = groups.get(conversationId ?? '');
  if (group !== undefined) {
    tellGroup(group, event, connection);
    for (const peer of peers) tell(peer, `K${conversationId} ${event}`);
    return `{"seq":${seq},"at":${at}}`;
  }
  for (const member of (conversationId ?? '').split('--')) {
    const { server, connections } = person(member);
    if (server !== self && server !== '') tell(server, `C${member} ${event}`);
    for (const each of connections) if (each !== connection) each.push(event);
  }
  return `{"seq":${seq},"at":${at}}`;
}

function open(connection: Connection, userId: string): string {
  connection.userId = userId;
  const opened = person(userId);
  opened.server = self;
  opened.connections.add(connection);
  for (const peer of peers) tell(peer, `S${self} ${userId}`);
  change(userId, 'available');
  const welcome = '"status":"welcome","attached":false,"servers":[],"reach":{"mesh":"up","database":"up"}';
  return `{${welcome},"sessionId":"${userId}","userId":"${userId}","serverId":"${self}","now":${Date.now()},"tokenEndsAt":0}`;
}

function answer(connection: Connection, method: string, params: Record<string, never>): string {
  if (method === 'session.open') return open(connection, params.token ?? '');
  if (method === 'presence.watch') return watch(connection, params.userIds ?? []);
  if (method === 'chat.open') return `{"conversationId":"${[connection.userId, params.userId].sort().join('--')}"}`;
  if (method === 'chat.createGroup') return gather(params.entryId ?? '', params.members ?? []);
  if (method === 'chat.addMembers') return gather(params.conversationId ?? '', params.members ?? []);
  if (method === 'chat.send') return chat(connection, params);
  if (method === 'presence.set') return `{"version":${change(connection.userId, params.state ?? '')}}`;
  return '{}';
}

/** What another server tells: the first letter says what, then the person or server, then the rest. */
function hear(line: string): void {
  const space = line.indexOf(' ');
  const name = line.slice(1, space);
  const rest = line.slice(space + 1);
  if (line[0] === 'P') show(name, rest);
  else if (line[0] === 'C') for (const connection of person(name).connections) connection.push(rest);
  else if (line[0] === 'K') tellGroup(groups.get(name) ?? [], rest);
  else if (line[0] === 'G') join(name, rest.split(','));
  else if (line[0] === 'W') {
    for (const userId of rest.split(',')) {
      const watched = person(userId);
      watched.interested.add(name);
      if (watched.event !== '') tell(name, `P${userId} ${watched.event}`);
    }
  } else {
    const opened = person(rest);
    opened.server = name;
    if (opened.watchers.size > 0) tell(name, `W${self} ${rest}`);
  }
}

const http = createServer();
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
sockets.on('connection', (socket, request) => {
  const connection = new Connection(socket, request.socket);
  socket.on('message', (bytes) => {
    const { id, method, params } = JSON.parse(String(bytes)) as { id: number; method: string; params: Record<string, never> };
    connection.answer(id, answer(connection, method, params));
    flushSoon();
  });
  socket.on('close', () => {
    person(connection.userId).connections.delete(connection);
    for (const { watchers } of people.values()) watchers.delete(connection);
  });
});

subscriber.on('message', (_channel, text) => {
  for (const line of text.split('\n')) hear(line);
  flushSoon();
});
await subscriber.subscribe(`floor:${self}`);
http.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: (http.address() as AddressInfo).port })));
