/** The result of a request that is JSON already, because its parts were made for many. */
export class ReadyResult {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }

  /** What it says, for an answer that leaves by way of another server. */
  toJSON(): unknown {
    return JSON.parse(this.json);
  }
}
