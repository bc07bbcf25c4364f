// One connection to WhatsApp Web: Baileys with our configuration, its events handed on in our order.

import makeWASocket, {
  Browsers, isJidBroadcast, isJidGroup, isJidNewsletter, isJidStatusBroadcast, proto,
} from "baileys";
import { toConnect } from "./auth.js";
import { fileEntry, isSaid, messageEvent, statusEvents } from "./inbound.js";
import { baileysLogger } from "./log.js";
import { mockSettings } from "./mock.js";
import { plain } from "./plain.js";
import { sentMessage } from "./sent.js";
import { voteIn } from "./votes.js";

const CLOSING = 3000;
const REMEMBERED = 2000;

export class Connection {
  #seen = new Set();

  /** `on` has open(), qr(text), paired(), met(key) for each message received, and closed(error). */
  constructor({ session, store, settings, version, retries, on }) {
    Object.assign(this, { session, store, on });
    this.sock = makeWASocket({
      auth: { creds: toConnect(store.creds), keys: store.keys() },
      ...(version ? { version } : {}),
      ...mockSettings(settings.mock),
      logger: baileysLogger(session),
      browser: Browsers.ubuntu("Chrome"),
      emitOwnEvents: false,
      syncFullHistory: false,
      shouldSyncHistoryMessage: () => false,
      markOnlineOnConnect: false,
      shouldIgnoreJid: (jid) => Boolean(isJidGroup(jid) || isJidBroadcast(jid) || isJidStatusBroadcast(jid) || isJidNewsletter(jid)),
      msgRetryCounterCache: retries,
      transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 10 },
      getMessage: async (key) => this.#sentBefore(key.id),
      beforeFrame: () => store.writer.settled(),
      beforeReceipt: (message, node) => this.#receive(message, Boolean(node.attrs.offline)),
    });
    this.#listen(this.sock.ev);
  }

  #listen(ev) {
    ev.on("connection.update", (update) => {
      if (update.qr) this.on.qr(update.qr);
      if (update.isNewLogin) this.on.paired();
      if (update.connection === "open") this.on.open();
      if (update.connection === "close") this.on.closed(update.lastDisconnect?.error);
      if (update.reachoutTimeLock) this.#tell([{ kind: "restriction", data: plain(update.reachoutTimeLock) }]);
    });
    ev.on("creds.update", () => this.store.keepCredentials());
    ev.on("messages.upsert", ({ messages, type }) => {
      // All that went by beforeReceipt is known already; what is left came by another way (asked of the phone again).
      if (type === "notify") for (const message of messages) this.#receive(message, false).catch(() => {});
    });
    ev.on("messages.update", (updates) => this.#tell(statusEvents(updates)));
    ev.on("lid-mapping.update", (pairs) => this.#tell([{ kind: "lid-mapping.update", data: plain([pairs].flat()) }]));
    ev.on("call", (calls) => this.#tell([{ kind: "call", data: plain(calls) }]));
  }

  #tell(events) {
    if (events.length) this.store.spool.add(events).catch(() => {}); // a broken writer ends the connection by itself
  }

  /** Keeps an incoming message; throws, and so leaves it unacknowledged, when it could not be kept. */
  async #receive(message, offline) {
    const { id, remoteJid, fromMe } = message.key;
    const name = `${remoteJid} ${fromMe} ${id}`;
    if (!isSaid(message) || this.#seen.has(name)) return;
    this.on.met(message.key);
    if (fromMe && (await this.#sentBefore(id))) return;
    const me = this.store.creds.me ?? {};
    const vote = await voteIn(message, me, (poll) => this.#sentBefore(poll));
    await this.store.spool.add([messageEvent(message, me, offline, vote)], fileEntry(message));
    this.#seen.add(name);
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value);
  }

  async #sentBefore(id) {
    const sent = await sentMessage(this.store, id);
    return sent && proto.Message.decode(Buffer.from(sent.message, "base64"));
  }

  /** Hangs up, waiting a little for the other side's goodbye. */
  async end() {
    const { ws } = this.sock;
    const timer = setTimeout(() => ws.socket?.terminate?.(), CLOSING);
    await this.sock.end(undefined).catch(() => {});
    clearTimeout(timer);
  }
}
