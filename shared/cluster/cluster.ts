import { readFileSync } from 'node:fs';
import { type Incarnation, type IncarnationId, incarnationId, parseIncarnation, type ServerId } from '../ids.ts';
import type { Bus } from '../mesh/bus.ts';
import type { MeshConfig } from '../mesh/config.ts';
import { memberLost } from '../mesh/contracts/cluster.ts';
import { DirectClient } from '../mesh/direct-client.ts';
import { DirectServer } from '../mesh/direct-server.ts';
import { ServerMesh } from '../mesh/mesh.ts';
import { MeshKeys } from '../mesh/mesh-keys.ts';
import type { Unsubscribe } from '../mesh/mesh-port.ts';
import { RedisBus } from '../mesh/redis-bus.ts';
import { UCError } from '../protocol/errors.ts';
import type { RedisConfig } from '../redis/config.ts';
import { RedisConnection } from '../redis/connection.ts';
import { createKeys, type Keys } from '../redis/keys.ts';
import { type MemberRecord, RecordSigner } from '../redis/records.ts';
import { RedisUnavailable } from '../redis/redis-error.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { type BeatResult, Board } from './board.ts';
import type { Cluster, Load, LostStep } from './cluster-port.ts';
import { Heartbeat } from './heartbeat.ts';
import { LifeFile, nextLife } from './life.ts';
import { LostMemberReaper } from './lost-member.ts';
import { MemberTable } from './members.ts';
import { Permission } from './permission.ts';

/** How recent our own heartbeat and self-ping must be for us to judge others. */
const judgeWithinMs = 1_000;
/** How often what stands in Redis is compared with what was heard. */
const rereadMs = 5_000;
const retryMs = 250;
/** How long a start waits for the mesh to be up. */
const startWaitMs = 2_000;

export interface ClusterOptions {
  readonly serverId: ServerId;
  readonly site: string;
  /** Of the program, shown to administrators. */
  readonly version: string;
  /** Where clients connect. */
  readonly url: string;
  readonly mesh: MeshConfig;
  readonly redis: RedisConfig;
  /** The server's own folder; keeps its life. */
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asked with every heartbeat. */
  readonly load: () => Load;
  /** Another process lives as this server now (it was started while this one hung, or by mistake): this one must end. */
  readonly onReplaced: () => void;
  /** Default: {@link RedisBus}. */
  readonly bus?: Bus;
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
  readonly #bus: Bus;
  readonly #direct: DirectServer;
  readonly #board: Board;
  readonly #heartbeat: Heartbeat;
  readonly #permission: Permission;
  readonly #reaper: LostMemberReaper;
  readonly #lifeFile: LifeFile;
  readonly #rebirthListeners = new Set<(now: Incarnation, before: Incarnation) => void>();
  readonly #permissionListeners = new Set<() => void>();
  readonly #backListeners = new Set<() => void>();
  #life = 0;
  #meshUrl = '';
  /** What we remember stands in this Redis again. */
  #restored = false;
  #restoring = false;
  #dying = false;
  #replaced = false;
  #stopped = false;
  #reread: Timer | undefined;

