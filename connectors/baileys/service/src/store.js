// What one session owns while this process is its owner: the lock, the ordered writes, the spool, the account.

import { credentials, keepCredentials, signalKeys } from "./auth.js";
import { baileysLogger, log } from "./log.js";
import { Spool } from "./spool.js";
import { Writer } from "./writer.js";

export class Store {
  /**
   * Takes the session and reads what is kept of it. CallFailed with status 409 when another process owns it.
   * `onLost(error)` is called once when writing or owning came to an end against our will.
   */
  static async open({ vault, settings, session, events, onLost }) {
    await vault.lock(session);
    const kept = await vault.get(session, ["creds", "seq"]);
    return new Store({ vault, settings, session, events, onLost, kept });
  }

  constructor({ vault, settings, session, events, onLost, kept }) {
    Object.assign(this, { vault, session, lost: null });
    this.lose = (error) => {
      if (this.lost) return;
      this.lost = error;
      this.#quiet();
      onLost(error);
    };
    this.writer = new Writer(vault, session, this.lose);
    this.spool = new Spool({ secret: settings.secret, vault, session, writer: this.writer, kept: kept.seq });
    this.creds = credentials(kept.creds);
    this.spool.run(events).catch((error) => log("error", "telling events ended", { session, error: error.message }));
    this.beat = setInterval(() => this.#beat(), settings.heartbeat);
  }

  /** A fresh view of the signal keys, for one connection. */
  keys() {
    const read = (keys) => this.vault.get(this.session, keys).catch((error) => {
      this.lose(error); // Baileys goes on without keys that it could not read
      throw error;
    });
    return signalKeys(read, this.writer, baileysLogger(this.session));
  }

  keepCredentials() {
    keepCredentials(this.writer, this.creds).catch(() => {}); // the writer itself says that it broke
  }

  /** Forgets the account and begins with a new one. What waits in the spool stays. */
  async forget() {
    await this.writer.settled();
    await this.vault.wipe(this.session);
    this.creds = credentials(null);
  }

  #beat() {
    this.vault.lock(this.session).catch((error) => {
      if (error.status === 409) this.lose(error);
    });
  }

  #quiet() {
    clearInterval(this.beat);
    this.spool.stop();
  }

  /** Gives the session up, with all that was put written. */
  async close() {
    this.#quiet();
    if (this.lost) return;
    await this.writer.put([]).catch(() => {});
    await this.vault.unlock(this.session).catch((error) => log("warning", "the lock could not be given up", { session: this.session, error: error.message }));
  }
}
