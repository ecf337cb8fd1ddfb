import assert from 'node:assert/strict';
import type { SearchHit } from '#shared/protocol/chat-search.ts';
import type { Client } from '#web/api/client.ts';
import { MessageSearch } from '#web/api/message-search.ts';
import type { Result } from '#web/api/types.ts';

const hit = (entryId: string, seq?: number) =>
  ({ conversationId: 'c', entryId, seq, author: 'ada', at: 1, snippet: { text: 'x', marks: [] } }) as unknown as SearchHit;

function scripted(...pages: (Result<'chat.search'> | Error)[]) {
  const asked: unknown[] = [];
  const call = async (_: string, params: unknown) => {
    asked.push(params);
    const page = pages.shift();
    if (page === undefined || page instanceof Error) throw page ?? new Error('nothing more was expected');
    return page;
  };
  return { client: { call } as unknown as Pick<Client, 'call'>, asked };
}

describe('search of messages in the client', () => {
  it('goes on from page to page to the end', async () => {
    const { client, asked } = scripted({ hits: [hit('a', 2)], nextCursor: 'next' }, { hits: [hit('b', 1)] });
    const search = new MessageSearch(client, { words: 'x' }, 1);
    await Promise.all([search.more(), search.more()]);
    assert.equal(search.hasMore, true);
    await search.more();
    await search.more();
    assert.deepEqual(
      search.hits.map(({ entryId }) => entryId),
      ['a', 'b'],
    );
    assert.deepEqual([search.hasMore, search.isPartial], [false, false]);
    assert.deepEqual(asked, [
      { words: 'x', cursor: undefined, limit: 1 },
      { words: 'x', cursor: 'next', limit: 1 },
    ]);
  });

  it('shows once what was pending and is stored on the next page, and says when something may be missing', async () => {
    const { client } = scripted({ hits: [hit('a')], nextCursor: 'next', partial: true }, { hits: [hit('a', 7)] });
    const search = new MessageSearch(client, { words: 'x' });
    await search.more();
    await search.more();
    assert.equal(search.hits.length, 1);
    assert.equal(search.isPartial, true);
  });

  it('can be asked again after an error', async () => {
    const { client } = scripted(new Error('away'), { hits: [hit('a', 1)] });
    const search = new MessageSearch(client, { words: 'x' });
    await assert.rejects(search.more(), /away/);
    await search.more();
    assert.equal(search.hits.length, 1);
  });
});
