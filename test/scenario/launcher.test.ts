import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { endProcess } from '#test/support/child-process.ts';
import { eventually } from '#test/support/eventually.ts';
import { freePortRow } from '#test/support/free-port.ts';
import { measured } from '#test/support/measured.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { Client, Files } from '#web/api/index.ts';

interface Announced {
  readonly servers: readonly { readonly id: string; readonly url: string; readonly pid: number }[];
  readonly redis: string;
  readonly database: string;
  readonly users: readonly {
    readonly name: string;
    readonly signIn: string;
    readonly password: string;
    readonly homeServer: string;
  }[];
}

/** Of two servers, their mesh addresses, and Redis. */
const portsOfTwo = 5;
const script = fileURLToPath(new URL('../../scripts/dev-cluster.ts', import.meta.url));

describe('npm start', function () {
  this.timeout(90_000);
  let folder: TempFolder;
  let launcher: ChildProcess | undefined;

  beforeEach(() => {
    folder = new TempFolder('launcher');
  });
  afterEach(async () => {
    if (launcher) await endProcess(launcher);
    folder.remove();
  });

  /** Starts the launcher and reads the line it prints when all is ready. */
  async function launch(port: number): Promise<Announced> {
    const child = spawn(process.execPath, [script, '--json', '--data', folder.path, '--port', String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    launcher = child;
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return JSON.parse(line) as Announced;
  }

  const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

  it('starts two servers and the demo company; a second start is ready in under 5 s; SIGTERM ends all', async () => {
    const port = await freePortRow(portsOfTwo);
    const first = await launch(port);
    assert.deepEqual(
      first.servers.map(({ id }) => id),
      ['server-1', 'server-2'],
    );
    assert.equal(first.users.length, 24);
    assert.deepEqual([...new Set(first.users.map(({ homeServer }) => homeServer))].sort(), ['server-1', 'server-2']);
    const [person] = first.users;
    assert(person);
    const client = new Client({ servers: [first.servers[0]?.url ?? ''] });
    const welcome = await client.signIn(person.signIn, person.password);
    assert.equal(welcome.serverId, person.homeServer);
    const upload = await new Files(client).upload(new File(['demo'], 'demo.txt'));
    assert.equal((await upload.finished).size, 4);
    client.close();

    assert(launcher);
    await endProcess(launcher, 'SIGTERM');
    for (const { pid } of first.servers) assert(!isAlive(pid), `server process ${pid} was left behind`);

    const beganMs = performance.now();
    await launch(port);
    measured('the second start', performance.now() - beganMs, 5_000);
  });

  it('leaves nothing behind when it is killed', async () => {
    const { servers } = await launch(await freePortRow(portsOfTwo));
    assert(launcher);
    await endProcess(launcher, 'SIGKILL');
    await eventually(
      () => {
        const left = servers.filter(({ pid }) => isAlive(pid));
        assert.deepEqual(left, []);
      },
      { withinMs: 15_000, what: 'all servers to end' },
    );
  });
});
