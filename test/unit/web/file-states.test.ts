import assert from 'node:assert/strict';
import { ManualClock } from '#test/support/manual-clock.ts';
import { type FileId, type FileState, type Files, UCError } from '#web/api/index.ts';
import { briefly } from '#web/client/chat/plain-text.ts';
import { FileStates } from '#web/client/files/file-states.ts';

describe('web client: states of files that are shown', () => {
  const ids = (...names: string[]) => names as FileId[];
  let states: FileStates;
  let clock: ManualClock;
  let asked: FileId[][];
  let answer: (asked: readonly FileId[]) => ReadonlyMap<FileId, FileState>;

  beforeEach(() => {
    asked = [];
    answer = (open) => new Map(open.map((fileId) => [fileId, 'ready']));
    const files = {
      states: async (open: readonly FileId[]) => {
        asked.push([...open]);
        return answer(open);
      },
    } as unknown as Files;
    clock = new ManualClock();
    states = new FileStates(files, clock);
  });
  afterEach(() => states.close());

  it('are asked for together, once', async () => {
    const all = ids('a', 'b', 'c');
    let told = 0;
    for (const fileId of all) states.watch(fileId, () => (told += 1));
    await clock.pass(20);
    assert.equal(states.get('c' as FileId), 'ready');
    assert.deepEqual([asked, told], [[all], 3]);
    const off = states.watch('a' as FileId, () => undefined);
    off();
    states.watch('d' as FileId, () => undefined);
    await clock.pass(20);
    assert.deepEqual(asked[1], ids('d'));
  });

  it('are asked for again while one is scanned or nobody answers', async () => {
    const answers = [
      () => {
        throw new UCError('STORAGE_UNAVAILABLE');
      },
      () => new Map([['a' as FileId, 'scanning' as const]]),
      () => new Map([['a' as FileId, 'ready' as const]]),
    ];
    answer = () => (answers.shift() ?? (() => new Map()))();
    states.watch('a' as FileId, () => undefined);
    await clock.pass(20);
    assert.equal(states.get('a' as FileId), undefined);
    await clock.pass(3_000);
    assert.equal(states.get('a' as FileId), 'scanning');
    await clock.pass(3_000);
    assert.equal(states.get('a' as FileId), 'ready');
    await clock.pass(60_000);
    assert.equal(asked.length, 3);
  });
});

describe('web client: a message in one line', () => {
  it('is its text, or the names of its files', () => {
    assert.equal(briefly({ text: '**Here** it is', files: [{ name: 'a.txt' }] }), 'Here it is');
    assert.equal(briefly({ text: '', files: [{ name: 'a.txt' }, { name: 'b.png' }] }), '📎 a.txt, 📎 b.png');
    assert.equal(briefly({ text: undefined, files: undefined }), '');
  });
});
