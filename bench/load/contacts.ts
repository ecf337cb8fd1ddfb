/** Contacts each person watches. */
export const contactsEach = 50;

/** The contacts of a person: spread evenly over everybody, so that each is watched equally often, on both servers. */
export function watchedContacts(user: number, people: number): number[] {
  const step = Math.max(1, Math.floor(people / (contactsEach + 1)));
  return Array.from({ length: Math.min(contactsEach, people - 1) }, (_, index) => (user + 1 + index * step) % people);
}
