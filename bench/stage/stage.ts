/** What a bench needs: servers under load, real processes of their own. */
export interface StageOptions {
  readonly servers: number;
  readonly users: number;
  /** Index of the server on which a user signs in. */
  readonly serverOf: (user: number) => number;
  /** The product works on a copy of this database, in which the users are already; default: a new one. */
  readonly databaseFrom?: string;
}

/** Running servers with their Redis, either of the floor or of the product. */
export interface Stage extends AsyncDisposable {
  readonly kind: 'floor' | 'product';
  /** WebSocket address of each server. */
  readonly urls: readonly string[];
  /** The database that the servers share; the floor has none. */
  readonly databaseFile?: string;
  /** Where Redis listens on this machine. */
  readonly redisPort: number;
  /** Process ids of all servers and of Redis: what the CPU time is taken of. */
  readonly pids: readonly number[];
  /** Process ids of the servers alone: what the memory is taken of. */
  readonly serverPids: readonly number[];
  userId(user: number): string;
  /** What the user opens a session with. */
  token(user: number): string;
  readonly serverOf: (user: number) => number;
}
