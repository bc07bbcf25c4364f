// The sessions this process holds.

import { randomUUID } from "node:crypto";
import { log } from "./log.js";
import { Sender } from "./sending.js";
import { Session } from "./session.js";
import { Vault } from "./vault.js";

export class Sessions {
  #held = new Map();

  constructor(settings) {
    this.settings = settings;
    this.vault = new Vault(settings, randomUUID());
  }

  get(id) {
    return this.#held.get(id);
  }

  /** Id and status of each. */
  list() {
    return [...this.#held.values()].map((session) => ({ id: session.id, ...session.status() }));
  }

  /** Makes the session if it is not held yet, and starts it. `events` and `version` are taken over either way. */
  async start(id, { events, version }) {
    let session = this.#held.get(id);
    if (!session) {
      session = new Session({ id, vault: this.vault, settings: this.settings, events, version });
      session.sender = new Sender(session, this.settings);
      this.#held.set(id, session);
    }
    session.events = events;
    if (version) session.version = version;
    await session.start();
    return session;
  }

  /** Forgets everything of a session, here and in the vault, also of one that was never started here. */
  async remove(id) {
    const session = this.#held.get(id) ?? new Session({ id, vault: this.vault, settings: this.settings, events: "http://127.0.0.1:9/" });
    await session.remove();
    this.#held.delete(id);
  }

  /** Hangs up everywhere, writes what is to be written and gives the locks up. */
  async end() {
    const ends = await Promise.allSettled([...this.#held.values()].map((session) => session.stop("service_stopped")));
    const failed = ends.filter((end) => end.status === "rejected").length;
    log("info", "ended", { sessions: ends.length, failed });
  }
}
