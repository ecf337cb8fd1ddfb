import { randomId } from '#shared/ids.ts';
import { Cluster } from '#test/support/cluster.ts';
import { asOperator } from '#test/support/company.ts';
import { edgeOf } from '#test/support/sip/edges-of.ts';
import { type DeviceSecret, RegisteredPhone } from '#test/support/sip/registered-phone.ts';
import type { WireAddress } from '#test/support/sip/wire.ts';
import { digestVerifier, sipProcedures } from '#ucserver/sip/index.ts';
import { childrenOf } from './registrar-stage.ts';
import { sipFloorStage } from './sip-stage.ts';

/** What connects calls to who answers them. */
export interface CallBenchStage extends AsyncDisposable {
  /** Where callers send their INVITE. */
  readonly listener: WireAddress;
  /** Whom they call. */
  readonly user: string;
  /** With what they prove who they are; undefined: nobody asks. */
  readonly caller: DeviceSecret | undefined;
  /** All that a call costs: servers, edges, Redis. */
  readonly pids: readonly number[];
}

const realm = 'bench';

/** Bare back-to-back programs in a row, each on its edge. @param answering port of who answers */
export async function bareCalls(count: number, answering: number): Promise<CallBenchStage> {
  let uri = `sip:service@127.0.0.1:${answering}`;
  const stages: Awaited<ReturnType<typeof sipFloorStage>>[] = [];
  for (let index = 0; index < count; index += 1) {
    const stage = await sipFloorStage('connect', uri);
    uri = `sip:service@127.0.0.1:${stage.listener.port}`;
    stages.push(stage);
  }
  const [first] = stages.reverse();
  if (first === undefined) throw new Error('there is no program');
  return {
    listener: first.listener,
    user: 'service',
    caller: undefined,
    pids: stages.flatMap(({ applicationPid, edgePid }) => [applicationPid, edgePid]),
    async [Symbol.asyncDispose]() {
      for (const stage of stages) await stage[Symbol.asyncDispose]();
    },
  };
}

/** UCServers with their edges: the caller's device at the first, the one that answers at the last. */
export async function productCalls(servers: number, answering: number): Promise<CallBenchStage> {
  const cluster = await Cluster.start({
    ...{ servers, people: { caller: {}, callee: {} }, meshId: realm, started: false },
    sections: { sip: { listeners: [{ protocol: 'udp', port: 0 }] }, calls: { callsPerUser: 1_000 } },
  });
  try {
    const [caller, callee] = [await deviceOf(cluster, 'caller'), await deviceOf(cluster, 'callee')];
    await cluster.startAll();
    const edges = await Promise.all(cluster.servers.map((server) => edgeOf(cluster, server)));
    const [first] = edges;
    const last = edges.at(-1);
    if (first === undefined || last === undefined) throw new Error('the servers have told no edge');
    const phone = await RegisteredPhone.open(last, callee);
    await phone.register(3_600, `sip:service@127.0.0.1:${answering}`);
    await phone.close();
    const pids = cluster.servers.flatMap(({ pid }) => [pid, ...childrenOf(pid)]);
    return {
      listener: first,
      user: 'callee',
      caller,
      pids: [...pids, cluster.redis.pid],
      [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
    };
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

async function deviceOf(cluster: Cluster, name: string): Promise<DeviceSecret> {
  const { userId } = cluster.account(name);
  const device = { id: `device${name}`, realm, secret: `secret${name}` };
  const at = Date.now();
  await asOperator(cluster.mesh, async ({ database }) => {
    await database.run(sipProcedures.create, {
      act: { actorId: userId, actId: randomId(), method: 'phones.create', at },
      device: { id: device.id, name, createdAt: at },
      verifier: digestVerifier(device.id, realm, device.secret),
      audit: { actor: userId, action: 'sipDevice.create', object: `sipDevice/${device.id}`, id: randomId(), at },
    });
  });
  return device;
}
