import assert from 'node:assert/strict';
import * as z from 'zod';
import { type MethodName, methods } from '#shared/protocol/index.ts';
import { type Client, GatewayFixture } from './fixture.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** One wrong input: what to send and which field the answer must name. */
interface WrongInput {
  readonly what: string;
  readonly params: unknown;
  readonly field: string;
}

const idPattern = '^[A-Za-z0-9_-]+$';

/** A value that the schema takes. */
function example(schema: JsonSchema): unknown {
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice) return example(choice as JsonSchema);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, example((schema.properties?.[name] ?? {}) as JsonSchema)]),
      );
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => example(schema.items as JsonSchema));
    case 'string':
      return schema.pattern === idPattern ? 'abc' : 'a'.repeat(Math.max(3, schema.minLength ?? 0));
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1);
    case 'boolean':
      return true;
    default:
      return null;
  }
}

/** For each field: a value of a type it never has; too long a value where there is a limit; and an unknown field for the whole. */
function wrongInputs(method: MethodName): WrongInput[] {
  const schema = z.toJSONSchema(methods[method].params, { io: 'input', unrepresentable: 'any' });
  const right = example(schema) as Record<string, unknown>;
  const wrong: WrongInput[] = [
    { what: 'an unknown field', params: { ...right, surplus: 1 }, field: 'params.surplus' },
    { what: 'no object', params: 'text', field: 'params' },
    { what: 'a list', params: [], field: 'params' },
  ];
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const field = `params.${name}`;
    if (takesAnything(property as JsonSchema)) continue;
    wrong.push({ what: `a wrong type of ${name}`, params: { ...right, [name]: wrongType(property as JsonSchema) }, field });
    for (const tooLong of tooLongValues(property as JsonSchema)) {
      wrong.push({ what: `too long a ${name}`, params: { ...right, [name]: tooLong }, field });
    }
  }
  for (const name of schema.required ?? []) {
    const { [name]: _, ...rest } = right;
    wrong.push({ what: `no ${name}`, params: rest, field: `params.${name}` });
  }
  return wrong;
}

function takesAnything({ type, anyOf, enum: values, const: constant, oneOf }: JsonSchema): boolean {
  return type === undefined && anyOf === undefined && values === undefined && constant === undefined && oneOf === undefined;
}

function wrongType(schema: JsonSchema): unknown {
  return schema.type === 'boolean' ? 'yes' : true;
}

function tooLongValues(schema: JsonSchema): unknown[] {
  if (schema.type === 'string' && schema.maxLength !== undefined) return ['a'.repeat(schema.maxLength + 1)];
  if (schema.type === 'array' && schema.maxItems !== undefined) {
    return [Array.from({ length: schema.maxItems + 1 }, () => example(schema.items as JsonSchema))];
  }
  return [];
}

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
