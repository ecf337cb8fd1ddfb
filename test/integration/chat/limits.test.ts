import assert from 'node:assert/strict';
import { type ConversationId, type EntryId, fileIdSchema, type UserId } from '#shared/ids.ts';
import type { WireError } from '#shared/protocol/errors.ts';
import type { ParamsIn } from '#shared/protocol/index.ts';
import { randomId } from '#shared/random-id.ts';
import type { ChatClient } from './chat-server.ts';
import { World } from './world.ts';

type Body = ParamsIn<'chat.send'>['body'];

describe('limits of messages', function () {
  this.timeout(30_000);
  let world: World;
  let ada: ChatClient;
  let conversationId: ConversationId;

  beforeEach(async () => {
    world = await World.start(1);
    ada = world.first.signIn(world.ada);
    const group = { entryId: newId(), title: 'Team', members: [world.bob, world.cleo] };
    ({ conversationId } = await ada.ask('chat.createGroup', group));
    Object.assign(world.limits.messages, { units: 100, files: 1, mentions: 1, everybodyMembers: 3 });
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const newId = () => randomId() as EntryId;
  const send = (body: Body, entryId = newId()) => ada.ask('chat.send', { conversationId, entryId, body });
  const refused = async (asked: Promise<unknown>) => {
    const error = await asked.then(
      () => assert.fail('it was not refused'),
      (caught: WireError) => caught,
    );
    return [error.code, error.field, error.details?.most];
  };

  it('are named, with the part that is too large', async () => {
    const files = [randomId(), randomId()].map((id) => fileIdSchema.parse(id));
    const mentions: UserId[] = [world.bob, world.cleo];
    assert.deepEqual(await refused(send({ text: 'x'.repeat(101) })), ['TOO_LARGE', 'params.body.text', 100]);
    assert.deepEqual(await refused(send({ text: '', files })), ['TOO_LARGE', 'params.body.files', 1]);
    assert.deepEqual(await refused(send({ text: 'hello', mentions })), ['TOO_LARGE', 'params.body.mentions', 1]);
    await send({ text: 'hello all', mentions: 'everybody' });
    world.limits.messages.everybodyMembers = 2;
    const all = send({ text: 'hello all', mentions: 'everybody' });
    assert.deepEqual(await refused(all), ['TOO_LARGE', 'params.body.mentions', 2]);
    await send({ text: 'x'.repeat(100), mentions: [world.bob] });
  });

  it('hold for edits too', async () => {
    const target = newId();
    await send({ text: 'short' }, target);
    const edit = (text: string) => ada.ask('chat.edit', { conversationId, entryId: newId(), target, text });
    assert.deepEqual(await refused(edit('x'.repeat(101))), ['TOO_LARGE', 'params.text', 100]);
    await edit('x'.repeat(100));
  });

  it('are not asked about a message that was stored before', async () => {
    const entryId = newId();
    const { seq } = (await send({ text: 'x'.repeat(100), mentions: [world.bob] }, entryId)) as { seq: number };
    world.limits.messages.units = 50;
    const leaving = { conversationId, entryId: newId(), members: [world.bob] };
    await ada.ask('chat.removeMembers', leaving);
    const again = (await send({ text: 'x'.repeat(100), mentions: [world.bob] }, entryId)) as { seq: number };
    assert.equal(again.seq, seq);
  });
});
