/** Sign-in names that people take for the same are the same: case, width and surrounding space do not count. */
export function foldSignIn(signIn: string): string {
  return signIn.normalize('NFKC').trim().toLowerCase();
}

/** The sign-in name of a person whose data were erased. */
export function erasedSignIn(userId: string): string {
  return `erased-${userId}`;
}
