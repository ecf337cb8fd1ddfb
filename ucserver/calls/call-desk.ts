import type { Cluster } from '#shared/cluster/cluster-port.ts';
import { type ActId, type CallId, type IncarnationId, parseIncarnation, type UserId } from '#shared/ids.ts';
import { type CallActRequest, callAct, callDial, callPickUp, callRinging } from '#shared/mesh/contracts/calls.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Params } from '#shared/protocol/index.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Directory } from '#ucserver/directory/index.ts';
import { ActResults, type Dispatcher, type SessionTable } from '#ucserver/gateway/index.ts';
import type { JournalRowInput, JournalWriter } from '#ucserver/journal/index.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import type { PresenceService } from '#ucserver/presence/index.ts';
import type { SignIn } from '#ucserver/sign-in/index.ts';
import type { Locations } from '#ucserver/sip/index.ts';
import { CallNews } from './call-news.ts';
import { CallPresence } from './call-presence.ts';
import { ClientActs } from './client-acts.ts';
import { finishedPeople, journalRow, lostRow } from './journal-rows.ts';
import { external } from './leg-header.ts';
import { registerCallMethods } from './methods.ts';
import { companyNumbers } from './numbers.ts';
import type { CallService } from './service.ts';
import { type UserCall, UserCalls } from './user-calls.ts';

export interface CallDeskOptions {
  readonly cluster: Cluster;
  readonly ownership: Ownership;
  readonly sessions: SessionTable;
  readonly dispatcher: Dispatcher;
  readonly directory: Directory;
  readonly presence: PresenceService;
  readonly journal: JournalWriter;
  readonly signIn: Pick<SignIn, 'addMoveVeto'>;
  readonly locations: Pick<Locations, 'locationsOf'>;
  readonly mayPickUp: (presentity: UserId, picker: UserId) => boolean;
  /** Undefined on a server without phones: its people can have calls all the same. */
  readonly calls: CallService | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Calls as people see them and act on them by their clients, in presence and in the journal, over all servers. */
export class CallDesk {
  readonly userCalls: UserCalls;
  readonly #options: CallDeskOptions;
  readonly #acts: ClientActs | undefined;
  readonly #results: ActResults;
  readonly #news: CallNews;
  readonly #presence: CallPresence;
  readonly #partyOf: ReturnType<typeof companyNumbers>['partyOf'];
  readonly #stops: (() => void)[] = [];

  constructor(options: CallDeskOptions) {
    this.#options = options;
    const { cluster, ownership, sessions, directory, presence, clock, calls, mayPickUp, dispatcher } = options;
    const { mesh } = cluster;
    this.#partyOf = companyNumbers(directory).partyOf;
    this.#results = new ActResults(clock);
    this.userCalls = new UserCalls({
      ...{ mesh, ownership, sessions, clock },
      onLost: (userId, view) => this.#record(lostRow(view, userId, this.#partyOf, Math.floor(clock.wallMs()))),
    });
    this.#news = new CallNews({
      ...{ mesh, ownership, partyOf: this.#partyOf },
      tellHere: (from, userId, told, version) => this.userCalls.told(from, userId, told, version),
    });
    this.#presence = new CallPresence({ presence, partyOf: this.#partyOf });
    if (calls !== undefined) {
      const { owner, transfers, deviceLegs } = calls;
      this.#acts = new ClientActs({ owner, transfers, deviceLegs, mayPickUp });
    }
    registerCallMethods(dispatcher, this);
  }

