import assert from 'node:assert/strict';
import { eventually } from '#test/support/eventually.ts';
import { Client, type CredentialStore, Files, type FileUpload, MemoryCredentialStore } from '#web/api/index.ts';
import { bytesOf, FileStage, fileOf, whenDone } from './fixture.ts';

const size = 6_000_000;

/** A network that can be cut, and counts what uploads send over it. */
class Network {
  isCut = false;
  /** Bytes of pieces that a server has answered for. */
  sentBytes = 0;
  /** Where pieces began. */
  readonly offsets: number[] = [];

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    if (this.isCut) throw new TypeError('there is no network');
    const response = await fetch(input, init);
    if (init?.method === 'PATCH' && init.body instanceof Blob && response.ok) {
      this.offsets.push(Number(new Headers(init.headers).get('upload-offset')));
      this.sentBytes += init.body.size;
    }
    return response;
  };
}

describe('an upload that is interrupted', function () {
  this.timeout(60_000);
  let stage: FileStage;
  let network: Network;
  const clients: Client[] = [];

  before(async () => {
    stage = await FileStage.start({ servers: 2, people: ['ann'] });
  });
  beforeEach(() => {
    network = new Network();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });
  after(() => stage[Symbol.asyncDispose]());

  function clientWith(store: CredentialStore): Client {
    const client = new Client({
      ...{ servers: stage.stage.urls, store, fetch: network.fetch },
      device: { kind: 'browser', name: 'Test' },
    });
    clients.push(client);
    return client;
  }

  async function signedIn(store: CredentialStore): Promise<Client> {
    const client = clientWith(store);
    const { name, password } = stage.stage.account('ann');
    await client.signIn(name, password);
    return client;
  }

  /** Waits until so much of it is there, then does something at once. */
  async function at(share: number, going: FileUpload, act: () => void): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const off = going.onChange(({ sentBytes }) => {
      if (sentBytes < share * size) return;
      off();
      act();
      resolve();
    });
    await promise;
  }

  it('by a lost connection at 60 % goes on from there by itself', async () => {
    const client = await signedIn(new MemoryCredentialStore());
    const going = await new Files(client).upload(fileOf('cut.bin', bytesOf('cut', size)));
    await at(0.6, going, () => {
      network.isCut = true;
    });
    await eventually(() => going.phase === 'waiting');
    const { sentBytes } = going;
    network.isCut = false;
    const ref = await whenDone(going, 20_000);
    assert.equal(ref.size, size);
    assert.ok(network.offsets.includes(sentBytes), 'it goes on where it was');
    assert.equal(network.sentBytes, size, 'nothing is sent twice');
  });

  it('by a reload of the page goes on when the same file is given again', async () => {
    const store = new MemoryCredentialStore();
    const before = await signedIn(store);
    const file = fileOf('reload.bin', bytesOf('reload', size));
    const first = await new Files(before).upload(file);
    await at(0.6, first, () => first.pause());
    const { sentBytes } = first;
    await before.close();
    network.offsets.length = 0;
    const after = clientWith(store);
    await after.resume();
    const second = await new Files(after).upload(file);
    assert.equal(second.fileId, first.fileId);
    await whenDone(second, 20_000);
    assert.ok((network.offsets[0] ?? 0) >= sentBytes);
    // What is done is begun anew when it is given again.
    const third = await new Files(after).upload(file);
    assert.notEqual(third.fileId, first.fileId);
    await whenDone(third, 20_000);
  });

  it('answers what was done already when the answer to the end was lost', async () => {
    const client = await signedIn(new MemoryCredentialStore());
    const ref = await whenDone(await new Files(client).upload(fileOf('twice.bin', bytesOf('twice', 1_000))));
    assert.deepEqual(await client.call('files.finish', { fileId: ref.fileId }), ref);
    const answer = await client.fetch(`/api/files/uploads/${ref.fileId}`, {
      method: 'HEAD',
      headers: { 'tus-resumable': '1.0.0' },
    });
    assert.deepEqual([answer.headers.get('upload-offset'), answer.headers.get('upload-length')], ['1000', '1000']);
  });
});
