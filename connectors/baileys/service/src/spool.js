// What we have to tell Flowengine, numbered and kept in the vault until it says 200.

import { call, wait } from "./calling.js";
import { log } from "./log.js";

const IN_MEMORY = 200;
const bytes = (value) => Buffer.from(JSON.stringify(value));

export class Spool {
  #recent = new Map();
  #wake = () => {};
  #stopped = false;
  #thrownAway = false;

  /** `kept` is the vault's `seq`: {last, acked} as bytes, or null for a new session. */
  constructor({ secret, vault, session, writer, kept }) {
    const { last = 0, acked = 0 } = kept ? JSON.parse(kept) : {};
    Object.assign(this, { secret, vault, session, writer, last, acked });
  }

  /** Keeps `events` under the next number, with the other `entries`, all or nothing; resolves when durable. */
  add(events, entries = []) {
    const seq = (this.last += 1);
    if (this.#recent.size < IN_MEMORY) this.#recent.set(seq, events);
    const written = this.writer.put([...entries, [`spool:${seq}`, bytes(events)], this.#counters()]);
    written.then(() => this.#wake(), () => {});
    return written;
  }

  #counters() {
    return ["seq", bytes({ last: this.last, acked: this.acked })];
  }

  /** Tells them to `url()` one by one in order, for as long as this session is ours. */
  async run(url) {
    let delay = 500;
    while (!this.#stopped) {
      if (this.acked >= this.last) {
        await new Promise((resolve) => { this.#wake = resolve; });
        continue;
      }
      try {
        await this.#tell(url(), this.acked + 1);
        delay = 500;
      } catch (error) {
        if (this.#stopped) return;
        log("warning", "an event was not taken", { session: this.session, seq: this.acked + 1, error: error.message });
        await Promise.race([wait(delay + Math.random() * delay), new Promise((resolve) => { this.#wake = resolve; })]);
        delay = Math.min(delay * 2, 30000);
      }
    }
  }

  async #tell(url, seq) {
    if (!this.#recent.has(seq)) await this.writer.settled();
    const events = this.#recent.get(seq) ?? (await this.#read(seq));
    await this.writer.settled(); // what is told must be what a restart would tell
    if (events) await call(this.secret, "POST", url, { body: { session: this.session, seq, events }, timeout: 30000 });
    if (this.#thrownAway) return;
    this.acked = seq;
    this.#recent.delete(seq);
    this.writer.putLater([[`spool:${seq}`, null], this.#counters()]);
  }

  async #read(seq) {
    const kept = (await this.vault.get(this.session, [`spool:${seq}`]))[`spool:${seq}`];
    return kept && JSON.parse(kept);
  }

  /** How many events wait to be told. */
  get waiting() {
    return this.last - this.acked;
  }

  stop() {
    this.#stopped = true;
    this.#wake();
  }

  /** Stops, and writes nothing more either. */
  throwAway() {
    this.#thrownAway = true;
    this.stop();
  }
}
