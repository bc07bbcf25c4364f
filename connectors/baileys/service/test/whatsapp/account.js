// One phone's account on the mock server: what waits for its linked device, what the device sent, and its faults.

import { lidOf } from "./person.js";

const SERVER = "s.whatsapp.net";

export class Account {
  client = null;
  device = null;
  queue = new Map();
  sent = [];
  receipts = [];
  presence = [];
  acks = [];
  logins = 0;

  /** Faults: `failure` (a code every login gets), `ackWith` ("ok", "none" or an error code), `statuses` (told after a send). */
  constructor(world, phone) {
    Object.assign(this, { world, phone, failure: null, ackWith: "ok", statuses: [] });
  }

  /** A device was linked; nothing of a device before it counts any more. */
  link(identityKey) {
    this.device = { identityKey, keys: [] };
    this.failure = null;
  }

  /** The phone removed the device. */
  unlink() {
    this.device = null;
    this.client?.send({ tag: "stream:error", attrs: { code: "401" }, content: [{ tag: "conflict", attrs: { type: "device_removed" } }] });
  }

  login(client) {
    this.logins += 1;
    const failure = this.failure ?? (this.device ? null : "401");
    if (failure) return client.send({ tag: "failure", attrs: { reason: String(failure) } });
    if (this.client) this.client.send({ tag: "stream:error", attrs: {}, content: [{ tag: "conflict", attrs: { type: "replaced" } }] });
    Object.assign(this, { client });
    client.account = this;
    client.send({ tag: "success", attrs: { t: this.world.now(), lid: `${lidOf(`${this.phone}@${SERVER}`)}:1@lid`, location: "mock" } });
  }

  left(client) {
    if (this.client === client) this.client = null;
  }

  /** The device is there: it gets what waited, then what is new. */
  ready(client) {
    for (const { tag, attrs, content } of this.queue.values()) client.send({ tag, attrs: { ...attrs, offline: "0" }, content });
    client.send({ tag: "ib", attrs: {}, content: [{ tag: "offline", attrs: { count: String(this.queue.size) } }] });
    client.ready = true;
  }

  takeKeys({ content }) {
    const value = (node, tag) => Buffer.from(node.content.find((one) => one.tag === tag).content);
    const key = (node) => ({ keyId: value(node, "id").readUIntBE(0, 3), publicKey: Buffer.concat([Buffer.from([5]), value(node, "value")]) });
    const list = content.find(({ tag }) => tag === "list");
    const signed = content.find(({ tag }) => tag === "skey");
    if (!this.device || !list || !signed) return;
    this.device.keys = list.content.map(key);
    this.device.signed = { ...key(signed), signature: value(signed, "signature") };
    this.device.registrationId = value({ content }, "registration").readUInt32BE(0);
  }

  /** Something for the device, kept until it says that it has it. */
  give(node) {
    this.queue.set(node.attrs.id, node);
    if (this.client?.ready) this.client.send(node);
  }

  /** `message` from `attrs.from` with `attrs.id`; readable by the server, which Baileys takes too. */
  deliver(attrs, message) {
    const content = [{ tag: "plaintext", attrs: {}, content: this.world.encoded(message) }];
    this.give({ tag: "message", attrs: { type: "text", t: this.world.now(), notify: "Ana", ...attrs }, content });
  }

  /** The same, sealed by the sender's phone for this device. */
  async deliverSealed(attrs, message) {
    const { identityKey, keys, signed, registrationId } = this.device;
    const bundle = { registrationId, identityKey: Buffer.concat([Buffer.from([5]), identityKey]), signedPreKey: signed, preKey: keys.shift() };
    const enc = await this.world.person(attrs.from).write(`${this.phone}:1@${SERVER}`, bundle, message);
    this.give({ tag: "message", attrs: { type: "text", t: this.world.now(), notify: "Ana", ...attrs }, content: [enc] });
  }

  /** "delivered" (no type), "read" or "played" for a message the device sent. */
  receipt(attrs) {
    this.give({ tag: "receipt", attrs: { t: this.world.now(), ...attrs } });
  }

  close(node) {
    this.client.send(node);
    const { socket } = this.client;
    setTimeout(() => socket.close(), 20);
  }

  async node(client, node) {
    const { tag, attrs } = node;
    if (tag === "message") return this.#message(client, node);
    if (tag === "receipt") this.receipts.push(attrs);
    if (tag === "ack") this.acks.push(attrs);
    if (tag === "chatstate" || tag === "presence") this.presence.push({ tag, to: attrs.to, type: attrs.type ?? node.content?.[0]?.tag });
    if ((tag === "receipt" && attrs.type !== "read") || tag === "ack") this.queue.delete(attrs.id);
  }

  async #message(client, { attrs, content }) {
    const enc = content.find(({ tag }) => tag === "enc") ?? this.#forThem(content, attrs.to);
    const message = enc && (await this.world.person(attrs.to).read(`${this.phone}:1@${SERVER}`, enc).catch((error) => ({ unreadable: error.message })));
    this.sent.push({ id: attrs.id, to: attrs.to, edit: attrs.edit, message });
    if (this.ackWith === "none") return;
    const error = this.ackWith === "ok" ? {} : { error: String(this.ackWith) };
    client.send({ tag: "ack", attrs: { class: "message", id: attrs.id, from: attrs.to, t: this.world.now(), ...error } });
    if (!error.error) for (const type of this.statuses) this.receipt({ id: attrs.id, from: attrs.to, ...(type === "delivered" ? {} : { type }) });
  }

  #forThem(content, to) {
    const all = content.find(({ tag }) => tag === "participants")?.content ?? [];
    return all.find(({ attrs }) => lidOf(attrs.jid) === lidOf(to))?.content.find(({ tag }) => tag === "enc");
  }
}
