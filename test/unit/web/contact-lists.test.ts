import assert from 'node:assert/strict';
import type { ContactList, UserId } from '#web/api/index.ts';
import {
  movedFavourite,
  newGroup,
  renamedGroup,
  withFavourite,
  withGroup,
  withMember,
  withoutFavourite,
  withoutGroup,
  withoutMember,
} from '#web/client/contacts/contact-lists.ts';
import { contactRows } from '#web/client/contacts/contact-rows.ts';

const id = (name: string) => name as UserId;
const list = (favourites: readonly string[], groups: ContactList['groups'] = []): ContactList => ({
  version: 1,
  favourites: favourites.map(id),
  groups,
});

describe('web client: favourites and own groups', () => {
  it('adds once, removes, puts back in its place and moves', () => {
    const abc = list(['a', 'b', 'c']);
    assert.equal(withFavourite(id('b'))(abc), abc);
    const removed = withoutFavourite(id('b'))(abc);
    assert.deepEqual(removed.favourites, ['a', 'c']);
    assert.deepEqual(withFavourite(id('b'), 1)(removed).favourites, ['a', 'b', 'c']);
    assert.deepEqual(movedFavourite(id('c'), -1)(abc).favourites, ['a', 'c', 'b']);
    assert.deepEqual(movedFavourite(id('a'), -1)(abc).favourites, ['a', 'b', 'c']);
  });

  it('keeps groups and their members', () => {
    const group = { ...newGroup('Team', [id('a')]), id: 'g' };
    const one = withGroup(group)(list([]));
    assert.deepEqual(withMember('g', id('b'))(one).groups[0]?.members, ['a', 'b']);
    assert.deepEqual(withoutMember('g', id('a'))(one).groups[0]?.members, []);
    assert.equal(renamedGroup('g', 'Crew')(one).groups[0]?.name, 'Crew');
    assert.deepEqual(withoutGroup('g')(one).groups, []);
  });

  it('becomes rows: sections, people of those that are open, and a word where there is nobody', () => {
    const rows = contactRows({
      contacts: list(['a'], [{ id: 'g', name: 'Team', members: [] }]),
      departments: [{ groupId: 'd' as never, name: 'Sales', memberCount: 2 }],
      turned: new Set(['everybody']),
      pageOf: () => ({ userIds: [id('x')], state: 'idle', more: false }),
      labels: { favourites: 'Favourites', everybody: 'Everybody' },
    });
    assert.deepEqual(
      rows.map((row) => (row.kind === 'section' ? `${row.section.label} ${row.section.open}` : row.key)),
      ['Favourites true', 'favourites/a', 'Team true', 'own-g/hint', 'Sales false', 'Everybody false'],
    );
  });
});
