// One linked number: from its start to its end, through pairing, connections and what becomes of them.

import { paired } from "./auth.js";
import { Connection } from "./connection.js";
import { log } from "./log.js";
import { ALERT, SOME, backoff, judge } from "./reasons.js";
import { retryCounters } from "./retries.js";
import { Store } from "./store.js";
import { plain } from "./plain.js";

const STEADY = 30000;
const PAIRING = 5 * 60000;
const FIRST_QR = 30000;

export class Session {
  /** `events` is where its events are posted, `version` the WhatsApp Web version it claims (or the settings'). */
  constructor({ id, vault, settings, events, version }) {
    Object.assign(this, { id, vault, settings, events, version, store: null, connection: null });
    Object.assign(this, { state: "stopped", reason: undefined, attempts: 0, bad: 0, since: new Date(), qr: undefined, code: undefined });
    Object.assign(this, { phone: undefined, pairUntil: 0, timer: null, steady: null, lane: Promise.resolve(), news: new Set() });
    this.retries = retryCounters();
  }

  /** What the API shows of it. */
  status() {
    const { state, reason, qr, code, attempts, since, store } = this;
    const me = store && paired(store.creds) ? store.creds.me : undefined;
    return plain({ state, reason, qr, code, me, attempts, since, waiting: store?.spool.waiting ?? 0 });
  }

