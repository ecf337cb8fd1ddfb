import { type Incarnation, type IncarnationId, incarnationId, parseIncarnation } from '../ids.ts';
import { memberLost } from '../mesh/contracts/cluster.ts';
import type { ServerMesh } from '../mesh/mesh.ts';
import type { MeshKeys } from '../mesh/mesh-keys.ts';
import type { Unsubscribe } from '../mesh/mesh-port.ts';
import { UCError } from '../protocol/errors.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { Keys } from '../redis/keys.ts';
import type { MemberRecord, RecordSigner } from '../redis/records.ts';
import type { Logger } from '../runtime/logger.ts';
import { type BeatResult, Board } from './board.ts';
import { BoardWatch } from './board-watch.ts';
import type { Cluster, Load, LostStep } from './cluster-port.ts';
import { Heartbeat } from './heartbeat.ts';
import { type LinkOptions, Links } from './links.ts';
import { LostMemberReaper } from './lost-member.ts';
import { MemberTable } from './members.ts';
import { OwnLife } from './own-life.ts';
import { Permission } from './permission.ts';

/** How recent our own heartbeat and self-ping must be for us to judge others. */
const judgeWithinMs = 1_000;

export interface ClusterOptions extends LinkOptions {
  readonly site: string;
  /** Of the program, shown to administrators. */
  readonly version: string;
  /** Where clients connect. */
  readonly url: string;
  /** The server's own folder; keeps its life. */
  readonly dataFolder: string;
  /** Asked with every heartbeat. */
  readonly load: () => Load;
  /** Another process lives as this server now (it was started while this one hung, or by mistake): this one must end. */
  readonly onReplaced: () => void;
}

/**
 * One server's place in the mesh: its life and heartbeat, who else lives, and what it may do. Construct it, let the features
 * add their handlers, sections, steps and listeners, then {@link start}.
 */
export class ServerCluster implements Cluster {
  readonly mesh: ServerMesh;
  readonly redis: RedisConnection;
  readonly members: MemberTable;
  readonly keys: Keys;
  readonly meshKeys: MeshKeys;
  readonly signer: RecordSigner;
  readonly #options: ClusterOptions;
  readonly #logger: Logger;
  readonly #links: Links;
  readonly #board: Board;
  readonly #heartbeat: Heartbeat;
  readonly #permission: Permission;
  readonly #reaper: LostMemberReaper;
  readonly #life: OwnLife;
  readonly #watch: BoardWatch;
  readonly #rebirthListeners = new Set<(now: Incarnation, before: Incarnation) => void>();
  readonly #permissionListeners = new Set<() => void>();
  readonly #backListeners = new Set<() => void>();
  #meshUrl = '';
  #stopped = false;

