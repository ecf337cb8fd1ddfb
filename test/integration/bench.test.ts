import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '#test/support/eventually.ts';
import { type Heard, signInAll } from '../../bench/load/client.ts';
import { atRate } from '../../bench/load/pace.ts';
import { floorStage } from '../../bench/stage/floor-stage.ts';

const run = promisify(execFile);
const program = resolve(import.meta.dirname, '../../bench/run.ts');

describe('benches', function () {
  this.timeout(60_000);

  it('are listed when none is named', async () => {
    const { stdout } = await run(process.execPath, [program]);
    const names = stdout.split('\n').map((line) => line.split(' ')[0]);
    for (const name of [
      'presence-latency',
      'presence-fanout',
      'presence-cost-by-servers',
      'chat-send',
      'sign-in-storm',
      'session-memory',
    ])
      assert.ok(names.includes(name), name);
  });

  it('are not guessed', async () => {
    await assert.rejects(run(process.execPath, [program, 'nothing']), (error: { code?: number }) => error.code === 2);
  });

  it('have a floor that carries presence and chat between its servers', async () => {
    await using stage = await floorStage({ servers: 2, users: 3, serverOf: (user) => (user === 0 ? 0 : 1) });
    const clients = await signInAll(stage, [0, 1, 2]);
    const [ada, bob, cleo] = clients;
    assert.ok(ada && bob && cleo);
    const heard: Heard[][] = clients.map(() => []);
    for (const [index, client] of clients.entries()) client.onEvent = (event) => heard[index]?.push(event);
    const statesAt = (index: number) =>
      heard[index]?.filter(({ event }) => event === 'presence.changed').map(({ state }) => state);
    await bob.ask('presence.watch', { userIds: [stage.userId(0)] });
    await ada.ask('presence.set', { state: 'busy' });
    await eventually(() => assert.equal(statesAt(1)?.at(-1), 'busy'));
    const { conversationId } = await ada.ask('chat.open', { userId: stage.userId(2) });
    const answers = await Promise.all(
      [1, 2, 3].map((n) => ada.ask('chat.send', { conversationId, entryId: `e${n}`, body: { text: `m${n}` } })),
    );
    assert.deepEqual(
      answers.map(({ seq }) => seq),
      [1, 2, 3],
    );
    await eventually(() =>
      assert.deepEqual(
        heard[2]?.filter(({ event }) => event === 'chat.entry').map(({ seq }) => seq),
        [1, 2, 3],
      ),
    );
    for (const client of clients) client.close();
  });

  it('keep the rate they were given', async () => {
    let calls = 0;
    await atRate(200, 0.5, () => calls++);
    assert.equal(calls, 100);
  });
});
