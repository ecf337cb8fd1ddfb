export { type DialProfile, dialProfileSchema, type ProfileOwner } from './profile.ts';
export { dialPlanProcedures, putDialProfile } from './repository.ts';
export { DialPlans, type DialPlansOptions } from './service.ts';
export { classOfServiceSetting, dialPlanSetting, premiumCallsSetting } from './settings.ts';
