import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { WebSocketServer } from 'ws';

/**
 * The bare query: a program that answers a page of a conversation with what one prepared statement finds, over a WebSocket; no
 * session, no rights, no other thread.
 *
 * Argument: the database file. Prints `{"port":…}` when it serves.
 */
const [file = ''] = process.argv.slice(2);
const database = new DatabaseSync(file, { readOnly: true });
const page = database.prepare(
  `select seq, entry_id, author_id, kind, body, accepted_at from entries
   where conversation_id = ? and seq < ? order by seq desc limit ?`,
);

interface Row {
  seq: number;
  entry_id: string;
  author_id: string;
  kind: string;
  body: string;
  accepted_at: number;
}

interface Asked {
  readonly id: number;
  readonly method: string;
  readonly params: { readonly conversationId: string; readonly before?: number; readonly limit: number };
}

function answer({ method, params }: Asked): string {
  if (method !== 'chat.history') return '{"status":"welcome"}';
  const { conversationId, before = Number.MAX_SAFE_INTEGER, limit } = params;
  const rows = page.all(conversationId, before, limit) as unknown as Row[];
  const entries = rows.map(
    ({ seq, entry_id, author_id, kind, body, accepted_at }) =>
      `{"conversationId":"${conversationId}","seq":${seq},"entryId":"${entry_id}","author":"${author_id}","at":${accepted_at},"kind":"${kind}","body":${body}}`,
  );
  return `{"entries":[${entries.reverse().join(',')}]}`;
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('message', (bytes) => {
    const asked = JSON.parse(String(bytes)) as Asked;
    socket.send(`{"id":${asked.id},"result":${answer(asked)}}`);
  });
});
server.on('listening', () => console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })));
