import assert from 'node:assert/strict';
import { UCError } from '#shared/protocol/errors.ts';
import { eventually } from '#test/support/eventually.ts';
import type { EntryId } from '#web/api/index.ts';
import { OutgoingQueue } from '#web/api/outgoing-queue.ts';

type Send = ConstructorParameters<typeof OutgoingQueue>[0]['send'];

function queueWith(send: Send) {
  const stored: string[] = [];
  const queue = new OutgoingQueue({ send, onTaken: ({ text }) => stored.push(text), onChange: () => undefined });
  const write = (text: string) => queue.add({ entryId: text as EntryId, text, at: 0 });
  const states = () => queue.items.map(({ text, state }) => `${text} ${state}`);
  return { queue, stored, write, states };
}

describe('web/api: outgoing queue', () => {
  it('sends one after another, in the order of writing', async () => {
    const answers: (() => void)[] = [];
    const { stored, write, states } = queueWith(() => new Promise((resolve) => answers.push(() => resolve({ seq: 1, at: 1 }))));
    write('a');
    write('b');
    assert.deepEqual(states(), ['a sending', 'b waiting']);
    answers[0]?.();
    await eventually(() => assert.deepEqual(states(), ['b sending']));
    answers[1]?.();
    await eventually(() => assert.deepEqual(stored, ['a', 'b']));
    assert.deepEqual(states(), []);
  });

  it('keeps the text when it cannot be stored, holds back what follows, and sends both in order later', async () => {
    let storage = false;
    const { queue, stored, write, states } = queueWith(async () => {
      if (!storage) throw new UCError('STORAGE_UNAVAILABLE');
      return { seq: 1, at: 1 };
    });
    write('a');
    write('b');
    await eventually(() => assert.deepEqual(states(), ['a failed', 'b waiting']));
    storage = true;
    queue.retry();
    await eventually(() => assert.deepEqual(stored, ['a', 'b']));
  });

  it('does not let a message that is refused for good hold back others', async () => {
    const { queue, stored, write, states } = queueWith(async ({ text }) => {
      if (text === 'a') throw new UCError('FORBIDDEN');
      return { seq: 1, at: 1 };
    });
    write('a');
    write('b');
    await eventually(() => assert.deepEqual(stored, ['b']));
    assert.deepEqual(states(), ['a failed']);
    queue.retry();
    assert.deepEqual(states(), ['a failed'], 'only the person tries that again');
    queue.discard('a' as EntryId);
    assert.deepEqual(states(), []);
  });

  it('sends a message again under the same id when it is not known what became of it', async () => {
    const sent: string[] = [];
    const { stored, write } = queueWith(async ({ entryId }) => {
      sent.push(entryId);
      if (sent.length === 1) throw new UCError('OUTCOME_UNKNOWN');
      return { seq: 1, at: 1 };
    });
    write('a');
    await eventually(() => assert.deepEqual(stored, ['a']));
    assert.deepEqual(sent, ['a', 'a']);
  });
});