  constructor(options: ClusterOptions) {
    const { serverId, clock, mesh: config, redis } = options;
    const name = `ucmesh:${config.id}:${serverId}`;
    const logger = options.logger.child({ server: serverId });
    this.#options = options;
    this.#logger = logger.child({ part: 'cluster' });
    this.keys = createKeys(config.id);
    this.meshKeys = new MeshKeys(config.id, config.password);
    this.signer = new RecordSigner(this.meshKeys);
    this.redis = new RedisConnection({ config: redis, name, clock, logger });
    this.#bus = options.bus ?? new RedisBus({ config: redis, name, logger });
    const direct = new DirectClient({ keys: this.meshKeys, ca: config.tls?.ca && readFileSync(config.tls.ca) });
    this.#direct = new DirectServer({ config, keys: this.meshKeys, logger: this.#logger });
    this.mesh = new ServerMesh({ bus: this.#bus, keys: this.meshKeys, redisKeys: this.keys, direct, clock, logger });
    this.#board = new Board({ redis: this.redis, keys: this.keys, signer: this.signer, logger: this.#logger });
    this.#lifeFile = new LifeFile(options.dataFolder);
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
        if (!this.#restored) throw new Error('Redis does not hold yet what we remember');
        return this.#board.beat(record);
      },
      onResult: (result, told, askedMs) => this.#heardOfSelf(result, told, askedMs),
      onFailure: (error) => this.#beatFailed(error),
    });
    this.members = new MemberTable({
      clock,
      logger: this.#logger,
      alive: (meshUrl, timeoutMs) => direct.alive(meshUrl, this.#id, timeoutMs),
      mayJudge: () => this.#mayJudge(),
      busUp: () => this.mesh.state === 'up',
      onVerdict: (buried, askedMs) => (buried ? void this.#beDead() : this.#permission.cleared(askedMs)),
      onTombstone: (dead) => this.mesh.bury(dead),
      onLeftover: (dead, tombstone) => this.#reaper.reap(dead, tombstone),
    });
    this.#connect();
  }

  get self(): Incarnation {
    return { serverId: this.#options.serverId, life: this.#life };
  }

  get mayServe(): boolean {
    return !this.#replaced && this.#permission.mayServe;
  }

  get mayWrite(): boolean {
    return this.mayServe && this.#permission.mayWrite && (this.#restored || this.redis.state === 'down');
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
    this.#meshUrl = await this.#direct.listen();
    try {
      await this.redis.open();
      await this.#takeLife();
    } catch (error) {
      await this.#direct.close();
      throw error;
    }
    this.members.setSelf(this.#record(0));
    this.mesh.start(this.self);
    this.#direct.answerWith({
      self: () => (this.#stopped ? undefined : this.#id),
      isBuried: (incarnation) => this.members.isBuried(parseIncarnation(incarnation)),
      request: (bytes) => this.mesh.answerDirectly(bytes),
    });
    this.redis.onUp(() => void this.#redisIsBack());
    this.#permission.start();
    this.members.start();
    this.#heartbeat.start();
    this.#reread = this.#options.clock.every(rereadMs, () => void this.#readBoard());
    if (this.redis.state === 'up') {
      await this.#redisIsBack();
      await this.#meshUp();
    }
  }

  /** Leaves the mesh, after everything this server held was given back; the mesh address is closed last of all. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#heartbeat.stop();
    this.members.stop();
    this.#permission.stop();
    this.#reaper.stop();
    this.#reread?.stop();
    if (this.redis.state === 'up' && !this.#replaced) {
      try {
        await this.#board.leave(this.#id);
      } catch (error) {
        this.#logger.info('Left without saying so in Redis; the others will notice', { error });
      }
    }
    if (!this.#replaced) this.mesh.broadcast(memberLost, { incarnation: this.#id, reason: 'stopped' });
    this.mesh.stop();
    this.redis.close();
    await this.#direct.close();
  }

  async untilMayWrite(): Promise<void> {
    while (!this.mayWrite) {
      if (this.#stopped || this.#replaced) throw new UCError('SHUTTING_DOWN');
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
    return incarnationId(this.self);
  }

  #tell(listeners: Iterable<() => void>): void {
    for (const listener of listeners) listener();
  }

  /** What the parts tell each other. */
  #connect(): void {
    const { mesh, members } = this;
    this.#bus.subscribe(this.#board.channel, (bytes) => {
      const record = this.#board.readBeat(bytes.toString());
      if (record !== undefined) members.heard(record);
    });
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
    this.redis.onDown(() => {
      this.#restored = false;
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
      this.#restored &&
      this.mayServe &&
      this.mesh.state === 'up' &&
      this.mesh.silenceMs < judgeWithinMs &&
      this.#heartbeat.gapMs < judgeWithinMs
    );
  }

  async #takeLife(): Promise<void> {
    const { serverId, clock } = this.#options;
    const own = this.#lifeFile.read();
    const seen = this.members.lives.get(serverId) ?? 0;
    let life = nextLife({ timeMs: clock.wallMs(), seen, own });
    try {
      const { members, tombstones } = await this.#board.read();
      const dead = tombstones.map(({ incarnation }) => parseIncarnation(incarnation));
      const lives = [...members, ...dead].filter((each) => each.serverId === serverId).map((each) => each.life);
      life = await this.#board.beginLife(serverId, Math.max(seen, own, ...lives) + 1);
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
      this.#logger.warn('A life begins without Redis', { error });
    }
    this.#lifeFile.write(life);
    this.#life = life;
    this.#logger.info('A life begins', { life });
  }

  async #meshUp(): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + startWaitMs;
    while (this.mesh.state === 'down' && clock.monotonicMs() < untilMs)
      await new Promise<void>((resolve) => clock.after(10, resolve));
  }

