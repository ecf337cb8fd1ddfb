import assert from 'node:assert/strict';
import { type MethodName, methods } from '#shared/protocol/index.ts';
import { wrongInputs } from '#test/support/wrong-inputs.ts';
import { type Client, GatewayFixture } from './fixture.ts';

describe('gateway: requests', () => {
  let fixture: GatewayFixture;
  let client: Client;
  const called: string[] = [];

  before(async () => {
    fixture = await GatewayFixture.start({ config: { messageBurst: 10_000 } });
    for (const method of fixture.dispatcher.missing()) {
      fixture.dispatcher.register(method, () => {
        called.push(method);
        return {} as never;
      });
    }
    client = await fixture.signedIn('alice');
  });

  after(() => fixture[Symbol.asyncDispose]());

  for (const method of Object.keys(methods) as MethodName[]) {
    if (method === 'session.open' || method === 'session.ping') continue;
    it(`refuses every wrong input of ${method}, naming the field`, async () => {
      const inputs = wrongInputs(method);
      for (const { what, params, field } of inputs) {
        const { error } = await client.request(method, params);
        assert.ok(error, `${what}: an error was expected`);
        assert.ok(['BAD_REQUEST', 'TOO_LARGE'].includes(error.code), `${what}: ${error.code}`);
        const named = error.field === field || error.field.startsWith(`${field}.`);
        assert.ok(named, `${what}: named ${error.field} instead of ${field}`);
      }
      assert.ok(inputs.length >= 3);
      assert.ok(!called.includes(method), 'no handler has seen any of it');
    });
  }

  it('refuses wrong input of session.open before the session exists', async () => {
    for (const { what, params, field } of wrongInputs('session.open')) {
      const { error } = await fixture.client().request('session.open', params);
      assert.ok(error?.field === field || error?.field.startsWith(`${field}.`), `${what}: ${JSON.stringify(error)}`);
    }
  });

  it('says which method it does not know, also one that every object has', async () => {
    for (const method of ['presence.nothing', 'constructor', '__proto__', 'toString']) {
      assert.equal((await client.request(method, {})).error.code, 'UNKNOWN_METHOD', method);
    }
  });

  it('takes what is missing from the defaults and lets the handler answer', async () => {
    assert.deepEqual((await client.request('directory.search', { query: 'al' })).result, {});
    assert.ok(called.includes('directory.search'));
  });

  it('names the field inside a choice and inside a list', async () => {
    const grant = { actId: 'a1', to: { kind: 'user', userId: 'x', extra: 1 }, level: 'team' };
    assert.equal((await client.request('permissions.grant', grant)).error.field, 'params.to.extra');
    const watched = { userIds: ['fine', 'not fine!'] };
    assert.equal((await client.request('presence.watch', watched)).error.field, 'params.userIds.1');
    const text = { conversationId: 'c', entryId: 'e', body: { text: '\u0000' } };
    assert.equal((await client.request('chat.send', text)).error.field, 'params.body.text');
    const long = { conversationId: 'c', entryId: 'e', body: { text: 'a'.repeat(10_001) } };
    const { error } = await client.request('chat.send', long);
    assert.deepEqual([error.code, error.field], ['TOO_LARGE', 'params.body.text']);
  });
});
