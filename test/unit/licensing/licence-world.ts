import { type Incarnation, incarnationId, serverIdSchema } from '#shared/ids.ts';
import { type Ledger, type LedgerAnswer, type LedgerRequest, planLedger } from '#ucserver/licensing/ledger-plan.ts';
import { SeatHolder } from '#ucserver/licensing/seat-holder.ts';

/** What can happen in the model. Numbers choose among what is there, modulo. */
export type Act =
  | { readonly kind: 'arrive' | 'leave' | 'abandon' | 'takeOver' | 'claim'; readonly server: number; readonly name: number }
  | { readonly kind: 'sync'; readonly server: number; readonly spare: number; readonly give: number; readonly fate: Fate }
  | { readonly kind: 'late'; readonly server: number }
  | {
      readonly kind: 'crash' | 'restart' | 'suspend' | 'wake' | 'cutSql' | 'joinSql' | 'rebirth';
      readonly server: number;
    }
  | { readonly kind: 'pass'; readonly hours: number }
  | { readonly kind: 'jumpSql' | 'jumpServer'; readonly server: number; readonly minutes: number };

/** `askLost`: the ledger never hears it; `late`: it hears it after something else; `answerLost`: the asker never hears. */
export type Fate = 'arrives' | 'askLost' | 'late' | 'answerLost';

const hourMs = 3_600_000;

interface Process {
  self: Incarnation;
  readonly holder: SeatHolder;
  state: 'runs' | 'suspended' | 'dead';
  /** After a suspension it serves nobody until the ledger has answered, because a newer life may have begun. */
  serves: boolean;
  /** What is on its way to the ledger and will arrive late. */
  readonly late: LedgerRequest[];
}

/** Servers, people and one ledger, all as the pure files decide; it counts who is served by whom. */
export class LicenceWorld {
  readonly servers: { sqlCut: boolean; life: number; processes: Process[] }[];
  #ledger: Ledger = { blocks: [], names: [] };
  #nowMs = 0;
  #sqlOffsetMs = 0;
  readonly limit: number;

  constructor(servers: number, limit: number) {
    this.limit = limit;
    this.servers = Array.from({ length: servers }, () => ({ sqlCut: false, life: 0, processes: [] }));
    for (const index of this.servers.keys()) this.#start(index);
  }

  /** Names that somebody serves now. */
  get served(): Set<string> {
    const names = new Set<string>();
    for (const { processes } of this.servers) {
      for (const { state, serves, holder } of processes) {
        if (state === 'runs' && serves) for (const name of holder.names) names.add(name);
      }
    }
    return names;
  }

  /** Seats the ledger has given, in blocks and along with names. */
  get taken(): number {
    const { blocks, names } = this.#ledger;
    return blocks.reduce((sum, { seats }) => sum + seats, 0) + names.filter(({ from }) => from !== undefined).length;
  }

  do(act: Act): void {
    switch (act.kind) {
      case 'pass':
        this.#nowMs += act.hours * hourMs;
        this.#expire();
        return;
      case 'jumpSql':
        // An hour in all at most, to either side.
        this.#sqlOffsetMs = (Math.abs(this.#sqlOffsetMs) > 0 ? 0 : act.minutes) * 60_000;
        return;
      default:
        this.#doOn(act);
    }
  }

  #doOn(act: Exclude<Act, { kind: 'pass' | 'jumpSql' }>): void {
    const index = act.server % this.servers.length;
    const server = this.servers[index];
    if (server === undefined) return;
    const running = server.processes.findLast(({ state }) => state === 'runs');
    switch (act.kind) {
      case 'restart':
        if (running === undefined) this.#start(index);
        return;
      case 'wake': {
        const asleep = server.processes.find(({ state }) => state === 'suspended');
        if (asleep === undefined) return;
        // Another process lives as this server: it reads that when it wakes, and ends (docs/rules.md, section 1).
        asleep.state = asleep.self.life < server.life ? 'dead' : 'runs';
        asleep.serves = false;
        asleep.holder.doubt();
        this.#expire();
        return;
      }
      case 'cutSql':
        server.sqlCut = true;
        return;
      case 'joinSql':
        server.sqlCut = false;
        return;
      case 'late': {
        for (const process of server.processes) {
          const request = process.late.shift();
          if (request !== undefined) this.#execute(request);
        }
        return;
      }
      default:
    }
    if (running === undefined) return;
    switch (act.kind) {
      case 'arrive':
      case 'takeOver':
      case 'claim': {
        const name = `n${act.name}`;
        if (!running.serves) return;
        // A claim is made of people of servers that are gone, and sometimes wrongly.
        if (act.kind !== 'arrive') running.holder.claim(name);
        running.holder.take(name, this.#nowMs);
        return;
      }
      case 'abandon':
        running.holder.abandon(`n${act.name}`);
        return;
      case 'leave':
        running.holder.leave(`n${act.name}`, this.#nowMs);
        return;
      case 'sync':
        this.#sync(server.sqlCut, running, act);
        return;
      case 'crash':
        running.state = 'dead';
        return;
      case 'suspend':
        running.state = 'suspended';
        return;
      case 'jumpServer':
        // Only the monotonic clock counts; whoever notices a jump asks before it gives.
        running.holder.doubt();
        return;
      case 'rebirth':
        server.life += 1;
        running.self = this.#incarnation(index, server.life);
        running.holder.reborn(running.self);
        return;
    }
  }

  #sync(isCut: boolean, process: Process, { spare, give, fate }: Extract<Act, { kind: 'sync' }>): void {
    const request = process.holder.ask({ spare, give, keepMs: 0, nowMs: this.#nowMs });
    if (isCut || fate === 'askLost') return;
    if (fate === 'late') {
      process.late.push(request);
      return;
    }
    const answer = this.#execute(request);
    if (fate === 'answerLost') return;
    process.holder.answered(request, answer, this.#nowMs);
    process.serves = true;
  }

  #execute(request: LedgerRequest): LedgerAnswer {
    const { ledger, answer } = planLedger(this.#ledger, request, this.limit, this.#nowMs + this.#sqlOffsetMs);
    this.#ledger = ledger;
    return answer;
  }

  #expire(): void {
    for (const { processes } of this.servers) {
      for (const { holder, state } of processes) if (state === 'runs' && !holder.isValid(this.#nowMs)) holder.expire();
    }
  }

  #start(index: number): void {
    const server = this.servers[index];
    if (server === undefined) return;
    server.life += 1;
    const self = this.#incarnation(index, server.life);
    server.processes.push({ self, holder: new SeatHolder(self), state: 'runs', serves: true, late: [] });
  }

  #incarnation(index: number, life: number): Incarnation {
    return { serverId: serverIdSchema.parse(`s${index}`), life };
  }

  /** For messages. */
  toString(): string {
    const blocks = this.#ledger.blocks.map(({ holder, seats }) => `${incarnationId(holder)}=${seats}`);
    const names = this.#ledger.names.map(
      ({ name, holder, from }) => `${name}@${incarnationId(holder)}${from ? `<${from.serverId}` : ''}`,
    );
    const held = this.servers.flatMap(({ processes }) =>
      processes.map(
        ({ self, holder, state }) => `${incarnationId(self)} ${state} ${holder.seats}: ${[...holder.names].join(' ')}`,
      ),
    );
    return [...blocks, ...names, ...held].join('; ');
  }
}
