import { eventually } from '../eventually.ts';
import { InProcess } from '../in-process.ts';
import { HandleWatch } from '../leaks.ts';
import type { Person } from '../person.ts';
import { newDevice, RegisteredPhone } from './registered-phone.ts';
import type { WireAddress, WireProtocol } from './wire.ts';

export interface CallStageOptions {
  readonly servers: number;
  readonly people: readonly string[];
  readonly protocol?: 'udp' | 'tcp';
  readonly calls?: Readonly<Record<string, unknown>>;
  /** The section `sip` instead of one listener. */
  readonly sip?: Readonly<Record<string, unknown>>;
}

/** Servers with phones, in this process, and people with devices. */
export class CallStage {
  readonly stage: InProcess;
  readonly #handles: HandleWatch;
  readonly #people = new Map<string, Person>();
  readonly #phones: RegisteredPhone[] = [];
  #media = 4_000;

  private constructor(stage: InProcess, handles: HandleWatch) {
    this.stage = stage;
    this.#handles = handles;
  }

  static async start({ servers, people, protocol = 'udp', calls = {}, sip }: CallStageOptions): Promise<CallStage> {
    const handles = new HandleWatch();
    const plans = Object.fromEntries(people.map((name) => [name, {}]));
    const real = servers === 1 && sip === undefined ? drachtio() : undefined;
    const sections = { sip: real ?? sip ?? { listeners: [{ protocol, port: 0 }] }, calls };
    const stage = await InProcess.start({ servers, people: plans, sections });
    const whole = new CallStage(stage, handles);
    await eventually(() => stage.servers.every(({ sip }) => (sip?.listeners ?? []).length > 0), {
      withinMs: 10_000,
      what: 'all edges listen',
    });
    return whole;
  }

  /** Where the phones of a server reach it. */
  edge(server = 0, protocol?: WireProtocol): WireAddress {
    const listeners = this.stage.servers[server]?.sip?.listeners ?? [];
    const found = listeners.find((each) => protocol === undefined || each.protocol === protocol);
    if (found === undefined) throw new Error(`server ${server} has no edge for ${protocol ?? 'anything'}`);
    return found;
  }

  /** Somebody at a client. @param server where they sign in, the first time */
  async person(name: string, server = 0): Promise<Person> {
    const known = this.#people.get(name) ?? (await this.stage.signIn(name, server));
    this.#people.set(name, known);
    return known;
  }

  /** A phone of a person, registered at a server and known to all. */
  async phone(name: string, server = 0, protocol?: WireProtocol): Promise<RegisteredPhone> {
    const person = await this.person(name, server);
    const device = await newDevice(person);
    this.#media += 2;
    const phone = await RegisteredPhone.register(this.edge(server, protocol), device, this.#media);
    this.#phones.push(phone);
    await eventually(
      () =>
        this.stage.servers.every(({ locations }) =>
          locations.locationsOf(person.userId).some(({ deviceId }) => deviceId === device.id),
        ),
      { withinMs: 10_000, what: `all servers know the phone of ${name}` },
    );
    return phone;
  }

  /** Waits until no server holds anything of a call. */
  async idle(): Promise<void> {
    await eventually(
      () => {
        const left = this.stage.servers.map(({ calls }) => calls?.counts());
        if (left.some((counts) => counts !== undefined && counts.calls + counts.relays > 0))
          throw new Error(JSON.stringify(left));
      },
      { withinMs: 15_000, what: 'no call is left' },
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#phones.map((phone) => phone.close()));
    await this.stage[Symbol.asyncDispose]();
    await this.#handles.check();
  }
}

/** The section `sip` for the drachtio-server on which the suites of one server are to run (`host:port:secret`). */
function drachtio(): Readonly<Record<string, unknown>> | undefined {
  const [host, port, secret] = process.env.UCMESH_TEST_DRACHTIO?.split(':') ?? [];
  return host === undefined ? undefined : { drachtio: { host, port: Number(port), secret } };
}
