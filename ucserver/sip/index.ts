import type { Clock } from '#shared/runtime/clock.ts';
import type { Health } from '#shared/runtime/health.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { SipConfig } from './config.ts';
import { SipConnection } from './connection.ts';
import { EdgeProcess } from './edge-process.ts';
import type { SrfApplication } from './srf.ts';

export { type SipConfig, sipConfigSchema } from './config.ts';
export {
  challenges,
  type DigestCredentials,
  type DigestVerifier,
  digestVerifier,
  parseCredentials,
  provesSecret,
} from './digest.ts';
export { DigestNonces, type NonceJudgement } from './digest-nonces.ts';
export { type Binding, type Register, type RegisterOutcome, registered } from './registrar-state.ts';
export type { SrfApplication, SrfDialog, SrfHandler, SrfRequest, SrfResponder, SrfResponse } from './srf.ts';

/** SIP as a server has it, by an edge of its own or a drachtio-server. */
export interface Sip {
  /** Features register what they handle here, before {@link start}. */
  readonly application: SrfApplication;
  readonly isConnected: boolean;
  /** The id of the process of our own edge. */
  readonly edgePid: number | undefined;
  /** @throws Error when our own edge does not listen */
  start(): Promise<void>;
  /** Waiting calls are answered 503, running ones go on. */
  stop(): Promise<void>;
}

export interface SipDependencies {
  readonly config: SipConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
}

/** @returns undefined when neither an edge nor a drachtio-server is configured: this server has no phones. */
export function createSip({ config, clock, logger, health }: SipDependencies): Sip | undefined {
  const { drachtio, listeners } = config;
  if (drachtio === undefined && listeners.length === 0) return undefined;
  const connection = new SipConnection(logger, health.register('sip'));
  const edge = drachtio === undefined ? new EdgeProcess(config, clock, logger) : undefined;
  return {
    application: connection.application,
    get isConnected() {
      return connection.isConnected;
    },
    get edgePid() {
      return edge?.pid;
    },
    async start() {
      const address = drachtio ?? (await edge?.start());
      if (address !== undefined) connection.start(address);
    },
    async stop() {
      connection.stop();
      await edge?.stop();
    },
  };
}
