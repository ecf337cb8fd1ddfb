import { atLeast, atMost, type Bench, ratio } from './bench.ts';
import { type Figures, medians, rounded } from './figures.ts';
import { PhoneStorm } from './load/registrations.ts';
import { cpuSeconds } from './process-usage.ts';
import { bareRegistrar, productRegistrar, type RegistrarStage } from './stage/registrar-stage.ts';

const devices = 5_000;
/** So many have registered before, that what is measured is not the start of the programs. */
const warm = 500;

async function measure(stage: RegistrarStage, storms: number): Promise<Figures> {
  const { listener, accounts, pids } = stage;
  await using storm = await PhoneStorm.open(listener);
  await storm.register(accounts.slice(0, warm));
  const before = cpuSeconds(pids);
  let accepted = 0;
  let seconds = 0;
  for (let index = 0; index < storms; index += 1) {
    const result = await storm.register(accounts);
    accepted += result.accepted;
    seconds += result.seconds;
  }
  const cpu = cpuSeconds(pids) - before;
  return {
    perCpuSecond: accepted / cpu,
    perSecond: accepted / seconds,
    cpuMsEach: (cpu * 1_000) / accepted,
    failed: storms * accounts.length - accepted,
  };
}

export const sipRegister: Bench = {
  name: 'sip-register',
  about: '5,000 phones register by digest at once: how many registrations does a second of CPU carry?',
  async run({ large, rounds }) {
    const measured: { product: Figures[]; floor: Figures[] } = { product: [], floor: [] };
    for (let round = 1; round <= rounds; round += 1) {
      for (const kind of ['floor', 'product'] as const) {
        await using stage = await (kind === 'floor' ? bareRegistrar(devices) : productRegistrar(devices));
        const figures = await measure(stage, large ? 10 : 2);
        console.error(
          `round ${round} ${kind.padEnd(7)} ${Object.entries(figures)
            .map(([name, value]) => `${name} ${rounded(value)}`)
            .join(', ')}`,
        );
        measured[kind].push(figures);
      }
    }
    const [figures, floor] = [medians(measured.product), medians(measured.floor)];
    const targets = [
      atLeast('registrations per CPU second / bare registrar', ratio(figures, floor, 'perCpuSecond'), 0.5),
      atMost('registrations that failed', figures.failed ?? Number.NaN, 0),
    ];
    return { bench: this.name, figures, floor, targets };
  },
};
