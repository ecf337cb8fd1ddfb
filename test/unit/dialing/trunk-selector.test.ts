import { deepEqual } from 'node:assert/strict';
import { type TrunkState, trunksToTry } from '#ucserver/dialing/trunk-selector.ts';

const call = (callId: string, startedAt: number, emergency = false) => ({ callId, startedAt, emergency });
const trunk = (id: string, more: Partial<TrunkState> = {}): TrunkState => ({
  id,
  priority: 1,
  siteId: undefined,
  up: true,
  lines: 2,
  calls: [],
  ...more,
});
const ids = (trunks: TrunkState[], emergency = false) => trunksToTry(trunks, 'berlin', emergency).map(({ trunkId }) => trunkId);
const full = [call('c1', 1), call('c2', 2)];

describe('trunk selector', () => {
  it("takes the site's own first, then those of nobody, then those of other sites", () => {
    deepEqual(ids([trunk('far', { siteId: 'boston' }), trunk('any'), trunk('own', { siteId: 'berlin', priority: 9 })]), [
      'own',
      'any',
      'far',
    ]);
  });
  it('goes by priority, then by free lines', () => {
    deepEqual(ids([trunk('b', { priority: 2 }), trunk('a', { calls: [call('c', 1)] }), trunk('c')]), ['c', 'a', 'b']);
  });
  it('leaves out what is down or full', () => {
    deepEqual(ids([trunk('down', { up: false }), trunk('full', { calls: full }), trunk('good')]), ['good']);
  });
  it('ends the newest other call of a full trunk for an emergency call', () => {
    deepEqual(trunksToTry([trunk('full', { calls: [call('c2', 2), call('c3', 3, true)] })], 'berlin', true), [
      { trunkId: 'full', givesWay: 'c2' },
    ]);
  });
  it('tries free lines, then taken ones, then trunks that seem down for an emergency call', () => {
    deepEqual(ids([trunk('down', { up: false }), trunk('full', { calls: full }), trunk('free', { siteId: 'boston' })], true), [
      'free',
      'full',
      'down',
    ]);
  });
  it('ends no emergency call for another', () => {
    deepEqual(ids([trunk('full', { lines: 1, calls: [call('c', 1, true)] })], true), []);
  });
});
