/** Compiles only for `true`: `Expect<Equal<A, B>>`. */
export type Expect<T extends true> = T;

/** Whether two types are the same, not merely assignable. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
