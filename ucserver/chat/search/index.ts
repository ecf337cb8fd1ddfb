import { Gauge, Histogram, type Registry } from 'prom-client';
import type { UserId } from '#shared/ids.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Database } from '#ucserver/database/index.ts';
import type { Access } from '../access.ts';
import type { NewEntry } from '../commit-plan.ts';
import type { ChatConfig } from '../config.ts';
import { Gate } from './gate.ts';
import { Indexer } from './indexer.ts';
import { SearchRepository } from './repository.ts';
import { SearchService } from './service.ts';

export { searchProcedures, unindex } from './procedures.ts';
export type { SearchService } from './service.ts';

export interface SearchDependencies {
  readonly database: Database;
  readonly access: Pick<Access, 'reading'>;
  /** What is pending in a person's conversations, each in order. */
  readonly pendingOf: (userId: UserId) => readonly NewEntry[];
  /** Whether this server is the one that looks for what others have left to be indexed. */
  readonly isFirst: () => boolean;
  readonly config: ChatConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

export interface Search {
  readonly service: SearchService;
  readonly indexer: Indexer;
}

/** @returns the search of messages, and what lets its index follow the log. */
export function createSearch({ database, config, registry, ...dependencies }: SearchDependencies): Search {
  const { access, pendingOf, isFirst, clock, logger } = dependencies;
  const repository = new SearchRepository(database);
  const indexer = new Indexer({ repository, isFirst, clock, logger });
  const seconds = new Histogram({
    name: 'ucmesh_chat_search_seconds',
    help: 'How long searches of messages took.',
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3],
    registers: [registry],
  });
  new Gauge({
    name: 'ucmesh_chat_search_waiting',
    help: 'Conversations that the search index has not followed to their end.',
    registers: [registry],
    collect() {
      this.set(indexer.waiting);
    },
  });
  const gate = new Gate({ clock, perSecond: config.searchesPerSecond, atOnce: config.searchesAtOnce });
  const service = new SearchService({
    ...{ repository, access, pendingOf, gate, clock, longestMs: config.searchMs },
    onDone: (tookMs) => seconds.observe(tookMs / 1_000),
  });
  return { service, indexer };
}
