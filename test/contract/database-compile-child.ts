import { globSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Database } from '#ucserver/database/index.ts';
import type { Outcome, Step, Steps } from '#ucserver/database/procedure.ts';
import type { Statement } from '#ucserver/database/queries.ts';

/**
 * Prints every query of the UCServer as it is compiled for SQL Server, as JSON lines `{"where", "sql"}`: all prepared
 * statements, which it finds by their definition in the source, and what procedures and repositories yield when they are
 * run against made-up answers. A process of its own, because it looks into modules while they are loaded.
 */
const statements: { where: string; statement: Statement<unknown, unknown> }[] = [];
Object.assign(globalThis, {
  foundStatement: (where: string, statement: Statement<unknown, unknown>) => statements.push({ where, statement }),
});

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.includes('/ucserver/') || loaded.source === undefined || loaded.source === null) return loaded;
    const source = Buffer.from(loaded.source as Uint8Array).toString();
    const names = [...source.matchAll(/^(?:export )?const (\w+) = statement[<(]/gm)].map(([, name]) => name);
    const file = url.slice(url.indexOf('/ucserver/') + 1);
    const calls = names.map((name) => `globalThis.foundStatement(${JSON.stringify(`${file} ${name}`)}, ${name});`);
    return { ...loaded, source: [source, ...calls].join('\n') };
  },
});

const { isProcedureSet, proceduresOf, toStep } = await import('#ucserver/database/procedure.ts');
const { Queries } = await import('#ucserver/database/queries.ts');
const { replicaParts } = await import('#ucserver/database/replica-parts.ts');
const { Audit } = await import('#ucserver/database/audit.ts');
const queries = new Queries('mssql');

function print(where: string, sql: string): void {
  console.log(JSON.stringify({ where, sql }));
}

const listMethods = [
  'map',
  'filter',
  'forEach',
  'some',
  'every',
  'reduce',
  'flatMap',
  'join',
  'includes',
  'slice',
  'find',
  'sort',
  'concat',
];
/** Fields of this name are lists, methods of this name make them. */
const fieldsAndMethods = ['entries', 'keys', 'values'];
const absent = ['then', 'toOperationNode', 'expressionType', 'compile', 'constructor'];

/** Stands for any value: has every property, is a list of itself, a number and a text. */
function anything(): unknown {
  return new Proxy([], {
    get(_target, property) {
      if (property === Symbol.toPrimitive) return (hint: string) => (hint === 'number' ? 1 : '1');
      if (property === Symbol.iterator) return () => [anything()].values();
      if (property === 'toJSON') return () => 1;
      if (property === 'length' || property === 'size') return 1;
      const name = String(property);
      if (absent.includes(name)) return undefined;
      if (fieldsAndMethods.includes(name)) {
        const list = () => [[0, anything()]].values();
        return Object.assign(list, { [Symbol.iterator]: () => [anything()].values() });
      }
      if (!listMethods.includes(name)) return anything();
      return (...args: unknown[]) => Reflect.apply(Reflect.get([], name) as (...args: unknown[]) => unknown, [anything()], args);
    },
    has: () => false,
  });
}

/** Numbers from 0 to 1, the same in every run. */
function* dice(seed: number): Generator<number, never> {
  for (let state = seed + 1; ; ) {
    state = (state * 48_271) % 2_147_483_647;
    yield state / 2_147_483_647;
  }
}

const paths = 24;
const longestPath = 100;

function drive(where: string, steps: Steps<unknown>, seed: number): number {
  const rolls = dice(seed);
  const answer = (): Outcome => {
    const some = seed === 0 ? false : seed === 1 ? true : rolls.next().value < 0.5;
    return some ? { rows: [anything()], changes: 1 } : { rows: [], changes: 0 };
  };
  let yielded = 0;
  try {
    for (let turn = steps.next(); !turn.done && yielded < longestPath; turn = steps.next(answer())) {
      yielded += 1;
      print(where, turn.value.sql);
    }
  } catch (error) {
    // A procedure may well refuse made-up values; what it asked before is printed. A mistake of this program shows as nothing printed.
    if (yielded === 0 && seed === 1) console.error(where, error);
  }
  return yielded;
}

function recorder(where: string): Database {
  const read = async (query: Parameters<Database['read']>[0]) => {
    const step: Step = toStep(query);
    print(where, step.sql);
    return [];
  };
  const database = { engine: 'mssql', queries, health: { writes: 'up', reads: 'up' }, read, run: async () => anything() };
  return database as unknown as Database;
}

const files = globSync('ucserver/**/*.ts').filter((file) =>
  /procedureSet\(|= statement[<(]|class \w+Repository\b/.test(readFileSync(file, 'utf8')),
);
for (const file of files) {
  const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(resolve(file)).href);
  for (const [name, value] of Object.entries(module)) {
    if (isProcedureSet(value)) {
      for (const procedure of proceduresOf(value)) {
        let yielded = 0;
        for (let seed = 0; seed < paths; seed += 1) yielded += drive(procedure.name, procedure.body(queries, anything()), seed);
        if (yielded === 0) print(procedure.name, '');
      }
    } else if (typeof value === 'function' && /Repository$/.test(name)) {
      const Repository = value as unknown as new (...args: unknown[]) => Record<string, (...args: unknown[]) => unknown>;
      for (const method of Object.getOwnPropertyNames(Repository.prototype).filter((each) => each !== 'constructor')) {
        const where = `${file} ${name}.${method}`;
        const database = recorder(where);
        // Some take the database alone, some one of several dependencies.
        for (const dependency of [database, { database, clock: { wallMs: () => 1 } }]) {
          try {
            await new Repository(dependency, anything())[method]?.(anything(), anything(), anything());
          } catch {
            // Made-up values again.
          }
        }
      }
    }
  }
}
for (const { where, statement } of statements) print(where, queries.bindEach(statement, []).sql);
for (const [name, part] of Object.entries(replicaParts)) {
  for await (const _page of part.readPages(recorder(`replica ${name}`)));
  for await (const _page of part.readPages(recorder(`replica ${name}`), ['some']));
}
const audit = new Audit(recorder('audit list'), { wallMs: () => 1 } as ConstructorParameters<typeof Audit>[1]);
await audit.list(10);
await audit.list(10, { at: 1, id: 'a' });
