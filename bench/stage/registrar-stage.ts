import { readFileSync } from 'node:fs';
import { randomId } from '#shared/ids.ts';
import { Cluster } from '#test/support/cluster.ts';
import { asOperator } from '#test/support/company.ts';
import { freePort } from '#test/support/free-port.ts';
import type { WireAddress } from '#test/support/sip/wire.ts';
import { digestVerifier, sipProcedures } from '#ucserver/sip/index.ts';
import type { PhoneAccount } from '../load/registrations.ts';
import { sipFloorStage } from './sip-stage.ts';

/** A registrar on its edge. */
export interface RegistrarStage extends AsyncDisposable {
  readonly listener: WireAddress;
  readonly accounts: readonly PhoneAccount[];
  /** All that a registration costs: application, edge, Redis. */
  readonly pids: readonly number[];
}

const devicesPerPerson = 20;
const realm = 'bench';

/** The bare registrar: asks for credentials, believes them, remembers nothing. */
export async function bareRegistrar(devices: number): Promise<RegistrarStage> {
  const stage = await sipFloorStage('register');
  const accounts = Array.from({ length: devices }, (_, index) => ({ id: `device${index}`, realm, secret: `secret${index}` }));
  return {
    listener: stage.listener,
    accounts,
    pids: [stage.applicationPid, stage.edgePid],
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

/** A UCServer with its edge, Redis and so many devices. */
export async function productRegistrar(devices: number): Promise<RegistrarStage> {
  const port = await freePort();
  const people = Array.from({ length: Math.ceil(devices / devicesPerPerson) }, (_, person) => [`user${person}`, {}] as const);
  const sections = { sip: { listeners: [{ protocol: 'udp', port }] } };
  const cluster = await Cluster.start({
    ...{ servers: 1, people: Object.fromEntries(people), sections, meshId: realm, started: false },
  });
  try {
    const accounts = await makeDevices(cluster, devices);
    await cluster.startAll();
    const { pid } = cluster.server(0);
    return {
      listener: { protocol: 'udp', host: '127.0.0.1', port },
      accounts,
      pids: [pid, ...childrenOf(pid), cluster.redis.pid],
      [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
    };
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

function makeDevices(cluster: Cluster, devices: number): Promise<PhoneAccount[]> {
  const users = cluster.accounts.map(({ userId }) => userId);
  return asOperator(cluster.mesh, async ({ database }) => {
    const made = Array.from({ length: devices }, async (_, index) => {
      const userId = users[Math.floor(index / devicesPerPerson)];
      if (userId === undefined) throw new Error('there are too few people');
      const account = { id: `device${index}`, realm, secret: `secret${index}` };
      const at = Date.now();
      await database.run(sipProcedures.create, {
        act: { actorId: userId, actId: randomId(), method: 'phones.create', at },
        device: { id: account.id, name: `Phone ${index}`, createdAt: at },
        verifier: digestVerifier(account.id, realm, account.secret),
        audit: { actor: userId, action: 'sipDevice.create', object: `sipDevice/${account.id}`, id: randomId(), at },
      });
      return account;
    });
    return await Promise.all(made);
  });
}

/** The edge is a child of its server. */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}
