export type { CallerNames } from './port.ts';
