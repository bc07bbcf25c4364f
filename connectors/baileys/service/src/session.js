// One linked number: from its start to its end, through pairing, connections and what becomes of them.

import { paired } from "./auth.js";
import { Connection } from "./connection.js";
import { log } from "./log.js";
import { News } from "./news.js";
import { plain } from "./plain.js";
import { afterClose, backoff } from "./reasons.js";
import { retryCounters } from "./retries.js";
import { Store } from "./store.js";

const STEADY = 30000;
const PAIRING = 5 * 60000;
const FIRST_QR = 30000;

export class Session {
  /** `events` is where its events are posted, `version` the WhatsApp Web version it claims (or the settings'). */
  constructor({ id, vault, settings, events, version }) {
    Object.assign(this, { id, vault, settings, events, version, store: null, connection: null });
    Object.assign(this, { state: "stopped", reason: undefined, attempts: 0, bad: 0, since: new Date(), qr: undefined, code: undefined });
    Object.assign(this, { phone: undefined, pairUntil: 0, timer: null, steady: null, lane: Promise.resolve(), news: new News(), met: new Set() });
    this.retries = retryCounters();
  }

  /** What the API shows of it. */
  status() {
    const { state, reason, qr, code, attempts, since, store } = this;
    const me = store && paired(store.creds) ? store.creds.me : undefined;
    return plain({ state, reason, qr, code, me, attempts, since, waiting: store?.spool.waiting ?? 0 });
  }

  /** People at these addresses are on WhatsApp: they wrote, or it said so. */
  meet(...jids) {
    if (this.met.size > 5000) this.met.clear();
    for (const jid of jids) if (jid) this.met.add(jid);
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
    this.news.tell();
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
    if (["open", "connecting"].includes(this.state)) this.#become("closed", { reason: "vault" });
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
      met: ({ remoteJid, remoteJidAlt }) => this.meet(remoteJid, remoteJidAlt),
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
    this.#hangUp();
    this.qr = this.code = undefined;
    const { attempts, bad, settings } = this;
    const linked = paired(this.store.creds);
    const next = afterClose(code, { linked, looking: Date.now() < this.pairUntil, attempts, bad, first: settings.firstDelay });
    if (next.forget) return this.#forget(next.reason, code);
    Object.assign(this, { attempts: next.attempts, bad: next.bad });
    this.#become(next.state, { reason: next.reason, code });
    if (next.alert) this.#become("closed", { reason: "gave_up", last: next.reason, code, alert: true });
    if (next.delay !== undefined) this.#later(next.delay);
  }

  #forget(reason, code) {
    this.#alone(async () => {
      await this.store.forget();
      this.#become("needs_pairing", { reason, code });
    }).catch((error) => this.store?.lose(error));
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

  /** Takes the session again if it was lost, and connects if that was what went on: not what was stopped. */
  async #again() {
    if (this.connection || this.reason === "owned_elsewhere") return;
    try {
      await this.#take();
    } catch (error) {
      if (error.status !== 409) this.#lost(error);
      return;
    }
    const looking = this.state === "needs_pairing" && Date.now() < this.pairUntil;
    if (looking || ["closed", "connecting"].includes(this.state)) this.#connect();
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
    await this.news.until(() => this.state === "open" || this.state === "stopped" || (phone ? this.code || (this.qr && !this.phone) : this.qr), FIRST_QR);
    return this.status();
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
      await this.store.writer.put([]);
      await this.vault.wipe(this.id, true);
      await this.#stop("removed");
    });
  }
}