  start(): void {
    const { cluster, calls, signIn } = this.#options;
    const { mesh, members } = cluster;
    this.userCalls.start();
    this.#news.start();
    this.#stops.push(
      signIn.addMoveVeto((userId) => this.userCalls.has(userId)),
      members.onLost((lost) => this.userCalls.ownerLost(lost)),
      mesh.handle(callRinging, ({ userId }) => this.#ringingAt(userId)),
      mesh.handle(callAct, ({ actId, actor, ...act }) =>
        this.#once(actor, actId, 'calls.act', act, async () => {
          await this.#own().act(actor, act.callId, act.legId, act.act);
          return {};
        }),
      ),
      mesh.handle(callDial, ({ actId, actor, ...dial }) =>
        this.#once(actor, actId, 'calls.dial', dial, async () => ({ callId: this.#own().dial(actor, dial.to, dial.deviceId) })),
      ),
      mesh.handle(callPickUp, ({ actId, actor, ...pick }) =>
        this.#once(actor, actId, 'calls.pickUp', pick, async () => {
          this.#own().pickUp(actor, pick.userId, pick.callId, pick.deviceId);
          return {};
        }),
      ),
    );
    if (calls !== undefined) this.#stops.push(this.#follow(calls));
  }

  /** The calls of this server end, and are recorded. */
  async stop(): Promise<void> {
    await this.#options.calls?.hangUpAll();
    for (const stop of this.#stops.splice(0)) stop();
    this.userCalls.stop();
    this.#news.stop();
  }

  /** @throws UCError CALL_REFUSED, OUTCOME_UNKNOWN */
  async dial(actor: UserId, { actId, to, deviceId }: Params<'calls.dial'>): Promise<{ callId: CallId }> {
    const own = [...this.#options.locations.locationsOf(actor)].filter(({ isOrphaned }) => !isOrphaned);
    const newest = own.sort((one, other) => other.version - one.version);
    const chosen = newest.find((location) => deviceId === undefined || location.deviceId === deviceId);
    if (chosen === undefined) throw new UCError('CALL_REFUSED', undefined, { details: { reason: 'noDevice' } });
    const { mesh } = this.#options.cluster;
    return await mesh.request(chosen.host.serverId, callDial, { actId, actor, to, deviceId: chosen.deviceId });
  }

  /** @throws UCError NOT_FOUND, NOT_POSSIBLE_NOW, CALL_REFUSED, OWNER_UNREACHABLE, OUTCOME_UNKNOWN */
  async act(actor: UserId, actId: ActId, callId: CallId, act: CallActRequest): Promise<Record<string, never>> {
    const { owner, legId } = this.#find(actor, callId);
    return await this.#options.cluster.mesh.request(serverOf(owner), callAct, { actId, actor, callId, legId, act });
  }

  /** Joins the other ones of two calls. @throws UCError as {@link act} */
  async transferTo(actor: UserId, { actId, callId, otherCallId }: Params<'calls.transferTo'>): Promise<Record<string, never>> {
    const { owner, legId, view } = this.#find(actor, otherCallId, 'params.otherCallId');
    const { peer } = JSON.parse(view) as { peer: { userId?: UserId } };
    return await this.act(actor, actId, callId, { kind: 'transferTo', owner, leg: legId, talksWith: peer.userId ?? external });
  }

  /** @throws UCError FORBIDDEN, NOT_FOUND, CALL_REFUSED, OWNER_UNREACHABLE, OUTCOME_UNKNOWN */
  async pickUp(actor: UserId, { actId, userId, deviceId }: Params<'calls.pickUp'>): Promise<{ callId: CallId }> {
    const { cluster, ownership, mayPickUp } = this.#options;
    if (actor !== userId && !mayPickUp(userId, actor)) throw new UCError('FORBIDDEN');
    const userOwner = ownership.ownerOf(userId)?.incarnation;
    if (userOwner === undefined) throw nothingRings();
    const { owner, callId } = await cluster.mesh.request(userOwner.serverId, callRinging, { userId });
    await cluster.mesh.request(serverOf(owner), callPickUp, { actId, actor, userId, callId, ...(deviceId && { deviceId }) });
    return { callId };
  }

  #find(userId: UserId, callId: CallId, field = 'params.callId'): UserCall {
    const call = this.userCalls.find(userId, callId);
    if (call === undefined) throw new UCError('NOT_FOUND', undefined, { field });
    return call;
  }

  #ringingAt(userId: UserId): { owner: IncarnationId; callId: CallId } {
    const ringing = this.userCalls.views(userId).find(({ phase, direction }) => phase === 'ringing' && direction === 'incoming');
    const call = ringing === undefined ? undefined : this.userCalls.find(userId, ringing.callId);
    if (call === undefined) throw nothingRings();
    return { owner: call.owner, callId: call.callId };
  }

  /** @throws UCError NOT_FOUND on a server without phones */
  #own(): ClientActs {
    if (this.#acts === undefined) throw new UCError('NOT_FOUND', undefined, { field: 'params.callId' });
    return this.#acts;
  }

  #once<T>(actor: UserId, actId: ActId, method: string, params: unknown, act: () => Promise<T>): Promise<T> {
    return this.#results.once(actor, actId, method, params, act);
  }

  #follow({ owner }: CallService): () => void {
    const { clock } = this.#options;
    return owner.onChange((call, before) => {
      this.#news.changed(call, before);
      this.#presence.changed(call);
      for (const userId of finishedPeople(before, call)) {
        const row = journalRow(call, userId, this.#partyOf, Math.floor(clock.wallMs()));
        if (row !== undefined) this.#record(row);
      }
    });
  }

  #record(row: JournalRowInput): void {
    const { journal, logger } = this.#options;
    journal.record(row).catch((error: unknown) => logger.error('a call was not recorded', { callId: row.callId, error }));
  }
}

function serverOf(owner: IncarnationId) {
  return parseIncarnation(owner).serverId;
}

function nothingRings(): UCError {
  return new UCError('NOT_FOUND', 'No call rings there.', { field: 'params.userId' });
}
