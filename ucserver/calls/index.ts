export { CallDesk, type CallDeskOptions } from './call-desk.ts';
export { type CallRouting, CompanyRouting } from './call-routing.ts';
export { type CallsConfig, callsConfigSchema } from './config.ts';
export { CallService, type CallServiceOptions } from './service.ts';
