import type { CredentialStore, StoredValues } from '../client-store.ts';

const table = 'values';

/**
 * Keeps values in IndexedDB, the one place of a browser that can hold a key no script can read. Several tabs share it; the Web
 * Locks API keeps them from refreshing the same token at once.
 */
export class IndexedDbCredentialStore implements CredentialStore {
  readonly #database: Promise<IDBDatabase>;
  readonly #name: string;

  constructor(name = 'ucmesh') {
    this.#name = name;
    this.#database = open(name);
    // Nobody may be waiting yet; whoever uses the store gets the failure.
    this.#database.catch(() => undefined);
  }

  async get<K extends keyof StoredValues>(key: K): Promise<StoredValues[K] | undefined> {
    const database = await this.#database;
    return answerOf(database.transaction(table, 'readonly').objectStore(table).get(key));
  }

  async set<K extends keyof StoredValues>(key: K, value: StoredValues[K]): Promise<void> {
    const database = await this.#database;
    await done(database.transaction(table, 'readwrite', { durability: 'strict' }), (values) => values.put(value, key));
  }

  async remove(key: keyof StoredValues): Promise<void> {
    const database = await this.#database;
    await done(database.transaction(table, 'readwrite'), (values) => values.delete(key));
  }

  async exclusively<T>(name: string, act: () => Promise<T>): Promise<T> {
    if (!('locks' in navigator)) return act();
    return navigator.locks.request(`${this.#name}:${name}`, act);
  }
}

function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => void request.result.createObjectStore(table);
  return answerOf(request);
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function done(transaction: IDBTransaction, act: (values: IDBObjectStore) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
    act(transaction.objectStore(table));
  });
}
