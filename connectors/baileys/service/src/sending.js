// Sending: once for each id, kept before it leaves, and answered when WhatsApp has acknowledged it.

import { generateWAMessage, isLidUser, isPnUser, proto } from "baileys";
import { baileysContent, extras } from "./content.js";
import { baileysLogger } from "./log.js";
import { Refusal, ackRefusal } from "./refusals.js";
import { keepSent, sentMessage } from "./sent.js";

const ACK = 20000;
const ID = /^[0-9A-Za-z]{8,64}$/;

export class Sender {
  #underway = new Map();

  constructor(session, settings) {
    Object.assign(this, { session, settings });
  }

  /** Sends {id, to, content, quoted?}: gives {id, to}, throws a Refusal, or another Error when nobody knows. */
  send(order) {
    if (!ID.test(order?.id ?? "")) throw new Refusal("content", "id must be 8 to 64 letters and digits");
    const going = this.#underway.get(order.id) ?? this.#send(order).finally(() => this.#underway.delete(order.id));
    this.#underway.set(order.id, going);
    return going;
  }

  async #send({ id, to, content, quoted }) {
    if (!isPnUser(to) && !isLidUser(to)) throw new Refusal("content", "to must be a person's jid (…@s.whatsapp.net or …@lid)");
    const { connection, store, state } = this.session;
    if (!store) throw new Refusal("not_open", "the session is not started", { retryAfter: 30 });
    const before = await sentMessage(store, id);
    if (before?.done) return { id, to: before.to };
    if (before?.refused) throw ackRefusal(before.refused);
    if (state !== "open") throw new Refusal("not_open", `the session is ${state}`, { retryAfter: 5 });
    const sent = before ?? (await this.#prepared(connection.sock, { id, to, content, quoted }));
    if (!before) await keepSent(store, id, sent);
    const refused = await this.#relay(connection.sock, id, sent);
    await keepSent(store, id, refused ? { ...sent, refused } : { ...sent, done: true });
    if (refused) throw ackRefusal(refused);
    return { id, to: sent.to };
  }

  async #prepared(sock, { id, to, content, quoted }) {
    const made = await baileysContent(content, this.settings);
    const address = await this.#address(sock, to);
    const options = { messageId: id, userJid: sock.user.id, upload: sock.waUploadToServer, logger: baileysLogger(this.session.id), quoted, options: {} };
    const full = await generateWAMessage(address, made, options).catch((error) => {
      if (error.output?.statusCode === 500) throw error; // uploading failed: nobody can say why
      throw new Refusal("content", error.message);
    });
    return { to: address, message: Buffer.from(proto.Message.encode(full.message).finish()).toString("base64"), extra: extras(content), at: Date.now() };
  }

  /** Where `to` can be reached: WhatsApp's own form of a number nobody wrote to or from yet (9th digit of Brazil). */
  async #address(sock, to) {
    if (isLidUser(to) || this.session.met.has(to)) return to;
    const found = await sock.onWhatsApp(to);
    const [result] = found ?? [];
    if (found && !result?.exists) throw new Refusal("not_on_whatsapp", "this number is not on WhatsApp");
    const address = result?.jid ?? to;
    if (found) this.session.meet(to, address);
    return address;
  }

  /** WhatsApp's error code in its acknowledgement, or undefined. */
  async #relay(sock, id, { to, message, extra }) {
    const acknowledged = ack(sock, id);
    try {
      await sock.relayMessage(to, proto.Message.decode(Buffer.from(message, "base64")), { messageId: id, ...extra });
      return await acknowledged.promise;
    } finally {
      acknowledged.forget();
    }
  }
}

/** WhatsApp's acknowledgement of message `id`: its error code or undefined; rejects when none comes. */
function ack(sock, id) {
  const heard = {};
  heard.promise = new Promise((resolve, reject) => {
    const hear = (node) => { if (node.attrs.id === id) resolve(node.attrs.error); };
    const gone = () => reject(new Error("the connection ended before WhatsApp acknowledged the message"));
    const timer = setTimeout(() => reject(new Error("WhatsApp did not acknowledge the message in time")), ACK);
    sock.ws.on("CB:ack,class:message", hear);
    sock.ws.socket?.once("close", gone);
    heard.forget = () => {
      clearTimeout(timer);
      sock.ws.off("CB:ack,class:message", hear);
      sock.ws.socket?.off("close", gone);
    };
  });
  heard.promise.catch(() => {});
  return heard;
}
