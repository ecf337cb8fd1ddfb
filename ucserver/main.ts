import { collectDefaultMetrics, Registry } from 'prom-client';
import { systemClock } from '#shared/runtime/clock.ts';
import { loadConfig, withoutSecrets } from '#shared/runtime/config.ts';
import { createLogger } from '#shared/runtime/logger.ts';
import { configSchema } from './config.ts';
import { startServer } from './server.ts';

/**
 * Runs one UCServer until SIGTERM or SIGINT; a second signal ends it at once. Resolves when it has started.
 *
 * @throws ConfigError listing every problem of the configuration.
 */
export async function serve(configFile: string): Promise<void> {
  const config = loadConfig(configSchema, { file: configFile, environment: process.env });
  const logger = createLogger(config.log);
  logger.debug('configuration', { config: withoutSecrets(configSchema, config) });
  process.on('unhandledRejection', (error) => logger.error('a promise was rejected and nobody looked', { error }));

  const registry = new Registry();
  // The delay of the event loop is sampled this often, in ms: each sample wakes the process up.
  collectDefaultMetrics({ register: registry, prefix: 'ucmesh_', eventLoopMonitoringPrecision: 100 });
  const server = await startServer({ config, clock: systemClock, logger, registry, onReplaced: () => process.exit(1) });
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      void server.stop(signal).then(() => process.exit(0));
    });
  }
}
