import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { type Person, say } from '#test/support/person.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { ucmesh } from '#test/support/ucmesh-command.ts';

describe('what is stored of a person, from the command line while two servers run', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let folder: TempFolder;
  let ann: Person;
  let bob: Person;
  let config: string;

  before(async () => {
    cluster = await Cluster.start({ people: { ann: { home: 'server-1' }, bob: { home: 'server-2' } } });
    folder = new TempFolder('person');
    config = cluster.folder.file('server-1', 'ucmesh.yaml');
    [ann, bob] = await Promise.all([cluster.signIn('ann'), cluster.signIn('bob')]);
    const live = await ann.chatWith(bob);
    for (const text of ['a secret', 'another secret']) await say(live, text);
    await say(await bob.chatWith(ann), 'an answer');
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
    folder?.remove();
  });

  const texts = ({ chats }: Person, other: Person) => chats.with(other.userId)?.messages.map(({ text }) => text);

  it('is written to a file of its own', async () => {
    const file = folder.file('ann.jsonl');
    const { code, out, err } = await ucmesh(['--config', config, 'person', 'export', 'ann', '--to', file]);
    assert.equal(code, 0, err);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    assert.match(out, new RegExp(`^${lines.length} lines`));
    const written = lines.map((line) => JSON.parse(line)).filter(({ what, kind }) => what === 'entry' && kind === 'message');
    assert.deepEqual(
      written.map(({ body }) => body.text),
      ['a secret', 'another secret'],
    );
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const again = await ucmesh(['--config', config, 'person', 'export', 'ann', '--to', file]);
    assert.equal(again.code, 1, 'nothing is written over');
  });

  it('is not erased by mistake', async () => {
    const { code, err } = await ucmesh(['--config', config, 'person', 'erase', 'ann']);
    assert.equal(code, 1);
    assert.match(err, /--yes/);
    const nobody = await ucmesh(['--config', config, 'person', 'erase', 'nobody', '--yes']);
    assert.match(nobody.err, /nobody signs in as nobody/);
  });

  it('is erased: who has it on the screen reads it anew, and nobody signs in any more', async () => {
    const { code, out, err } = await ucmesh(['--config', config, 'person', 'erase', 'ann', '--yes']);
    assert.equal(code, 0, err);
    assert.match(out, /texts in 1 conversations/);
    const refused = () => assert.rejects(cluster.signIn('ann'), { code: 'SIGN_IN_FAILED' });
    await eventually(refused, { withinMs: 10_000, what: 'every server has read that nobody signs in as ann' });
    const live = await bob.chatWith(ann);
    await say(live, 'hello?');
    const look = async () => {
      await live.showNewest();
      assert.deepEqual(texts(bob, ann)?.slice(0, 3), [undefined, undefined, 'an answer']);
    };
    await eventually(look, { withinMs: 15_000, what: 'the texts are gone' });
  });
});
