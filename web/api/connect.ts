import { UCError } from '#shared/protocol/errors.ts';
import { Client } from './client.ts';
import type { ClientOptions } from './client-options.ts';

export type ConnectOptions = ClientOptions &
  ({ readonly signIn: string; readonly password: string } | { readonly signIn?: undefined });

/**
 * A client with an open session, in one call: with `signIn` and `password`, else with the credentials of the store.
 *
 * @throws UCError `SIGN_IN_FAILED`, `NOT_SIGNED_IN` when the store has no credentials that are still good. @throws NoServerAnswered
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  const client = new Client(options);
  if (options.signIn !== undefined) await client.signIn(options.signIn, options.password);
  else if (!(await client.resume())) throw new UCError('NOT_SIGNED_IN');
  return client;
}