  /** One thing at a time: each command waits for the one before. */
  #alone(work) {
    this.lane = this.lane.then(work, work);
    return this.lane;
  }

  #become(state, { reason, ...more } = {}) {
    const same = this.state === state && this.reason === reason;
    Object.assign(this, { state, reason, since: same ? this.since : new Date() });
    if (state !== "needs_pairing" && state !== "connecting") this.qr = this.code = undefined;
    const me = this.store && paired(this.store.creds) ? this.store.creds.me : undefined;
    if (!same || more.alert) {
      log("info", "session", { session: this.id, state, reason, ...more });
      this.store?.spool.add([{ kind: "connection.update", data: plain({ state, reason, me, attempts: this.attempts, ...more }) }]).catch(() => {});
    }
    for (const hear of this.news) hear();
  }

  /** Takes the session and connects if a phone is linked. CallFailed with 409: another process owns it. */
  start() {
    return this.#alone(async () => {
      if (this.store && !this.store.lost) return;
      await this.#take();
      if (paired(this.store.creds)) this.#connect();
      else this.#become("needs_pairing");
    });
  }

  async #take() {
    if (this.store && !this.store.lost) return;
    try {
      const onLost = (error) => this.#lost(error);
      this.store = await Store.open({ vault: this.vault, settings: this.settings, session: this.id, events: () => this.events, onLost });
    } catch (error) {
      if (error.status === 409) this.#become("stopped", { reason: "owned_elsewhere" });
      throw error;
    }
  }

  /** The vault is away or another process took the session: hang up, since nothing may be acknowledged now. */
  #lost(error) {
    this.#hangUp();
    if (error.status === 409) return this.#become("stopped", { reason: "owned_elsewhere" });
    this.attempts += 1;
    this.#become("closed", { reason: "vault" });
    this.#later(backoff(this.attempts, this.settings.firstDelay));
  }

  #connect() {
    const on = {};
    const connection = new Connection({ session: this.id, store: this.store, settings: this.settings, version: this.version ?? this.settings.version, retries: this.retries, on });
    const mine = (act) => (value) => { if (this.connection === connection) act(value); };
    Object.assign(on, {
      open: mine(() => this.#opened()),
      qr: mine((text) => this.#shown(text)),
      paired: mine(() => this.#become("connecting", { reason: "paired" })),
      closed: mine((error) => this.#closed(error)),
    });
    this.connection = connection;
    if (paired(this.store.creds)) this.#become("connecting");
  }

  #opened() {
    this.qr = this.code = this.phone = undefined;
    this.pairUntil = this.bad = 0;
    this.steady = setTimeout(() => { this.attempts = 0; }, STEADY);
    this.#become("open");
  }

  async #shown(qr) {
    const first = !this.qr;
    this.qr = qr;
    if (this.phone && first) {
      try {
        this.code = await this.connection.sock.requestPairingCode(this.phone);
      } catch (error) {
        log("warning", "no pairing code", { session: this.id, error: error.message });
        this.phone = undefined; // the QR is the fall-back
      }
    }
    this.#become("needs_pairing");
  }

  #closed(error) {
    const code = error?.output?.statusCode ?? 428;
    const { reason, then } = judge(code);
    this.#hangUp();
    this.qr = this.code = undefined;
    if (!paired(this.store.creds) && then !== "stop") return this.#unpairedClosed(reason, then, code);
    if (then === "stop") return this.#become("stopped", { reason, code });
    if (then === "forget") return this.#forget(reason, code);
    if (then === "some" && (this.bad += 1) > SOME) return this.#become("needs_pairing", { reason, code });
    this.attempts += 1;
    this.#become(then === "now" ? "connecting" : "closed", { reason, code });
    if (this.attempts === ALERT) this.#become("closed", { reason: "gave_up", last: reason, code, alert: true });
    const restarts = then === "now" && this.attempts < SOME;
    this.#later(restarts ? 0 : backoff(this.attempts, this.settings.firstDelay));
  }

  /** While somebody looks at the pairing page a new QR follows the old ones; after that nothing is asked of WhatsApp. */
  #unpairedClosed(reason, then, code) {
    this.#become("needs_pairing", { reason, code });
    if (Date.now() < this.pairUntil && then !== "forget") this.#later(then === "later" && reason !== "timed_out" ? this.settings.firstDelay : 0);
  }

  #forget(reason, code) {
    this.#alone(async () => {
      await this.store.forget().catch((error) => this.store.lose(error));
      if (!this.store.lost) this.#become("needs_pairing", { reason, code });
    });
  }

  #hangUp() {
    clearTimeout(this.timer);
    clearTimeout(this.steady);
    const { connection } = this;
    this.connection = null;
    return connection?.end();
  }

  #later(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#alone(() => this.#again()).catch(() => {}), ms);
  }

  async #again() {
    if (this.connection || this.state === "stopped") return;
    try {
      await this.#take();
      this.#connect();
    } catch (error) {
      if (error.status !== 409) this.#lost(error);
    }
  }

  /** Begins to pair and gives the status with the code (`phone` given) or the QR. An open session stays as it is. */
  async pair(phone) {
    await this.#alone(async () => {
      await this.#take();
      if (paired(this.store.creds) && this.state !== "needs_pairing") return;
      if (paired(this.store.creds)) await this.store.forget(); // WhatsApp no longer takes these keys
      this.pairUntil = Date.now() + PAIRING;
      if (this.connection && this.phone === phone) return;
      await this.#hangUp();
      Object.assign(this, { phone, qr: undefined, code: undefined, bad: 0, attempts: 0 });
      this.#connect();
    });
    await this.#until(() => this.state === "open" || this.state === "stopped" || (phone ? this.code || (this.qr && !this.phone) : this.qr), FIRST_QR);
    return this.status();
  }

  /** Waits until `happened()`, at most `ms`. */
  #until(happened, ms) {
    if (happened()) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => { clearTimeout(timer); this.news.delete(hear); resolve(); };
      const hear = () => { if (happened()) end(); };
      const timer = setTimeout(end, ms);
      this.news.add(hear);
    });
  }

  /** Hangs up and gives the session up; its keys stay in the vault. */
  stop(reason = "asked") {
    return this.#alone(() => this.#stop(reason));
  }

  async #stop(reason) {
    await this.#hangUp();
    if (this.state !== "stopped") this.#become("stopped", { reason });
    this.pairUntil = 0;
    await this.store?.close();
    this.store = null;
  }

  /** Connects anew, also after a stop that asked for a person. */
  restart() {
    return this.#alone(async () => {
      await this.#hangUp();
      Object.assign(this, { attempts: 0, bad: 0, pairUntil: 0 });
      await this.#take();
      if (paired(this.store.creds)) this.#connect();
      else this.#become("needs_pairing");
    });
  }

  /** Unlinks the phone, if it can be reached, and forgets the account. */
  logout() {
    return this.#alone(async () => {
      await this.#take();
      await this.#unlink();
      await this.store.forget();
      this.#become("needs_pairing", { reason: "logged_out" });
    });
  }

  async #unlink() {
    const { connection, state } = this;
    this.connection = null;
    clearTimeout(this.timer);
    clearTimeout(this.steady);
    if (connection && state === "open") await connection.sock.logout().catch((error) => log("warning", "the phone was not told", { session: this.id, error: error.message }));
    await connection?.end();
  }

  /** Unlinks and forgets everything of it. */
  remove() {
    return this.#alone(async () => {
      await this.#take();
      await this.#unlink();
      Object.assign(this, { state: "stopped", reason: "removed" }); // nobody is told: there is no spool any more
      this.store.spool.throwAway();
      await this.store.writer.settled();
      await this.vault.wipe(this.id, true);
      await this.#stop("removed");
    });
  }
}