  constructor(options: ClusterOptions) {
    const { serverId, clock } = options;
    const logger = options.logger.child({ server: serverId });
    const links = new Links({ ...options, logger });
    this.#options = options;
    this.#logger = logger.child({ part: 'cluster' });
    this.#links = links;
    this.keys = links.keys;
    this.meshKeys = links.meshKeys;
    this.signer = links.signer;
    this.redis = links.redis;
    this.mesh = links.mesh;
    this.#board = new Board({ redis: this.redis, keys: this.keys, signer: this.signer, logger: this.#logger });
    const parts = { clock, logger: this.#logger, redis: this.redis, board: this.#board, members: () => this.members };
    this.#life = new OwnLife({
      ...parts,
      serverId,
      dataFolder: options.dataFolder,
      meshUrl: () => this.#meshUrl,
      onDeath: () => this.#permission.withdraw(),
      onRebirth: (now, before) => this.#liveOn(now, before),
      onReplaced: () => this.#giveWay(),
    });
    this.#watch = new BoardWatch({ ...parts, bus: links.bus, onBack: () => this.#redisIsBack() });
    this.#reaper = new LostMemberReaper({ board: this.#board, clock, logger: this.#logger, self: () => this.#id });
    this.#permission = new Permission({
      clock,
      inquire: () => this.#inquire(),
      onChange: () => this.#tell(this.#permissionListeners),
    });
    this.#heartbeat = new Heartbeat({
      clock,
      record: (beat) => this.#record(beat),
      send: async (record) => {
        if (!this.#watch.restored) throw new Error('Redis does not hold yet what we remember');
        return this.#board.beat(record);
      },
      onResult: (result, told, askedMs) => this.#heardOfSelf(result, told, askedMs),
      onFailure: (error) => this.#beatFailed(error),
    });
    this.members = new MemberTable({
      clock,
      logger: this.#logger,
      alive: async (meshUrl, timeoutMs) => {
        const of = this.#id;
        const answer = await links.client.alive(meshUrl, of, timeoutMs);
        // What was said about the life before says nothing about this one.
        return of === this.#id ? answer : 'silent';
      },
      mayJudge: () => this.#mayJudge(),
      busUp: () => this.mesh.state === 'up',
      onVerdict: (buried, askedMs) => (buried ? void this.#life.end() : this.#permission.cleared(askedMs)),
      onTombstone: (dead) => this.mesh.bury(dead),
      onLeftover: (dead, tombstone) => this.#reaper.reap(dead, tombstone),
    });
    this.#connect();
  }

  get self(): Incarnation {
    return this.#life.incarnation;
  }

  get mayServe(): boolean {
    return !this.#life.replaced && this.#permission.mayServe;
  }

  get mayWrite(): boolean {
    return this.mayServe && this.#permission.mayWrite && (this.#watch.restored || this.redis.state === 'down');
  }

  /** Where the other servers reach this one; known after {@link start}. */
  get meshUrl(): string {
    return this.#meshUrl;
  }

  /**
   * Takes a new life and joins; also when Redis is away, then alone until it is back.
   * @throws Error when the mesh address cannot be bound or Redis must not be used (see {@link RedisConnection.open}).
   */
  async start(): Promise<void> {
    this.#meshUrl = await this.#links.server.listen();
    try {
      await this.redis.open();
      await this.#life.begin();
    } catch (error) {
      await this.#links.server.close();
      throw error;
    }
    this.members.setSelf(this.#record(0));
    this.mesh.start(this.self);
    this.#links.server.answerWith({
      self: () => (this.#stopped ? undefined : this.#id),
      isBuried: (incarnation) => this.members.isBuried(parseIncarnation(incarnation)),
      request: (bytes) => this.mesh.answerDirectly(bytes),
    });
    this.#permission.start();
    this.members.start();
    this.#heartbeat.start();
    await this.#watch.start();
    if (this.redis.state === 'up') await this.#links.untilMeshUp();
  }

  /** Leaves the mesh, after everything this server held was given back; the mesh address is closed last of all. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#heartbeat.stop();
    this.members.stop();
    this.#permission.stop();
    this.#reaper.stop();
    this.#watch.stop();
    if (this.redis.state === 'up' && !this.#life.replaced) {
      try {
        await this.#board.leave(this.#id);
      } catch (error) {
        this.#logger.info('Left without saying so in Redis; the others will notice', { error });
      }
    }
    if (!this.#life.replaced) this.mesh.broadcast(memberLost, { incarnation: this.#id, reason: 'stopped' });
    await this.#links.close();
  }

  async untilMayWrite(): Promise<void> {
    while (!this.mayWrite) {
      if (this.#stopped || this.#life.replaced) throw new UCError('SHUTTING_DOWN');
      await new Promise<void>((resolve) => this.#options.clock.after(50, resolve));
    }
  }

  addLostStep(name: string, step: LostStep): Unsubscribe {
    return this.#reaper.addStep(name, step);
  }

  onRebirth(listener: (now: Incarnation, before: Incarnation) => void): Unsubscribe {
    this.#rebirthListeners.add(listener);
    return () => this.#rebirthListeners.delete(listener);
  }

  onPermission(listener: () => void): Unsubscribe {
    this.#permissionListeners.add(listener);
    return () => this.#permissionListeners.delete(listener);
  }

  onRedisBack(listener: () => void): Unsubscribe {
    this.#backListeners.add(listener);
    return () => this.#backListeners.delete(listener);
  }

  beatNow(): Promise<void> {
    return this.#heartbeat.now();
  }

  get #id(): IncarnationId {
    return this.#life.id;
  }

  #tell(listeners: Iterable<() => void>): void {
    for (const listener of listeners) listener();
  }

  /** What the parts tell each other. */
  #connect(): void {
    const { mesh, members } = this;
    members.onJoined((member) => mesh.meet(member.incarnation, member.meshUrl));
    members.onChanged((member) => mesh.meet(member.incarnation, member.meshUrl));
    members.onLost((lost, tombstone) => {
      this.#reaper.reap(lost, tombstone);
      if (tombstone.by === this.#id) mesh.broadcast(memberLost, { incarnation: incarnationId(lost), reason: tombstone.reason });
    });
    mesh.on(memberLost, ({ incarnation, reason }, from) => {
      // Whether it is really us who are dead is answered by Redis.
      if (incarnation === this.#id) void this.#heartbeat.now();
      else members.bury(parseIncarnation(incarnation), reason, incarnationId(from));
    });
    mesh.onState((state) => {
      if (state === 'up') members.restartClocks();
      else members.suspectAll();
    });
  }

  #record(beat: number): MemberRecord {
    const { site, version, url, load } = this.#options;
    const record: MemberRecord = { ...this.self, beat, url, meshUrl: this.#meshUrl, site, version, ...load() };
    this.members.setSelf(record);
    return record;
  }

  #mayJudge(): boolean {
    return (
      this.#watch.restored &&
      this.mayServe &&
      this.mesh.state === 'up' &&
      this.mesh.silenceMs < judgeWithinMs &&
      this.#heartbeat.gapMs < judgeWithinMs
    );
  }

  async #redisIsBack(): Promise<void> {
    await this.#heartbeat.now();
    this.#reaper.retryNow();
    this.#tell(this.#backListeners);
  }

  #beatFailed(error: unknown): void {
    this.#logger.debug('A heartbeat failed', { error });
    // With nobody else there, nobody can have buried us.
    if (this.members.all().length === 1) this.#permission.cleared(this.#options.clock.monotonicMs());
  }

  /** Our loop stood still: asks Redis, else the others, whether we were buried meanwhile. */
  #inquire(): void {
    void this.#heartbeat.now();
    if (this.redis.state === 'up') return;
    for (const { serverId } of this.members.all()) void this.members.probe(serverId);
  }

  #heardOfSelf(result: BeatResult, told: MemberRecord, askedMs: number): void {
    if (this.#stopped || told.life !== this.self.life) return;
    if (result === 'ok') this.#permission.cleared(askedMs);
    else void this.#life.end();
  }

  /** A new life has begun after the one before was buried. */
  #liveOn(now: Incarnation, before: Incarnation): void {
    this.mesh.rebirth(now);
    this.#permission.restore();
    void this.#heartbeat.now();
    for (const listener of this.#rebirthListeners) listener(now, before);
  }

  /** Another process has taken this server's place. */
  #giveWay(): void {
    this.#heartbeat.stop();
    this.#tell(this.#permissionListeners);
    this.#options.onReplaced();
  }
}
