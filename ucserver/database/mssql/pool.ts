import sql from 'mssql';
import type { MssqlConfig } from '../config.ts';

const cancelTimeoutMs = 500;
const idleTimeoutMs = 60_000;

/** What of a tedious connection tells whether it is encrypted. */
interface TlsState {
  readonly messageIo?: { readonly tlsNegotiationComplete?: boolean };
}

/** A server that cannot encrypt makes tedious go on in clear text without a word. */
class ClearTextError extends Error {
  readonly code = 'ECLEARTEXT';
}

/** The pool refuses each connection that should be encrypted and is not. */
class EncryptedPool extends sql.ConnectionPool {
  readonly #mustEncrypt: boolean;

  constructor(config: sql.config, mustEncrypt: boolean) {
    super(config);
    this.#mustEncrypt = mustEncrypt;
  }

  /** Called by `mssql` for each new connection. */
  async _poolCreate(): Promise<unknown> {
    const create = Object.getPrototypeOf(EncryptedPool.prototype)._poolCreate as () => Promise<TlsState & { close(): void }>;
    const connection = await create.call(this);
    if (this.#mustEncrypt && connection.messageIo?.tlsNegotiationComplete !== true) {
      connection.close();
      throw new ClearTextError('SQL Server offered no encryption; set database.encrypt to "off" if that is meant');
    }
    return connection;
  }
}

/** A pool as configured, not yet connected. */
export function createPool(config: MssqlConfig): sql.ConnectionPool {
  const { encrypt } = config;
  const settings: sql.config = {
    server: config.host,
    port: config.port,
    database: config.database,
    user: config.user,
    password: config.password,
    connectionTimeout: config.requestTimeoutMs,
    requestTimeout: config.requestTimeoutMs,
    pool: { min: 1, max: config.connections, idleTimeoutMillis: idleTimeoutMs, acquireTimeoutMillis: config.requestTimeoutMs },
    options: {
      // 'strict' is TDS 8.0, where the connection begins with TLS and cannot fall back.
      encrypt: encrypt === 'strict' ? ('strict' as unknown as boolean) : encrypt === 'required',
      trustServerCertificate: config.trustServerCertificate,
      cancelTimeout: cancelTimeoutMs,
      packetSize: 16_384,
      appName: 'ucmesh',
      // Pooled connections keep what was set on them, so nothing is ever set; this is their level outside transactions.
      connectionIsolationLevel: sql.ISOLATION_LEVEL.READ_COMMITTED,
    },
  };
  return new EncryptedPool(settings, encrypt === 'required');
}
