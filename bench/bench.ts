import { type Figures, medians, rounded } from './figures.ts';
import { floorStage } from './stage/floor-stage.ts';
import { productStage } from './stage/product-stage.ts';
import type { Stage, StageOptions } from './stage/stage.ts';

export interface Target {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  /** `most`: the value may not be above the limit; `least`: not below. */
  readonly ok: boolean;
}

export interface BenchResult {
  readonly bench: string;
  readonly figures: Figures;
  readonly floor: Figures;
  readonly targets: readonly Target[];
}

export interface BenchSize {
  /** More people and longer, for machines with more cores; has no limit of time. */
  readonly large: boolean;
  /** Three for figures that count; one to try something. */
  readonly rounds: number;
}

/** One question. */
export interface Bench {
  readonly name: string;
  /** One sentence for the list. */
  readonly about: string;
  run(size: BenchSize): Promise<BenchResult>;
}

export const atMost = (name: string, value: number, limit: number): Target => ({
  name,
  value: rounded(value),
  limit,
  ok: value <= limit,
});
export const atLeast = (name: string, value: number, limit: number): Target => ({
  name,
  value: rounded(value),
  limit,
  ok: value >= limit,
});

/** The ratio of a figure of the product to that of the floor. */
export function ratio(product: Figures, floor: Figures, name: string): number {
  return (product[name] ?? Number.NaN) / (floor[name] ?? Number.NaN);
}

export const stages = { floor: floorStage, product: productStage } as const;

export type StageKind = keyof typeof stages;

/** Starts the servers of one kind, lets `work` loose on them and ends them. */
export async function onStage<T>(kind: StageKind, options: StageOptions, work: (stage: Stage) => Promise<T>): Promise<T> {
  await using stage = await stages[kind](options);
  return await work(stage);
}

/** Floor and product in turn, so that what the machine does meanwhile meets both; answers medians. */
export async function inTurn(
  rounds: number,
  measure: (kind: StageKind) => Promise<Figures>,
): Promise<{ figures: Figures; floor: Figures }> {
  const measured: Record<StageKind, Figures[]> = { floor: [], product: [] };
  for (let round = 1; round <= rounds; round++) {
    for (const kind of ['floor', 'product'] as const) {
      const figures = await measure(kind);
      console.error(
        `round ${round} ${kind.padEnd(7)} ${Object.entries(figures)
          .map(([name, value]) => `${name} ${rounded(value)}`)
          .join(', ')}`,
      );
      measured[kind].push(figures);
    }
  }
  return { figures: medians(measured.product), floor: medians(measured.floor) };
}
