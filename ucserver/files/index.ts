import { availableParallelism } from 'node:os';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Members } from '#shared/cluster/cluster-port.ts';
import { type FileId, type Incarnation, incarnationId, parseIncarnation, type UserId } from '#shared/ids.ts';
import type { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import type { FileRef } from '#shared/protocol/files.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Health } from '#shared/runtime/health.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Authenticator } from '#ucserver/auth/index.ts';
import type { Database } from '#ucserver/database/index.ts';
import type { Dispatcher } from '#ucserver/gateway/index.ts';
import type { RouteSet } from '#ucserver/http/index.ts';
import type { OutboxPort } from '#ucserver/outbox/index.ts';
import { Calm } from './calm.ts';
import { Cleaner } from './cleaner.ts';
import type { FilesConfig } from './config.ts';
import { FolderStore } from './folder-store.ts';
import { KnownFiles } from './known-files.ts';
import { createFileLinks } from './links.ts';
import { MarkerWatch } from './marker.ts';
import { noFiles, refuseFileMethods, registerFileMethods } from './methods.ts';
import { PreviewMaker } from './previews.ts';
import { FileRepository } from './repository.ts';
import { fileRoutes } from './routes.ts';
import { Scanner } from './scanner.ts';
import { FileService } from './service.ts';
import type { FileLimits } from './settings.ts';
import { StoreGate } from './store-gate.ts';
import { TusUploads } from './tus-uploads.ts';
import { UploadLocks } from './upload-locks.ts';
import { UploadService } from './upload-service.ts';

export { type FilesConfig, filesConfigSchema } from './config.ts';
export { fileProcedures } from './procedures.ts';
export { fileDays, fileLimits, fileSettings } from './settings.ts';

export interface FilesDependencies {
  readonly database: Database;
  readonly dispatcher: Pick<Dispatcher, 'register'>;
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  readonly limits: () => FileLimits;
  /** Days that files are kept; 0: for ever. */
  readonly days: () => number;
  readonly meshKeys: MeshKeys;
  readonly members: Pick<Members, 'isLive'>;
  readonly outbox: Pick<OutboxPort, 'isEmpty'>;
  readonly self: () => Incarnation;
  readonly health: Health;
  readonly config: FilesConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

export interface Files {
  readonly routes: RouteSet;
  /** What a message of this author is to say of their files. @throws UCError `NOT_FOUND` when one is not theirs. */
  forMessage(fileIds: readonly FileId[], author: UserId): Promise<readonly FileRef[]>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** @returns the files of the company as this server serves them; nothing of them where no folder is configured. */
export function createFiles(dependencies: FilesDependencies): Files {
  const { folder } = dependencies.config;
  if (folder !== undefined) return createFolderFiles(folder, dependencies);
  refuseFileMethods(dependencies.dispatcher);
  return {
    routes: () => undefined,
    forMessage: () => Promise.reject(noFiles()),
    start: async () => undefined,
    stop: async () => undefined,
  };
}

function createFolderFiles(folder: string, dependencies: FilesDependencies): Files {
  const { database, dispatcher, authenticator, limits, days, meshKeys, members, outbox, self, config, clock } = dependencies;
  const logger = dependencies.logger.child({ part: 'files' });
  const gate = new StoreGate(clock);
  const repository = new FileRepository(database);
  const store = new FolderStore({
    ...{ folder, gate, clock },
    self: () => incarnationId(self()),
    isLive: (holder) => isLive(members, holder),
  });
  const marker = new MarkerWatch({
    ...{ folder, meshId: meshKeys.meshId, gate, repository, health: dependencies.health.register('files'), clock, logger },
  });
  const metrics = createMetrics(dependencies.registry, gate);
  const known = new KnownFiles();
  const locks = new UploadLocks(clock);
  const links = createFileLinks({ keys: meshKeys, clock, forMs: config.linkMs });
  const { previewMs: limitMs, previewPixels: mostPixels, scan } = config;
  const mostProcesses = Math.max(1, availableParallelism() - 1);
  const previews = new PreviewMaker({ mostProcesses, limitMs, mostPixels, clock, logger });
  const scanner = scan && new Scanner({ scan, store, repository, clock, logger });
  const uploads = new UploadService({ store, repository, known, locks, limits, previews, scanner, config, clock });
  const files = new FileService({ store, repository, known, links, limits, config, clock });
  const calm = new Calm({ database, outbox, clock, config });
  const cleaner = new Cleaner({ repository, store, uploads, scanner, calm, days, config, clock, logger });
  const tus = new TusUploads({ uploads, locks, known });
  registerFileMethods(dispatcher, { files, uploads });
  return {
    routes: fileRoutes({ tus, links, store, authenticator, sent: metrics.sent }),
    forMessage: (fileIds, author) => files.forMessage(fileIds, author),
    async start() {
      await marker.start();
      calm.start();
      cleaner.start();
    },
    async stop() {
      await cleaner.stop();
      calm.stop();
      scanner?.stop();
      previews.stop();
      await marker.stop();
    },
  };
}

/** A holder that cannot be understood is taken for dead: what it wrote is taken over all the same. */
function isLive(members: Pick<Members, 'isLive'>, holder: string): boolean {
  try {
    return members.isLive(parseIncarnation(holder));
  } catch {
    return false;
  }
}

function createMetrics(registry: Registry, gate: StoreGate): { sent: (bytes: number) => void } {
  const registers = [registry];
  new Gauge({
    ...{ name: 'ucmesh_files_store_up', help: '1 while the store of files can be used.', registers },
    collect() {
      this.set(gate.problem === undefined ? 1 : 0);
    },
  });
  const sent = new Counter({ name: 'ucmesh_files_sent_bytes_total', help: 'Bytes of files given out.', registers });
  return { sent: (bytes) => sent.inc(bytes) };
}
