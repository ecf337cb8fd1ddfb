import { InProcess, type InProcessOptions } from '#test/support/in-process.ts';
import { HandleWatch } from '#test/support/leaks.ts';

/** Where people are at home when everything is on one server, and when it crosses two. */
export interface Places {
  readonly here: string;
  readonly there: string;
}

/**
 * Describes a feature twice: with everybody on one server, and with people on two. `stage()` is for hooks and tests; the servers
 * end after the last test and may leave nothing open.
 */
export function onOneAndTwoServers(
  feature: string,
  options: (places: Places) => Omit<InProcessOptions, 'servers'>,
  tests: (stage: () => InProcess, places: Places) => void,
): void {
  for (const servers of [1, 2]) {
    const places = { here: 'server-1', there: `server-${servers}` };
    describe(`${feature} on ${servers === 1 ? 'one server' : 'two servers'}`, function () {
      this.timeout(60_000);
      let handles: HandleWatch;
      let stage: InProcess;
      before(async () => {
        handles = new HandleWatch();
        stage = await InProcess.start({ servers, ...options(places) });
      });
      tests(() => stage, places);
      after(async () => {
        await stage[Symbol.asyncDispose]();
        await handles.check(8_000);
      });
    });
  }
}
