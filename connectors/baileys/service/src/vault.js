// The vault: where the accounts' keys live, sealed, in Flowengine's database. This process keeps nothing on disk.

import { call, persist } from "./calling.js";

export class Vault {
  /** `owner` names this process; `patience` is how many ms an unreachable vault is waited for. */
  constructor({ secret, vault, patience }, owner) {
    Object.assign(this, { secret, url: vault, patience, owner });
  }

  async #post(session, verb, body) {
    const url = `${this.url}/sessions/${encodeURIComponent(session)}/${verb}`;
    const text = await (await call(this.secret, "POST", url, { body })).text();
    return text ? JSON.parse(text) : {};
  }

  /** The values of `keys` as Buffers, null for those that are not there. */
  async get(session, keys) {
    if (!keys.length) return {};
    const { values } = await persist(() => this.#post(session, "get", { keys }), this.patience);
    return Object.fromEntries(keys.map((key) => [key, values[key] == null ? null : Buffer.from(values[key], "base64")]));
  }

  /** Writes all of `entries` (a Map from key to Buffer, or null to remove) or none; durable when it returns. */
  async put(session, entries) {
    const put = Object.fromEntries([...entries].map(([key, value]) => [key, value && Buffer.from(value).toString("base64")]));
    await persist(() => this.#post(session, "put", { owner: this.owner, put }), this.patience);
  }

  /** Makes this process the session's one owner, or says again that it is. CallFailed with 409: somebody else is. */
  lock = (session) => this.#post(session, "lock", { owner: this.owner });

  unlock = (session) => this.#post(session, "unlock", { owner: this.owner });

  /** Forgets the account; with `all` the spool, what was sent and the files' keys too. */
  wipe = (session, all = false) => persist(() => this.#post(session, "wipe", { owner: this.owner, all }), this.patience);
}
