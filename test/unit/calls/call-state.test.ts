import { deepEqual, equal } from 'node:assert/strict';
import { possibleActs } from '#ucserver/calls/call-acts.ts';
import { CallWorld, id, leg } from './call-world.ts';

describe('call state: setting up', () => {
  it('rings all devices with the offer of the caller', () => {
    const world = new CallWorld();
    deepEqual(world.on({ type: 'routed', legs: [leg('b1'), leg('b2')] }), ['invite b1 A', 'invite b2 A']);
    deepEqual(world.on({ type: 'rings', legId: id('b1') }, { type: 'rings', legId: id('b2') }), ['ring a']);
  });
  it('ends at once when nobody can be reached', () => {
    const world = new CallWorld();
    deepEqual(world.on({ type: 'routed', legs: [] }), ['refuse a unreachable']);
    equal(world.call.end, 'unreachable');
  });
  it('gives the call to the first that answers and ends the others as completed elsewhere', () => {
    const world = new CallWorld().ringing('b1', 'b2', 'b3');
    world.on({ type: 'rings', legId: id('b2') });
    deepEqual(world.on({ type: 'answers', legId: id('b2'), sdp: 'B' }), [
      'accept a B',
      'cancel b1 completedElsewhere',
      'cancel b3 completedElsewhere',
    ]);
    deepEqual(world.call.talking, ['a', 'b2']);
  });
  it('hangs up on an answer that crossed the decision', () => {
    const world = new CallWorld().ringing('b1', 'b2');
    world.on({ type: 'answers', legId: id('b2'), sdp: 'B' });
    deepEqual(world.on({ type: 'answers', legId: id('b1'), sdp: 'C' }), ['hangUp b1 completedElsewhere']);
    deepEqual(world.call.talking, ['a', 'b2']);
  });
  it('lets the caller hear one early medium', () => {
    const world = new CallWorld().ringing('b1', 'b2');
    deepEqual(
      world.on(
        { type: 'rings', legId: id('b1') },
        { type: 'rings', legId: id('b2'), sdp: 'E2' },
        { type: 'rings', legId: id('b1'), sdp: 'E1' },
      ),
      ['ring a', 'ring a E2'],
    );
    deepEqual(world.on({ type: 'answers', legId: id('b2') }), ['accept a E2', 'cancel b1 completedElsewhere']);
  });
  it('cancels all when the caller leaves', () => {
    const world = new CallWorld().ringing('b1', 'b2');
    deepEqual(world.on({ type: 'leaves', legId: id('a'), reason: 'hungUp' }), ['cancel b1 callerLeft', 'cancel b2 callerLeft']);
    equal(world.call.end, 'callerLeft');
  });
  it('ends with the refusal that says most once all have refused', () => {
    const world = new CallWorld().ringing('b1', 'b2');
    deepEqual(world.on({ type: 'refuses', legId: id('b1'), reason: 'busy' }), []);
    deepEqual(world.on({ type: 'refuses', legId: id('b2'), reason: 'unreachable' }), ['refuse a busy']);
  });
  it('ends everywhere when one device declines', () => {
    const world = new CallWorld().ringing('b1', 'b2');
    deepEqual(world.on({ type: 'refuses', legId: id('b1'), reason: 'declined' }), ['refuse a declined', 'cancel b2 declined']);
  });
  it('ends as no answer when it rang, as unreachable when it did not', () => {
    const rang = new CallWorld().ringing('b');
    rang.on({ type: 'rings', legId: id('b') });
    deepEqual(rang.on({ type: 'rangLongEnough' }), ['refuse a noAnswer', 'cancel b noAnswer']);
    const silent = new CallWorld().ringing('b');
    deepEqual(silent.on({ type: 'rangLongEnough' }), ['refuse a unreachable', 'cancel b unreachable']);
  });
});

describe('call state: talking', () => {
  it('hangs up the other', () => {
    const world = new CallWorld().connected();
    deepEqual(world.on({ type: 'leaves', legId: id('b'), reason: 'hungUp' }), ['hangUp a hungUp']);
    deepEqual([world.call.phase, world.call.end], ['ended', 'hungUp']);
  });
  it('relays hold and its answer', () => {
    const world = new CallWorld().connected();
    deepEqual(world.on({ type: 'offers', legId: id('a'), sdp: 'hold', holding: true }), ['offer b hold 1']);
    deepEqual(world.on({ type: 'answersOffer', legId: id('b'), offer: 1, sdp: 'held' }), ['answer a held']);
    deepEqual(possibleActs(world.call, id('a')), ['hangUp', 'resume', 'transfer', 'sendDigits']);
  });
  it('refuses an offer while another is under way, and one the other side does not take', () => {
    const world = new CallWorld().connected();
    world.on({ type: 'offers', legId: id('a'), sdp: 'x', holding: false });
    deepEqual(world.on({ type: 'offers', legId: id('b'), sdp: 'y', holding: false }), ['refuseOffer b 491']);
    deepEqual(world.on({ type: 'refusesOffer', legId: id('b'), offer: 1 }), ['refuseOffer a 488']);
    deepEqual(world.on({ type: 'offers', legId: id('b'), sdp: 'y', holding: false }), ['offer a y 2']);
  });
});

