import assert from 'node:assert/strict';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import type { ServerProcess } from '#test/support/server-process.ts';

interface Line {
  readonly message: string;
  readonly correlationId?: string;
  readonly userId?: string;
}

describe('the logs of all servers', function () {
  this.timeout(60_000);
  let cluster: Cluster;

  before(async () => {
    cluster = await Cluster.start({
      people: { ann: { home: 'server-1' }, bob: { home: 'server-2' } },
      sections: { log: { level: 'debug', format: 'json' } },
    });
  });
  after(() => cluster[Symbol.asyncDispose]());

  const linesOf = ({ log }: ServerProcess) =>
    log.flatMap((text): Line[] => (text.startsWith('{') ? [JSON.parse(text) as Line] : []));

  it('name a request of a client alike: where it came in, and where it was carried out', async () => {
    const [ann, bob] = await Promise.all([cluster.signIn('ann', 0), cluster.signIn('bob', 1)]);
    assert.deepEqual([ann.server, bob.server], ['server-1', 'server-2']);
    await ann.watch(bob);
    await ann.client.call('presence.setNote', { userId: bob.userId, text: 'a secret of bob' });
    const about = (server: ServerProcess, message: RegExp) =>
      linesOf(server).find((line) => line.userId === bob.userId && message.test(line.message));
    const [asked, acted] = await eventually(() => {
      const found = [
        about(cluster.server(0), /Asking the owner/),
        about(cluster.server(1), /Acting for another server/),
      ] as const;
      return found[0] !== undefined && found[1] !== undefined && found;
    });
    assert.match(asked?.correlationId ?? '', /^server-1-/);
    assert.equal(acted?.correlationId, asked?.correlationId);
    for (const server of cluster.servers) assert.doesNotMatch(server.log.join('\n'), /a secret of bob|correct horse/);
  });
});
