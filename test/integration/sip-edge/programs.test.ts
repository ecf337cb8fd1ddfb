import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { eventually } from '#test/support/eventually.ts';
import { Baresip } from '#test/support/sip/baresip.ts';
import { EdgeUnderTest } from '#test/support/sip/edge.ts';
import { sdp } from '#test/support/sip/sip-message.ts';
import { sippAnswers, sippCalls } from '#test/support/sip/sipp.ts';
import type { SrfApplication, SrfRequest } from '#ucserver/sip/srf.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** Whether a request proves the password `secret` for the nonce of the test. */
function isProved(request: SrfRequest): boolean {
  const given = request.get('Authorization') ?? '';
  const read = (name: string) => new RegExp(`${name}="?([^",]+)`).exec(given)?.[1] ?? '';
  const inner = md5(`alice:edge.test:secret`);
  const outer = md5(`REGISTER:${read('uri')}`);
  return read('response') === md5(`${inner}:nonce:${read('nc')}:${read('cnonce')}:auth:${outer}`);
}

describe('SIP edge: other programs', () => {
  let edge: EdgeUnderTest;
  let app: SrfApplication;
  let registered: string | undefined;
  let called = 'sip:nobody@127.0.0.1:9';

  before(async () => {
    edge = await EdgeUnderTest.start({ limits: { transactionsPerSource: 10_000 } });
    app = await edge.application();
    app.use('invite', (request, response) => {
      if (request.uri.includes('direct@')) {
        void app.createUAS(request, response, { localSdp: sdp(4000) });
        return;
      }
      void app.createB2BUA(request, response, called).then(
        ({ uas, uac }) => {
          uas.on('destroy', () => void uac.destroy());
          uac.on('destroy', () => void uas.destroy());
        },
        () => undefined,
      );
    });
    app.use('register', (request, response) => {
      if (!isProved(request)) {
        response.send(401, { headers: { 'WWW-Authenticate': 'Digest realm="edge.test", nonce="nonce", qop="auth"' } });
        return;
      }
      registered = request.getParsedHeader('contact')[0]?.uri;
      response.send(200, { headers: { Contact: `<${registered}>;expires=60` } });
    });
  });
  after(async () => {
    await edge.idle(30_000);
    await edge.stop();
  });

  for (const protocol of ['udp', 'tcp'] as const) {
    it(`sipp calls over ${protocol} and is answered`, async function () {
      this.timeout(60_000);
      const to = edge.address(protocol);
      const { successful, failed } = await sippCalls({ protocol, rate: 50, calls: 150, holdMs: 100, to, user: 'direct' });
      assert.deepEqual({ successful, failed }, { successful: 150, failed: 0 });
    });

    it(`sipp calls sipp over ${protocol}, back to back`, async function () {
      this.timeout(60_000);
      const answering = await sippAnswers(protocol);
      called = `sip:service@127.0.0.1:${answering.port};transport=${protocol}`;
      const { successful, failed } = await sippCalls({ protocol, rate: 30, calls: 90, holdMs: 100, to: edge.address(protocol) });
      await answering.end();
      assert.deepEqual({ successful, failed }, { successful: 90, failed: 0 });
    });

    it(`baresip registers over ${protocol}, and answers`, async function () {
      this.timeout(60_000);
      registered = undefined;
      const phone = Baresip.start(edge.address(protocol), 'alice', 'secret');
      try {
        const contact = await eventually(() => registered ?? false, { withinMs: 10_000, what: 'baresip registers' });
        const dialog = await app.createUAC(contact, { localSdp: sdp(4000), headers: { From: 'sip:app@localhost' } });
        assert.match(dialog.remote.sdp, /m=audio \d+/);
        await dialog.destroy();
      } finally {
        await phone.stop();
      }
    });
  }
});
