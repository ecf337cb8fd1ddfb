import { httpPaths } from '#shared/protocol/http.ts';
import { type Client, Emitter, NoServerAnswered, UCError, type Unsubscribe, type UserId } from '#web/api/index.ts';

/** Pictures kept at once; a scrolled list shows others again and again. */
const mostKept = 300;

/** Pictures of people as object URLs; they are fetched with the access token, so no URL gives one away. */
export class Pictures {
  readonly #client: Client;
  readonly #urls = new Map<string, string | undefined>();
  readonly #changes = new Emitter<void>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** The picture's URL once it is here; initials stand in for it until then, and for a picture that cannot be had. */
  get(userId: UserId, version: number): string | undefined {
    if (version === 0) return undefined;
    const key = `${userId}?v=${version}`;
    if (!this.#urls.has(key)) {
      this.#urls.set(key, undefined);
      void this.#fetch(key);
    }
    return this.#urls.get(key);
  }

  onChange(listener: () => void): Unsubscribe {
    return this.#changes.on(listener);
  }

  close(): void {
    for (const url of this.#urls.values()) if (url !== undefined) URL.revokeObjectURL(url);
    this.#urls.clear();
  }

  async #fetch(key: string): Promise<void> {
    try {
      const response = await this.#client.fetch(httpPaths.pictures + key, { cache: 'default' });
      this.#urls.set(key, URL.createObjectURL(await response.blob()));
      this.#forgetOldest();
      this.#changes.emit();
    } catch (error) {
      if (!(error instanceof UCError || error instanceof NoServerAnswered)) throw error;
      // The initials stay; a later version of the picture is asked for anew.
    }
  }

  #forgetOldest(): void {
    for (const [key, url] of this.#urls) {
      if (this.#urls.size <= mostKept) return;
      if (url !== undefined) URL.revokeObjectURL(url);
      this.#urls.delete(key);
    }
  }
}
