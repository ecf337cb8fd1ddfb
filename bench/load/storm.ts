import type { Stage } from '../stage/stage.ts';
import { LoadClient } from './client.ts';
import { watchedContacts } from './contacts.ts';

/** Sign-ins under way at the same time. */
const atOnce = 50;
/** People who sign in before anything is measured, so that code is loaded and compiled by then. */
export const warmUpPeople = 500;

/**
 * Signs `count` people in, from user number `first` on, each watching contacts among them.
 *
 * @returns their open clients
 */
export async function signInCrowd(stage: Stage, first: number, count: number): Promise<LoadClient[]> {
  const clients: LoadClient[] = [];
  let next = 0;
  const signInSome = async () => {
    while (next < count) {
      const person = next++;
      const client = await LoadClient.signIn(stage, first + person);
      const userIds = watchedContacts(person, count).map((contact) => stage.userId(first + contact));
      await client.ask('presence.watch', { userIds });
      clients.push(client);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, signInSome));
  return clients;
}