describe('call state: transfer', () => {
  it('lets the target take the place of the one who transfers', () => {
    const world = new CallWorld().connected();
    deepEqual(world.on({ type: 'transfers', legId: id('b'), targets: [leg('c')] }), ['reportTransfer b 100', 'invite c A']);
    deepEqual(world.on({ type: 'rings', legId: id('c') }), ['reportTransfer b 180']);
    deepEqual(world.on({ type: 'answers', legId: id('c'), sdp: 'C' }), [
      'reportTransfer b 200',
      'hangUp b transferred',
      'offer a C 1',
    ]);
    deepEqual(world.on({ type: 'answersOffer', legId: id('a'), offer: 1, sdp: 'A2' }), []);
    deepEqual(world.on({ type: 'leaves', legId: id('a'), reason: 'hungUp' }), ['hangUp c hungUp']);
  });
  it('goes on when the target does not answer', () => {
    const world = new CallWorld().connected();
    world.on({ type: 'transfers', legId: id('b'), targets: [leg('c')] });
    deepEqual(world.on({ type: 'refuses', legId: id('c'), reason: 'busy' }), ['reportTransfer b 486']);
    deepEqual(possibleActs(world.call, id('b')), ['hangUp', 'hold', 'transfer', 'sendDigits']);
  });
  it('lets the one who transfers leave first', () => {
    const world = new CallWorld().connected();
    world.on({ type: 'transfers', legId: id('b'), targets: [leg('c')] });
    deepEqual(world.on({ type: 'leaves', legId: id('b'), reason: 'hungUp' }), []);
    deepEqual(world.on({ type: 'answers', legId: id('c'), sdp: 'C' }), ['offer a C 1']);
  });
  it('ends the call when the one who transferred has left and the target does not answer', () => {
    const world = new CallWorld().connected();
    world.on({ type: 'transfers', legId: id('b'), targets: [leg('c')] }, { type: 'leaves', legId: id('b'), reason: 'hungUp' });
    deepEqual(world.on({ type: 'refuses', legId: id('c'), reason: 'busy' }), ['hangUp a busy']);
  });
  it('joins two who already talk with the one who transfers', () => {
    const world = new CallWorld().connected();
    const answered = leg('c', { phase: 'answered', sdp: 'C' });
    deepEqual(world.on({ type: 'adopts', leg: answered, inPlaceOf: id('b') }), [
      'reportTransfer b 200',
      'hangUp b transferred',
      'offer c A 1',
    ]);
    deepEqual(world.on({ type: 'answersOffer', legId: id('c'), offer: 1, sdp: 'C2' }), ['offer a C2 2']);
    deepEqual(world.on({ type: 'answersOffer', legId: id('a'), offer: 2, sdp: 'A2' }), []);
    deepEqual(world.call.talking, ['a', 'c']);
  });
  it('tells the one whose offer it interrupts to try again', () => {
    const world = new CallWorld().connected();
    world.on({ type: 'transfers', legId: id('b'), targets: [leg('c')] });
    world.on({ type: 'offers', legId: id('a'), sdp: 'hold', holding: true });
    deepEqual(world.on({ type: 'answers', legId: id('c'), sdp: 'C' }), [
      'reportTransfer b 200',
      'hangUp b transferred',
      'refuseOffer a 491',
      'offer a C 2',
    ]);
    deepEqual(world.on({ type: 'answersOffer', legId: id('b'), offer: 1, sdp: 'late' }), []);
  });
});

describe('call state: dialled by a client', () => {
  const dialled = () => {
    const world = new CallWorld(undefined, 'outbound');
    deepEqual(world.on({ type: 'dials' }), ['invite a']);
    deepEqual(world.on({ type: 'answers', legId: id('a'), sdp: 'A' }), ['complete a A', 'route']);
    return world;
  };
  it('calls the others when the own device was answered, and brings the two together', () => {
    const world = dialled();
    deepEqual(world.on({ type: 'routed', legs: [leg('b')] }), ['invite b A']);
    deepEqual(world.on({ type: 'rings', legId: id('b') }), []);
    deepEqual(world.on({ type: 'answers', legId: id('b'), sdp: 'B' }), ['offer a B 1']);
    deepEqual(world.on({ type: 'answersOffer', legId: id('a'), offer: 1, sdp: 'A2' }), []);
    deepEqual(world.call.talking, ['a', 'b']);
  });
  it('hangs the own device up when nobody is reached', () => {
    deepEqual(dialled().on({ type: 'routed', legs: [] }), ['hangUp a unreachable']);
  });
  it('ends when the own device is not answered', () => {
    const world = new CallWorld(undefined, 'outbound');
    world.on({ type: 'dials' }, { type: 'refuses', legId: id('a'), reason: 'noAnswer' });
    deepEqual([world.call.phase, world.call.end], ['ended', 'noAnswer']);
  });
});

