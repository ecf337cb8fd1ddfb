import assert from 'node:assert/strict';
import type { ConversationId, Entry, EntryId, Position, ShownMessage, UserId } from '#web/api/index.ts';
import { withModerator, withoutPerson, withPeople } from '#web/client/groups/chosen-people.ts';
import { groupEntries, noticeLines } from '#web/client/groups/group-notices.ts';
import { orderedMembers } from '#web/client/groups/member-order.ts';
import { isMuted, mentions, tomorrowMorning } from '#web/client/groups/muting.ts';
import { nameList, typingLine } from '#web/client/groups/name-list.ts';
import { readMarks } from '#web/client/groups/read-marks.ts';
import { noCriteria, searchParams } from '#web/client/search/search-criteria.ts';
import { snippetPieces } from '#web/client/search/snippet-pieces.ts';
import { wordsIn } from '#web/ui/text.ts';

const [ann, ben, cleo, dora, self, system] = ['ann', 'ben', 'cleo', 'dora', 'me', 'system'] as UserId[] as [
  ...[UserId, UserId, UserId, UserId, UserId, UserId],
];
const nameOf = (userId: UserId) => userId.charAt(0).toUpperCase() + userId.slice(1);
const english = wordsIn('en');
const german = wordsIn('de');

const entry = (kind: string, author: UserId, body: object): Entry => ({
  ...{ conversationId: 'g-c' as ConversationId, seq: 1, entryId: 'e' as EntryId, author, at: 1, kind },
  body: body as Entry['body'],
});
const lines = (kind: string, author: UserId, body: object, words = english) =>
  noticeLines(entry(kind, author, body), { words, self, nameOf });

