import type { SignIn } from './port.ts';
import { type SignInDependencies, SignInService } from './service.ts';

export { type SignInConfig, signInConfigSchema } from './config.ts';
export type * from './port.ts';
export type { SignInDependencies } from './service.ts';

/** @returns signing in of this server; `start` after ownership has started, before the gateway takes connections. */
export function createSignIn(dependencies: SignInDependencies): SignIn {
  return new SignInService(dependencies);
}
