import type { Command } from 'commander';
import { Board } from '#shared/cluster/board.ts';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { RedisConnection } from '#shared/redis/connection.ts';
import { createKeys } from '#shared/redis/keys.ts';
import { RecordSigner } from '#shared/redis/records.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import type { Config } from '../config.ts';
import { type SipServer, srvRecords } from '../sip/index.ts';

const domainPattern = /^(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/i;

/** `ucmesh sip …`: what phones need outside of the servers. */
export function addSipCommands(program: Command, config: () => Config): void {
  const sip = program.command('sip').description('phones');

  sip
    .command('srv-records <domain>')
    .description('print the DNS records by which phones of a domain find the running servers')
    .action(async (domain: string) => {
      if (!domainPattern.test(domain)) throw new Error(`${domain} is not a domain`);
      const records = srvRecords(domain, await runningServers(config()));
      if (records.length === 0) throw new Error('no running server takes phones');
      for (const record of records) console.log(record);
    });
}

/** As they tell it in Redis. @throws Error when that does not answer */
async function runningServers({ redis, mesh }: Config): Promise<SipServer[]> {
  const base = { clock: systemClock, logger: silentLogger };
  const connection = new RedisConnection({ config: redis, name: `ucmesh:${mesh.id}:sip`, ...base });
  try {
    if (!(await connection.open(3_000))) throw new Error('Redis does not answer within 3 s');
    const signer = new RecordSigner(new MeshKeys(mesh.id, mesh.password));
    const { members } = await new Board({ redis: connection, keys: createKeys(mesh.id), signer, ...base }).read();
    return members
      .map(({ serverId, sip }) => ({ serverId, listeners: sip ?? [] }))
      .sort((one, other) => (one.serverId < other.serverId ? -1 : 1));
  } finally {
    connection.close();
  }
}