describe('web client: what is told of groups', () => {
  it('says who created, added, removed, promoted and renamed, in the words of the reader', () => {
    assert.deepEqual(lines('created', ann, { title: 'Team' }), ['Ann created “Team”']);
    assert.deepEqual(lines('created', self, { title: 'Team' }), ['You created “Team”']);
    assert.deepEqual(lines('created', system, { title: 'Sales' }), ['The group of Sales was created']);
    assert.deepEqual(lines('members', ann, { added: [ben, self], removed: [] }), ['Ann added you and Ben']);
    assert.deepEqual(lines('members', self, { added: [ben], removed: [] }), ['You added Ben']);
    assert.deepEqual(lines('members', ann, { added: [], removed: [ben] }), ['Ann removed Ben']);
    assert.deepEqual(lines('members', ben, { added: [], removed: [ben], moderator: self }), [
      'Ben has left',
      'You are moderator now',
    ]);
    assert.deepEqual(lines('members', self, { added: [], removed: [self] }), ['You have left']);
    assert.deepEqual(lines('members', system, { added: [ann, ben], removed: [cleo] }), [
      'Ann and Ben have joined',
      'Cleo has left',
    ]);
    assert.deepEqual(lines('members', system, { added: [self], removed: [] }), ['You have joined']);
    assert.deepEqual(lines('role', ann, { userId: self, role: 'moderator' }), ['Ann made you moderator']);
    assert.deepEqual(lines('role', self, { userId: ben, role: 'member' }), ['You took the role of moderator from Ben']);
    assert.deepEqual(lines('rename', ann, { title: 'Crew' }), ['Ann changed the name to “Crew”']);
    assert.deepEqual(lines('members', ann, { added: [ben], removed: [] }, german), ['Ann hat Ben hinzugefügt']);
    assert.deepEqual(lines('message', ann, { text: 'x' }), []);
  });

  it('knows which entries are about the group', () => {
    const log = [entry('message', ann, {}), entry('rename', ann, { title: 'x' }), entry('reaction', ann, {})];
    assert.deepEqual(groupEntries(log), [log[1]]);
  });

  it('names no more people than one reads', () => {
    const many = [ann, ben, cleo, dora, self];
    assert.match(nameList(many, english, { nameOf, self, first: true }), /^You, Ann, Ben,? and 2 others$/);
    assert.equal(typingLine([], english, nameOf), '');
    assert.equal(typingLine([ann], english, nameOf), 'Ann is writing …');
    assert.equal(typingLine([ann, ben], german, nameOf), 'Ann und Ben schreiben …');
    assert.equal(typingLine([ann, ben, cleo], english, nameOf), 'Ann, Ben and 1 other are writing …');
  });

  it('puts moderators first and filters by name', () => {
    const input = {
      members: [dora, cleo, ben, ann],
      moderators: [cleo],
      nameOf,
      compare: (a: string, b: string) => (a < b ? -1 : 1),
    };
    assert.deepEqual(orderedMembers({ ...input, filter: '' }), [cleo, ann, ben, dora]);
    assert.deepEqual(orderedMembers({ ...input, filter: ' N' }), [ann, ben]);
  });

  it('marks up to where each has read, but not at their own message', () => {
    const message = (seq: number, author: UserId): ShownMessage => ({
      ...{ seq, entryId: `m${seq}` as EntryId, author, at: seq, text: 'x', earlier: [], reactions: [] },
    });
    const at = (userId: UserId, read: number): [UserId, Position] => [userId, { userId, read, delivered: read }];
    const positions = new Map([at(ann, 5), at(ben, 2), at(cleo, 0), at(self, 5)]);
    const marks = readMarks([message(1, self), message(3, self), message(4, ann)], positions, self);
    assert.deepEqual([...marks], [['m1', [ben]]]);
    assert.deepEqual([...readMarks([message(1, self)], new Map([at(ann, 1), at(ben, 9)]), self)], [['m1', [ann, ben]]]);
  });

  it('is quiet until the end of the muting, except when one is called', () => {
    assert.deepEqual([isMuted(undefined, 5), isMuted(4, 5), isMuted(6, 5)], [false, false, true]);
    const called = (value: unknown) => mentions(entry('message', ann, { text: 'x', mentions: value }), self);
    assert.deepEqual([called(undefined), called([ben]), called([self]), called('everybody')], [false, false, true, true]);
    const morning = new Date(tomorrowMorning(new Date(2026, 11, 31, 23, 59).getTime()));
    assert.deepEqual([morning.getFullYear(), morning.getMonth(), morning.getDate(), morning.getHours()], [2027, 0, 1, 7]);
  });

  it('keeps those chosen once, in order', () => {
    const chosen = withPeople(withPeople([], [ann, ben]), [ben, cleo]);
    assert.deepEqual(
      chosen.map(({ userId }) => userId),
      [ann, ben, cleo],
    );
    assert.equal(withPeople(chosen, [ann]), chosen);
    assert.deepEqual(withoutPerson(withModerator(chosen, ben, true), ann), [
      { userId: ben, moderator: true },
      { userId: cleo, moderator: false },
    ]);
  });
});

describe('web client: the search of messages', () => {
  it('asks for nothing, for what was filled in, or says what is wrong', () => {
    assert.equal(searchParams(noCriteria), undefined);
    assert.equal(searchParams({ ...noCriteria, words: ' … ' }), 'badWords');
    assert.equal(searchParams({ ...noCriteria, from: '2026-03-02', to: '2026-03-01' }), 'wrongDays');
    assert.deepEqual(searchParams({ ...noCriteria, words: ' plan ', author: ann, hasFile: true }), {
      ...{ words: 'plan', author: ann, hasFile: true },
    });
    const day = searchParams({ ...noCriteria, from: '2026-12-31', to: '2026-12-31' });
    assert.deepEqual(day, { from: new Date(2026, 11, 31).getTime(), to: new Date(2027, 0, 1).getTime() - 1 });
  });

  it('cuts a snippet at its marks and loses nothing', () => {
    const text = 'The plan of plans';
    const pieces = snippetPieces({
      text,
      marks: [
        [4, 8],
        [12, 17],
      ],
    });
    assert.equal(pieces.map((piece) => piece.text).join(''), text);
    assert.deepEqual(
      pieces.filter(({ isMarked }) => isMarked).map((piece) => piece.text),
      ['plan', 'plans'],
    );
    assert.deepEqual(snippetPieces({ text: 'x', marks: [] }), [{ text: 'x', isMarked: false, at: 0 }]);
  });
});
