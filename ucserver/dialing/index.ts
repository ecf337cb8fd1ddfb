export { type Caller, type CallLimits, type Refusal, whyRefused } from './call-permission.ts';
export { type Dialled, extensionOf, readDialled } from './dialled-number.ts';
export { isCountry, shownNumber, toE164 } from './e164.ts';
export {
  type ClassOfService,
  classOfServiceSchema,
  type DialPlan,
  dialPlanSchema,
  e164Schema,
  type Reach,
  reaches,
  type Site,
} from './plan-schema.ts';
export { type TrunkChoice, type TrunkState, trunksToTry } from './trunk-selector.ts';
