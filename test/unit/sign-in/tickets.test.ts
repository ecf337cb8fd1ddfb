import assert from 'node:assert/strict';
import type { ServerId, UserId } from '#shared/ids.ts';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { Tickets } from '#ucserver/sign-in/tickets.ts';

const [ann, bob] = ['ann', 'bob'] as [UserId, UserId];
const [one, two] = ['one', 'two'] as [ServerId, ServerId];
const password = 'the password of the mesh';

describe('tickets', () => {
  const clock = new ManualClock();
  const ticketsOf = (meshPassword = password) => new Tickets({ keys: new MeshKeys('test', meshPassword), clock, forMs: 60_000 });

  it('are read by every server of the mesh', () => {
    const written = ticketsOf().write(ann, two, 1);
    assert.equal(ticketsOf().read(written, ann, two)?.hop, 1);
  });

  it('do not count for another user, for another server, of another mesh, changed, or when too old', () => {
    const written = ticketsOf().write(ann, two, 1);
    assert.equal(ticketsOf().read(written, bob, two), undefined);
    assert.equal(ticketsOf().read(written, ann, one), undefined);
    assert.equal(ticketsOf('another password of a mesh').read(written, ann, two), undefined);
    const [text = '', mac = ''] = written.split('.');
    const forged = Buffer.from(Buffer.from(text, 'base64url').toString().replace('"hop":1', '"hop":0')).toString('base64url');
    for (const wrong of [`${forged}.${mac}`, `${text}.`, text, `${written}.x`, '', 'x.y', undefined]) {
      assert.equal(ticketsOf().read(wrong, ann, two), undefined);
    }
    clock.advance(60_001);
    assert.equal(ticketsOf().read(written, ann, two), undefined);
  });
});
