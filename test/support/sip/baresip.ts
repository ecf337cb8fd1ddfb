import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { endProcess, spawnBound } from '../child-process.ts';
import { TempFolder } from '../temp-folder.ts';
import type { WireAddress } from './wire.ts';

/** A real phone: registers with these credentials and answers every call. */
export class Baresip {
  readonly #folder: TempFolder;
  readonly #child: ChildProcess;

  private constructor(folder: TempFolder, child: ChildProcess) {
    this.#folder = folder;
    this.#child = child;
  }

  static start(edge: WireAddress, user: string, password: string): Baresip {
    const folder = new TempFolder('baresip');
    mkdirSync(folder.file('configuration'));
    // Without sound: what would be recorded is what is played.
    const configuration = [
      ...['sip_listen 127.0.0.1:0', 'net_interface 127.0.0.1', 'module_path /usr/lib/baresip/modules'],
      ...['module g711.so', 'module aubridge.so', 'module_app account.so', 'module_app menu.so'],
      ...['audio_player aubridge,1', 'audio_source aubridge,1', 'audio_alert aubridge,2'],
    ];
    writeFileSync(folder.file('configuration', 'config'), `${configuration.join('\n')}\n`);
    const account = `<sip:${user}@${edge.host}:${edge.port};transport=${edge.protocol}>;auth_user=${user};auth_pass=${password};answermode=auto;regint=60`;
    writeFileSync(folder.file('configuration', 'accounts'), `${account}\n`);
    writeFileSync(folder.file('configuration', 'contacts'), '');
    const child = spawnBound('baresip', ['-f', folder.file('configuration')], {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: folder.path,
    });
    child.stdout?.resume();
    child.stderr?.resume();
    return new Baresip(folder, child);
  }

  async stop(): Promise<void> {
    await endProcess(this.#child);
    this.#folder.remove();
  }
}
