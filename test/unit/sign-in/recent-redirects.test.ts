import assert from 'node:assert/strict';
import type { ServerId } from '#shared/ids.ts';
import { RecentRedirects } from '#ucserver/sign-in/recent-redirects.ts';

const [one, two] = ['one', 'two'] as [ServerId, ServerId];

describe('recent redirects', () => {
  it('count until the load of the target tells of them', () => {
    const redirects = new RecentRedirects(2_000);
    redirects.add(one, 0);
    redirects.add(one, 1_500);
    redirects.add(two, 1_500);
    assert.equal(redirects.count(one, 1_600), 2);
    assert.equal(redirects.count(one, 2_000), 1);
    assert.equal(redirects.count(one, 4_000), 0);
    assert.equal(redirects.count(two, 1_600), 1);
  });
});
