import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { endProcess, hasExited, spawnBound } from '#test/support/child-process.ts';
import { eventually } from '#test/support/eventually.ts';
import { selfSigned } from '#test/support/self-signed.ts';
import { Phone } from '#test/support/sip/phone.ts';
import { sdp } from '#test/support/sip/sip-message.ts';
import type { WireAddress } from '#test/support/sip/wire.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { createSrf, disconnect } from '#ucserver/sip/srf.ts';

const secret = 'a-secret-of-the-parent';

/** Starts the edge as its UCServer does. */
async function startProcess(
  options: object,
): Promise<{ child: ChildProcess; controlPort: number; listeners: readonly WireAddress[] }> {
  const child = spawnBound('node', ['sipedge/main.ts'], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin?.write(`${JSON.stringify({ control: { secret }, ...options })}\n`);
  if (child.stdout === null) throw new Error('no output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, ...(JSON.parse(line) as { controlPort: number; listeners: readonly WireAddress[] }) };
}

describe('SIP edge: process', () => {
  it('ends when its parent is gone: what rings is answered 503, what talks gets no BYE, streams are closed', async () => {
    const { child, controlPort, listeners } = await startProcess({ listeners: [{ protocol: 'udp' }, { protocol: 'tcp' }] });
    const [udp, tcp] = listeners;
    assert.ok(udp !== undefined && tcp !== undefined);
    const app = createSrf();
    app.on('error', () => undefined);
    const reconnect = { retryMaxDelay: 200 };
    app.connect({ host: '127.0.0.1', port: controlPort, secret, reconnect });
    app.use('invite', (request, response) => {
      if (request.uri.includes('ring@')) response.send(180);
      else void app.createUAS(request, response, { localSdp: sdp(4000) });
    });
    await once(app as unknown as NodeJS.EventEmitter, 'connect');
    const talking = await Phone.open('talking', tcp);
    const ringing = await Phone.open('ringing', udp);
    const invite = talking.request('INVITE', { body: sdp(5000) });
    talking.acknowledge(invite, await talking.nextResponse(200, 'INVITE'));
    ringing.request('INVITE', { uri: `sip:ring@${ringing.edgeHost}`, body: sdp(5000) });
    await ringing.nextResponse(180);
    child.stdin?.end();
    await ringing.nextResponse(503);
    await eventually(() => hasExited(child));
    assert.equal(child.exitCode, 0);
    await eventually(() => talking.isCutOff);
    assert.equal(
      talking.count(({ method }) => method === 'BYE'),
      0,
    );
    disconnect(app, reconnect);
    await Promise.all([talking.close(), ringing.close()]);
  });

  it('refuses options that are wrong, naming what', async () => {
    const child = spawnBound('node', ['sipedge/main.ts'], { stdio: ['pipe', 'pipe', 'pipe'] });
    let problem = '';
    child.stderr?.on('data', (bytes) => {
      problem += bytes;
    });
    child.stdin?.write(`${JSON.stringify({ control: { secret: 'short' }, listeners: [{ protocol: 'udp' }], nonsense: 1 })}\n`);
    await eventually(() => hasExited(child), { withinMs: 5_000 });
    assert.notEqual(child.exitCode, 0);
    assert.match(problem, /secret/);
    assert.match(problem, /nonsense/);
  });

  it('takes a new certificate without being started anew', async function () {
    this.timeout(60_000);
    using folder = new TempFolder('certificate');
    const tls = { keyFile: folder.file('key.pem'), certificateFile: folder.file('certificate.pem') };
    selfSigned(tls.keyFile, tls.certificateFile);
    const { child, listeners } = await startProcess({ listeners: [{ protocol: 'tls' }, { protocol: 'wss' }], tls });
    const fingerprints = () => Promise.all(listeners.map(({ port }) => fingerprintAt(port)));
    const before = await fingerprints();
    selfSigned(folder.file('new-key.pem'), folder.file('new-certificate.pem'));
    renameSync(folder.file('new-key.pem'), tls.keyFile);
    renameSync(folder.file('new-certificate.pem'), tls.certificateFile);
    await eventually(async () => (await fingerprints()).every((print, index) => print !== before[index]), {
      withinMs: 12_000,
      everyMs: 250,
    });
    await endProcess(child, 'SIGTERM');
  });
});

async function fingerprintAt(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}
