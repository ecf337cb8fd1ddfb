import type { UserId } from '#shared/ids.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { type Replica, replicaParts } from '#ucserver/database/index.ts';
import { type ClassOfService, type DialPlan, extensionOf, reaches, type Site } from '#ucserver/dialing/index.ts';
import type { Directory } from '#ucserver/directory/index.ts';
import type { Settings } from '#ucserver/settings/index.ts';
import { type DialProfile, dialProfileSchema, type ProfileOwner } from './profile.ts';
import { classOfServiceSetting, dialPlanSetting, premiumCallsSetting } from './settings.ts';

export interface DialPlansOptions {
  readonly replica: Replica;
  readonly settings: Settings;
  readonly directory: Directory;
  readonly logger: Logger;
}

/** The numbers of the company and what each person may call: in memory, so that calls need neither SQL nor Redis. */
export class DialPlans {
  readonly #options: DialPlansOptions;
  readonly #profiles = new Map<string, DialProfile>();
  readonly #byExtension = new Map<string, UserId>();

  constructor(options: DialPlansOptions) {
    this.#options = options;
    const { replica } = options;
    const part = replicaParts.dialProfiles;
    for (const id of replica.items(part).keys()) this.#learn(id);
    replica.onChange(part, (ids) => ids.forEach((id) => void this.#learn(id)));
  }

  get plan(): DialPlan {
    return this.#options.settings.get(dialPlanSetting);
  }

  get premiumCallsPerUser(): number {
    return this.#options.settings.get(premiumCallsSetting);
  }

  /** The site by whose rules a person dials; the first of the plan when nothing says which. */
  siteOf(userId: UserId): Site {
    const named = this.#profilesOf(userId).find(({ site }) => site !== undefined)?.site;
    return this.siteNamed(named);
  }

  /** The site with this id, else the first of the plan. */
  siteNamed(id: string | undefined): Site {
    const { sites } = this.plan;
    const site = sites.find((each) => each.id === id) ?? sites[0];
    if (site === undefined) throw new Error('a dial plan has at least one site');
    return site;
  }

  /** The person's own class decides; else the farthest of their groups; else that of the company. */
  classOf(userId: UserId): ClassOfService {
    const own = this.#profiles.get(`user/${userId}`)?.classOfService;
    if (own !== undefined) return own;
    const ofGroups = this.#profilesOf(userId).flatMap(({ classOfService }) => classOfService ?? []);
    const farthest = Math.max(...ofGroups.map((each) => reaches.indexOf(each)));
    return reaches[farthest] ?? this.#options.settings.get(classOfServiceSetting);
  }

  /** Who has this extension; nobody who is locked. */
  personOf(extension: string): UserId | undefined {
    const named = this.#byExtension.get(extension);
    const user = named === undefined ? undefined : this.#options.directory.byId(named);
    return user?.locked === false ? user.id : undefined;
  }

  /** The extension of a person, if they have one. */
  extensionOf(userId: UserId): string | undefined {
    return this.#profiles.get(`user/${userId}`)?.extension;
  }

  /** What is set of a person or a group by itself. */
  profileOf(owner: ProfileOwner): DialProfile {
    return this.#profiles.get(owner) ?? {};
  }

  /** The outside number of a person: their extension in a range of the plan. */
  outsideNumberOf(userId: UserId): string | undefined {
    const extension = this.extensionOf(userId);
    const { ranges } = this.plan;
    if (extension === undefined) return undefined;
    const range = ranges.find(({ extensionDigits }) => extensionDigits === extension.length);
    const number = range === undefined ? undefined : `${range.prefix}${extension}`;
    return number !== undefined && extensionOf(number, this.plan) === extension ? number : undefined;
  }

  /** Own profile first, then those of groups. */
  #profilesOf(userId: UserId): readonly DialProfile[] {
    const groups = [...this.#options.directory.groups.groupsOf(userId)];
    const owners: readonly ProfileOwner[] = [`user/${userId}`, ...groups.map((id) => `group/${id}` as const)];
    return owners.flatMap((owner) => this.#profiles.get(owner) ?? []);
  }

  #learn(id: string): void {
    const before = this.#profiles.get(id)?.extension;
    const userId = id.startsWith('user/') ? (id.slice('user/'.length) as UserId) : undefined;
    if (before !== undefined && this.#byExtension.get(before) === userId) this.#byExtension.delete(before);
    const row = this.#options.replica.items(replicaParts.dialProfiles).get(id);
    const profile = row === undefined ? undefined : dialProfileSchema.safeParse(JSON.parse(row.document));
    if (profile?.success !== true) {
      if (profile !== undefined) this.#options.logger.warn('a dial profile is not valid here', { id });
      this.#profiles.delete(id);
      return;
    }
    this.#profiles.set(id, profile.data);
    if (userId !== undefined && profile.data.extension !== undefined) this.#byExtension.set(profile.data.extension, userId);
  }
}
