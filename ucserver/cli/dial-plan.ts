import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import { type ActId, randomId, serverIdSchema, type UserId } from '#shared/ids.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { allSettings } from '../all-settings.ts';
import { dated } from '../database/index.ts';
import {
  DialPlans,
  type DialProfile,
  dialPlanSetting,
  dialProfileSchema,
  type ProfileOwner,
  putDialProfile,
} from '../dial-plan/index.ts';
import { dialPlanSchema, reaches, readDialled, whyRefused } from '../dialing/index.ts';
import { Settings } from '../settings/index.ts';
import type { Company } from './company.ts';
import type { InCompany } from './users.ts';
import { readValues } from './values-file.ts';

const origin = { actor: 'system', from: 'command line' } as const;

interface ProfileFlags {
  readonly group?: boolean;
  readonly site?: string;
  readonly extension?: string;
  readonly class?: string;
  readonly clear?: boolean;
}

/** `ucmesh dial-plan …`: numbers of the company, and who may call what. */
export function addDialPlanCommands(program: Command, inCompany: InCompany): void {
  const dialPlan = program.command('dial-plan').description('numbers of the company, and who may call what');

  dialPlan
    .command('show')
    .description('print the dial plan as YAML')
    .action(async () => {
      const plan = await inCompany(async (company) => settingsOf(company).get(dialPlanSetting));
      process.stdout.write(stringify(plan));
    });

  dialPlan
    .command('set <file>')
    .description('put the dial plan of a YAML or JSON file in force')
    .action(async (file: string) => {
      const value = readValues(file, dialPlanSchema);
      await inCompany(async (company) => {
        const settings = settingsOf(company);
        const version = settings.list('global').find(({ key }) => key === dialPlanSetting.key)?.version ?? 0;
        const actId = randomId() as ActId;
        await settings.set({
          actId,
          actor: 'system' as UserId,
          key: dialPlanSetting.key,
          scope: 'global',
          value,
          version,
          from: origin.from,
        });
      });
      console.log('the dial plan is in force; servers use it within a second');
    });

  dialPlan
    .command('check <number>')
    .description('what a number means that somebody dials, and whether they may call it now')
    .requiredOption('--user <sign-in>', 'who dials')
    .action(async (number: string, { user }: { user: string }) => {
      console.log(await inCompany(async (company) => explained(company, number, user)));
    });

  dialPlan
    .command('profile <who>')
    .description('show or set how a person (sign-in name) or a group telephones')
    .option('--group', 'it is the name of a group')
    .option('--site <id>', 'site of the dial plan')
    .option('--extension <digits>', 'number inside the company')
    .addOption(new Option('--class <reach>', 'the farthest that may be called').choices(reaches))
    .option('--clear', 'forget what was set before')
    .action(async (who: string, flags: ProfileFlags) => {
      const profile = await inCompany((company) => setProfile(company, who, flags));
      process.stdout.write(Object.keys(profile).length === 0 ? 'nothing is set\n' : stringify(profile));
    });
}

function settingsOf({ database, replica }: Company): Settings {
  const serverId = serverIdSchema.parse('command-line');
  return new Settings({ database, replica, serverId, definitions: allSettings, clock: systemClock, logger: silentLogger });
}

function plansOf(company: Company): DialPlans {
  const { replica, directory } = company;
  return new DialPlans({ replica, directory, settings: settingsOf(company), logger: silentLogger });
}

/** @throws Error when there is nobody of that name */
function explained(company: Company, number: string, signIn: string): string {
  const user = company.directory.bySignIn(signIn);
  if (user === undefined) throw new Error(`there is nobody with the sign-in name ${signIn}`);
  const plans = plansOf(company);
  const site = plans.siteOf(user.id);
  const dialled = readDialled(number, plans.plan, site, (digits) => plans.personOf(digits) !== undefined);
  const caller = { classOfService: plans.classOf(user.id), site, calls: 0, premiumCalls: 0 };
  const limits = { callsPerUser: 1, premiumCallsPerUser: plans.premiumCallsPerUser };
  const refusal = whyRefused(dialled, caller, limits, systemClock.wallMs());
  return JSON.stringify(
    { site: site.id, classOfService: caller.classOfService, dialled, mayCall: refusal === undefined, refusal },
    null,
    2,
  );
}

async function setProfile(company: Company, who: string, { group, clear = false, ...flags }: ProfileFlags): Promise<DialProfile> {
  const owner = ownerOf(company, who, group === true);
  const plans = plansOf(company);
  const before = clear ? {} : plans.profileOf(owner);
  const { site, extension, class: classOfService } = flags;
  const given = Object.entries({ site, extension, classOfService }).filter(([, value]) => value !== undefined);
  if (given.length === 0 && !clear) return before;
  const parsed = dialProfileSchema.safeParse({ ...before, ...Object.fromEntries(given) });
  if (!parsed.success) throw new Error(`--${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`);
  const profile = parsed.data;
  if (site !== undefined && plans.siteNamed(site).id !== site) throw new Error(`--site: the dial plan has no site ${site}`);
  const holder = profile.extension === undefined ? undefined : plans.personOf(profile.extension);
  if (group === true && profile.extension !== undefined) throw new Error('--extension: a group has none');
  if (holder !== undefined && owner !== `user/${holder}`) throw new Error(`--extension: ${profile.extension} is somebody else's`);
  const audit = dated({ ...origin, action: 'dialProfile.put', object: owner }, systemClock);
  await putDialProfile(company.database, { owner, profile, audit });
  return profile;
}

function ownerOf({ directory }: Company, who: string, isGroup: boolean): ProfileOwner {
  if (isGroup) {
    const group = directory.groups.all().find(({ name }) => name === who);
    if (group === undefined) throw new Error(`there is no group ${who}`);
    return `group/${group.id}`;
  }
  const user = directory.bySignIn(who);
  if (user === undefined) throw new Error(`there is nobody with the sign-in name ${who}`);
  return `user/${user.id}`;
}