describe('call state: offers that come late', () => {
  it('takes the answer of a caller who made no offer from the ACK', () => {
    const world = new CallWorld(undefined);
    deepEqual(world.on({ type: 'routed', legs: [leg('b')] }), ['invite b']);
    deepEqual(world.on({ type: 'answers', legId: id('b'), sdp: 'B' }), ['accept a B']);
    deepEqual(world.on({ type: 'acknowledges', legId: id('a'), sdp: 'A' }), ['complete b A']);
  });
});

describe('call state: hold by a client', () => {
  it('asks the other first, then the one it acts for', () => {
    const world = new CallWorld().connected();
    deepEqual(world.on({ type: 'holds', legId: id('a'), holding: true }), ['offer b A 1']);
    deepEqual(world.on({ type: 'holds', legId: id('b'), holding: true }), []);
    deepEqual(world.on({ type: 'answersOffer', legId: id('b'), offer: 1, sdp: 'B2' }), ['offer a B2 2']);
    deepEqual(world.on({ type: 'answersOffer', legId: id('a'), offer: 2, sdp: 'A2' }), []);
    deepEqual(possibleActs(world.call, id('a')), ['hangUp', 'resume', 'transfer', 'sendDigits']);
  });
  it('repeats an offer that met one of theirs, a few times', () => {
    const world = new CallWorld().connected();
    world.on({ type: 'holds', legId: id('a'), holding: true });
    for (let offer = 1; offer <= 4; offer += 1)
      deepEqual(world.on({ type: 'refusesOffer', legId: id('b'), offer, isGlare: true }), [`offer b A ${offer + 1}`]);
    deepEqual(world.on({ type: 'refusesOffer', legId: id('b'), offer: 5, isGlare: true }), []);
    equal(world.call.negotiation, undefined);
  });
});

describe('call state: legs that replace others', () => {
  const comes = leg('n', { direction: 'inbound', sdp: 'N' });
  it('accepts the one who comes with the answer of the one who stays, then hangs up', () => {
    const world = new CallWorld().connected();
    deepEqual(world.on({ type: 'replaces', leg: comes, inPlaceOf: id('b') }), ['offer a N 1']);
    deepEqual(world.on({ type: 'answersOffer', legId: id('a'), offer: 1, sdp: 'A2' }), ['accept n A2', 'hangUp b transferred']);
    deepEqual(world.call.talking, ['a', 'n']);
  });
  it('leaves things as they were when it is not taken, or given up', () => {
    const refused = new CallWorld().connected();
    refused.on({ type: 'replaces', leg: comes, inPlaceOf: id('b') });
    deepEqual(refused.on({ type: 'refusesOffer', legId: id('a'), offer: 1 }), ['refuse n notAcceptable']);
    deepEqual(refused.call.talking, ['a', 'b']);
    const given = new CallWorld().connected();
    given.on({ type: 'replaces', leg: comes, inPlaceOf: id('b') });
    deepEqual(given.on({ type: 'leaves', legId: id('n'), reason: 'hungUp' }), ['offer a B 2']);
    deepEqual(given.on({ type: 'answersOffer', legId: id('a'), offer: 2, sdp: 'A3' }), ['offer b A3 3']);
  });
  it('ends what is left when a leg goes over to another call', () => {
    const world = new CallWorld().connected();
    deepEqual(world.on({ type: 'givesAway', legId: id('b') }), ['hangUp a transferred']);
    equal(world.call.phase, 'ended');
  });
});

describe('call state: guests', () => {
  it('give the call to who picks it up, and do not decline for who was called', () => {
    const world = new CallWorld().ringing('b');
    deepEqual(world.on({ type: 'joinsRinging', legs: [leg('g', { isGuest: true }), leg('h', { isGuest: true })] }), [
      'invite g A',
      'invite h A',
    ]);
    deepEqual(world.on({ type: 'refuses', legId: id('h'), reason: 'declined' }), []);
    deepEqual(world.on({ type: 'answers', legId: id('g'), sdp: 'G' }), ['accept a G', 'cancel b completedElsewhere']);
  });
});
