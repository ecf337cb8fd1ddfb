import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface MetricsOptions {
  /** Put on every sample, for example `{ server: 'server-1' }`. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Also measures the process (CPU, memory, event loop); once per process, so not in tests with two servers. */
  readonly ofProcess?: boolean;
}

/** What all names begin with. */
const prefix = 'ucmesh_';

/**
 * The metrics of one server, kept apart from those of another server in the same process. Names are given without the
 * `ucmesh_` in front; units stand in them (`_seconds`, `_bytes`, `_total`), as Prometheus advises.
 */
export class Metrics {
  readonly #registry = new Registry();

  constructor({ labels = {}, ofProcess = false }: MetricsOptions = {}) {
    this.#registry.setDefaultLabels(labels);
    if (ofProcess) collectDefaultMetrics({ register: this.#registry, prefix });
  }

  /** For parts that make their own metrics; their names begin with `ucmesh_`. */
  get registry(): Registry {
    return this.#registry;
  }

  /** Something that is counted up; the name ends in `_total`. */
  counter<const Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []): Counter<Label> {
    return new Counter({ name: prefix + name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  /** A value that stands where it stands; `read` is asked for it whenever the metrics are fetched. */
  gauge<const Label extends string = never>(
    name: string,
    help: string,
    options: { labelNames?: readonly Label[]; read?: (gauge: Gauge<Label>) => void | Promise<void> } = {},
  ): Gauge<Label> {
    const { labelNames = [], read } = options;
    return new Gauge({
      name: prefix + name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      ...(read && {
        collect(this: Gauge<Label>) {
          return read(this);
        },
      }),
    });
  }

  /** A distribution; `buckets` are upper bounds in the unit of the name. */
  histogram<const Label extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly Label[] = [],
  ): Histogram<Label> {
    return new Histogram({
      name: prefix + name,
      help,
      buckets: [...buckets],
      labelNames: [...labelNames],
      registers: [this.#registry],
    });
  }

  /** Type of what {@link print} answers. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in the text form of Prometheus. */
  print(): Promise<string> {
    return this.#registry.metrics();
  }
}
