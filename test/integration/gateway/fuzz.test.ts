import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { methods } from '#shared/protocol/index.ts';
import { runs } from '#test/support/effort.ts';
import { eventually } from '#test/support/eventually.ts';
import { GatewayFixture } from './fixture.ts';

const envelope = fc.record(
  {
    id: fc.oneof(fc.nat(1_000_000), fc.anything()),
    method: fc.oneof(fc.constantFrom(...Object.keys(methods)), fc.string()),
    params: fc.oneof(fc.jsonValue(), fc.object()),
    more: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const message = fc.oneof(
  envelope.map((value) => JSON.stringify(value) ?? ''),
  fc.json(),
  fc.string(),
  fc.uint8Array(),
);

describe('gateway: whatever is sent', function () {
  this.timeout(60_000);

  it('is answered or ends the connection, and never the server', async () => {
    await using fixture = await GatewayFixture.start({ config: { messageBurst: 100_000 } });
    const sentinel = await fixture.signedIn('sentinel');
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 5 }), async (sent) => {
        const client = await fixture.client().connected();
        for (const each of sent) client.socket.send(each);
        client.socket.send('{"id":777777777,"method":"session.ping"}');
        await eventually(() => client.closed !== undefined || client.messages.some(({ id }) => id === 777_777_777), {
          everyMs: 1,
        });
        client.socket.terminate();
      }),
      { numRuns: runs(150) },
    );
    assert.ok((await sentinel.request('session.ping', {})).result);
    await eventually(() => fixture.gateway.connectionCount === 1);
  });
});
