import assert from 'node:assert/strict';
import { median, medians, percentile, rounded } from '../../../bench/figures.ts';
import { watchedContacts } from '../../../bench/load/contacts.ts';
import { cpuSeconds, residentBytes } from '../../../bench/process-usage.ts';

describe('figures of a bench', () => {
  it('are medians of the rounds, with four digits', () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.deepEqual(
      medians([
        { a: 1, b: 10 },
        { a: 3, b: 30 },
        { a: 2, b: 20.12345 },
      ]),
      { a: 2, b: 20.12 },
    );
    assert.equal(rounded(123_456), 123_500);
  });

  it('know the value below which a share lies', () => {
    const values = Array.from({ length: 100 }, (_, index) => index);
    assert.deepEqual([percentile(values, 0.5), percentile(values, 0.95), percentile(values, 1)], [50, 95, 99]);
  });

  it('count the CPU time of all threads and the memory of processes', () => {
    const before = cpuSeconds([process.pid]);
    const until = process.cpuUsage().user + 50_000;
    while (process.cpuUsage().user < until) Math.sqrt(Math.random());
    assert.ok(cpuSeconds([process.pid]) > before);
    assert.ok(residentBytes([process.pid]) > 10 * 2 ** 20);
  });

  it('come from contacts spread evenly: everybody watches 50 others and is watched by 50', () => {
    const watchedBy = new Map<number, number>();
    for (let user = 0; user < 500; user++) {
      const contacts = watchedContacts(user, 500);
      assert.equal(new Set(contacts).size, 50);
      assert.ok(!contacts.includes(user));
      for (const contact of contacts) watchedBy.set(contact, (watchedBy.get(contact) ?? 0) + 1);
    }
    assert.deepEqual(new Set(watchedBy.values()), new Set([50]));
  });
});
