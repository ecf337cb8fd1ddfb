import assert from 'node:assert/strict';
import { type MethodName, methods } from '#shared/protocol/index.ts';
import { mintAccessTokens } from '#test/support/company.ts';
import { Crowd, type CrowdClient } from '#test/support/crowd.ts';
import { wrongInputs } from '#test/support/wrong-inputs.ts';
import { onOneAndTwoServers } from './places.ts';

const beforeSession: readonly MethodName[] = ['session.open', 'session.ping'];

onOneAndTwoServers(
  'bad input',
  // Hundreds of requests are asked at once.
  ({ there }) => ({ people: { ann: { home: there } }, sections: { gateway: { messageBurst: 10_000 } } }),
  (stage) => {
    let crowd: Crowd;
    let ann: CrowdClient;

    before(async () => {
      const places = stage().servers.map(({ url, cluster }) => ({ url, id: cluster.self.serverId }));
      crowd = new Crowd(await mintAccessTokens(stage().mesh, stage().accounts), places);
      await crowd.signIn(5_000);
      [ann] = crowd.clients as [CrowdClient];
    });
    after(() => crowd.stop());

    for (const method of Object.keys(methods) as MethodName[]) {
      if (beforeSession.includes(method)) continue;
      it(`of ${method} is refused by an error that names the field`, async () => {
        const { openedAtMs } = ann;
        for (const { what, params, field } of wrongInputs(method)) {
          const { error } = (await ann.ask(method, params)) as { error?: { code: string; field?: string } };
          assert.ok(error, `${what}: an error was expected`);
          assert.ok(error.code === 'BAD_REQUEST' || error.code === 'TOO_LARGE', `${what}: ${error.code}`);
          assert.ok(error.field === field || error.field?.startsWith(`${field}.`), `${what}: names ${error.field}, not ${field}`);
        }
        assert.equal(ann.openedAtMs, openedAtMs, 'the session goes on');
      });
    }
  },
);