  /** Puts back into Redis what it may have lost, reads what others put there, and only then goes on. */
  async #redisIsBack(): Promise<void> {
    if (this.#restoring) return;
    this.#restoring = true;
    try {
      while (this.redis.state === 'up' && !this.#restored && !this.#stopped) {
        try {
          await this.#board.restore(this.members.lives, this.members.tombstones);
          await this.#readBoard();
          this.#restored = this.redis.state === 'up';
        } catch (error) {
          this.#logger.warn('Redis is back but does not take what we remember yet', { error });
          await new Promise<void>((resolve) => this.#options.clock.after(retryMs, resolve));
        }
      }
    } finally {
      this.#restoring = false;
    }
    if (!this.#restored || this.#stopped) return;
    await this.#heartbeat.now();
    this.#reaper.retryNow();
    this.#tell(this.#backListeners);
  }

  async #readBoard(): Promise<void> {
    if (this.redis.state === 'down') return;
    try {
      const { members, tombstones } = await this.#board.read();
      this.members.learn(tombstones);
      for (const record of members) this.members.heard(record);
    } catch (error) {
      this.#logger.debug('The members in Redis could not be read', { error });
    }
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
    if (told.life !== this.#life) return;
    if (result === 'ok') this.#permission.cleared(askedMs);
    else void this.#beDead();
  }

  /** This incarnation is over: nothing may be done until it is clear as what this process goes on. */
  async #beDead(): Promise<void> {
    this.#permission.withdraw();
    try {
      if (await this.#isReplaced()) this.#beReplaced();
      else await this.#beBornAgain();
    } catch (error) {
      // The next heartbeat is refused as well.
      this.#logger.warn('How to go on could not be found out yet', { error });
    }
  }

  /** Whether a process other than this one lives as this server, in a higher life. */
  async #isReplaced(): Promise<boolean> {
    if (this.redis.state === 'down') return false;
    const { members } = await this.#board.read();
    const others = members.filter(
      (each) => each.serverId === this.self.serverId && each.life > this.#life && each.meshUrl !== this.#meshUrl,
    );
    return (await Promise.all(others.map((other) => this.members.livesAt(other)))).includes(true);
  }

  #beReplaced(): void {
    if (this.#replaced) return;
    this.#replaced = true;
    this.#heartbeat.stop();
    this.#logger.error('Another process lives as this server: this one must end', { life: this.#life });
    this.#tell(this.#permissionListeners);
    this.#options.onReplaced();
  }

  async #beBornAgain(): Promise<void> {
    if (this.#dying || this.#stopped || this.#replaced) return;
    this.#dying = true;
    this.#permission.withdraw();
    const before = this.self;
    this.#logger.warn('This incarnation was buried, a new life begins', { life: before.life });
    this.members.learn([{ incarnation: incarnationId(before), by: incarnationId(before), reason: 'silent' }]);
    try {
      await this.#takeLife();
    } catch (error) {
      this.#dying = false;
      throw error;
    }
    this.mesh.rebirth(this.self);
    this.#dying = false;
    await this.#heartbeat.now();
    this.#permission.restore();
    for (const listener of this.#rebirthListeners) listener(this.self, before);
  }
}
