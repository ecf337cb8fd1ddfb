import { createHash, randomBytes } from 'node:crypto';
import type { AccountPlan } from '#test/support/company.ts';
import { eventually } from '#test/support/eventually.ts';
import { InProcess } from '#test/support/in-process.ts';
import type { Person } from '#test/support/person.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { type FileRef, Files, type FileUpload, type LiveConversation } from '#web/api/index.ts';

export interface FileStageOptions {
  readonly servers?: number;
  readonly people: readonly string[] | Readonly<Record<string, AccountPlan>>;
  /** The section `files`, beside the folder; may need to know where {@link FileStage.beside} is. */
  readonly files?: Readonly<Record<string, unknown>> | ((beside: string) => Readonly<Record<string, unknown>>);
}

/** Servers of one process that share a folder for files, with people on them. */
export class FileStage implements AsyncDisposable {
  readonly stage: InProcess;
  readonly #parent: TempFolder;

  static async start({ servers = 1, people, files = {} }: FileStageOptions): Promise<FileStage> {
    const parent = new TempFolder('files');
    const stage = await InProcess.start({
      servers,
      people: Array.isArray(people)
        ? Object.fromEntries(people.map((name) => [name, {}]))
        : (people as Record<string, AccountPlan>),
      sections: { files: { folder: parent.file('store'), ...(typeof files === 'function' ? files(parent.path) : files) } },
    });
    return new FileStage(stage, parent);
  }

  private constructor(stage: InProcess, parent: TempFolder) {
    this.stage = stage;
    this.#parent = parent;
  }

  /** Something in the shared folder. */
  file(...names: string[]): string {
    return this.#parent.file('store', ...names);
  }

  /** Somewhere beside the shared folder, on the same file system. */
  beside(name: string): string {
    return this.#parent.file(name);
  }

  signIn(name: string, at = 0): Promise<Person> {
    return this.stage.signIn(name, at);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]();
    this.#parent.remove();
  }
}

/** Uploads bytes under a name and waits until they are a file. */
export async function upload(person: Person, name: string, bytes: Uint8Array): Promise<FileRef> {
  const going = await new Files(person.client).upload(fileOf(name, bytes));
  return whenDone(going);
}

export async function whenDone(going: FileUpload, withinMs = 10_000): Promise<FileRef> {
  await eventually(
    () => {
      if (going.ref === undefined) throw new Error(`${going.phase} ${going.error?.code ?? ''} ${going.error?.message ?? ''}`);
    },
    { withinMs, what: `${going.name} is uploaded` },
  );
  return going.finished;
}

export function fileOf(name: string, bytes: Uint8Array): File {
  return new File([bytes as Uint8Array<ArrayBuffer>], name, { lastModified: 1_767_600_000_000 });
}

/** Sends a message with these files, as a client does. */
export async function sendFiles(
  conversation: LiveConversation,
  person: Person,
  files: readonly FileRef[],
  text = '',
): Promise<string> {
  const entryId = `entry-${randomBytes(6).toString('hex')}`;
  const body = { text, files: files.map(({ fileId }) => fileId) };
  await person.client.call('chat.send', { conversationId: conversation.id, entryId: entryId as never, body });
  return entryId;
}

/** Bytes that do not compress and are the same each time. */
export function bytesOf(seed: string, length: number): Buffer {
  const block = createHash('sha512').update(seed).digest();
  return Buffer.concat(Array.from({ length: Math.ceil(length / block.length) }, () => block)).subarray(0, length);
}

/** Downloads a file as this person. */
export async function download(person: Person, { fileId }: Pick<FileRef, 'fileId'>, init: RequestInit = {}): Promise<Response> {
  return fetch(await new Files(person.client).link(fileId), init);
}

export async function contentOf(person: Person, ref: Pick<FileRef, 'fileId'>): Promise<Buffer> {
  const response = await download(person, ref);
  return Buffer.from(await response.arrayBuffer());
}
