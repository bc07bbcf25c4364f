// A WhatsApp Web of our own for tests, on this machine only: links devices, takes and gives messages, and has
// every fault on request. It proves our service's states, storage and order; it proves nothing about WhatsApp's servers.

import { proto } from "baileys";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { Account } from "./account.js";
import { answer } from "./answers.js";
import { Files } from "./files.js";
import { Channel, newRoot } from "./noise.js";
import { Typing, pairSuccess, readQr } from "./pairing.js";
import { Person, lidOf } from "./person.js";

const SERVER = "s.whatsapp.net";
const now = () => String(Math.floor(Date.now() / 1000));

export class WhatsApp {
  #people = new Map();
  lidOf = lidOf;
  root = newRoot();
  clients = [];
  accounts = new Map();
  strangers = new Set();
  files = new Files(this);

  /** Listens on a port of its own (or `port`) and gives the server. */
  static async start(port = 0) {
    const world = new WhatsApp();
    world.http = createServer((request, response) => world.files.serve(request, response));
    new WebSocketServer({ server: world.http }).on("connection", (socket) => world.#connected(socket));
    await new Promise((resolve) => world.http.listen(port, "127.0.0.1", resolve));
    world.port = world.http.address().port;
    return world;
  }

  get url() {
    return `ws://127.0.0.1:${this.port}/ws/chat`;
  }

  get rootKey() {
    return Buffer.from(this.root.public).toString("base64");
  }

  isUser = (jid) => !this.strangers.has(jid);

  person(jid) {
    const lid = lidOf(jid);
    if (!this.#people.has(lid)) this.#people.set(lid, new Person());
    return this.#people.get(lid);
  }

  account(phone) {
    if (!this.accounts.has(phone)) this.accounts.set(phone, new Account(this, phone));
    return this.accounts.get(phone);
  }

  #connected(socket) {
    const client = { socket, account: null, waiting: null, send: (node) => channel.send(node) };
    const channel = new Channel(this.root, (bytes) => socket.send(bytes), {
      login: (payload) => this.#login(client, payload),
      node: (node) => this.#node(client, node),
    });
    client.channel = channel;
    this.clients.push(client);
    socket.on("message", (data) => channel.receive(data));
    socket.on("close", () => {
      this.clients = this.clients.filter((one) => one !== client);
      client.account?.left(client);
    });
  }

  #login(client, payload) {
    if (payload.devicePairingData) {
      const refs = ["R1", "R2", "R3"].map((ref) => ({ tag: "ref", attrs: {}, content: Buffer.from(ref) }));
      client.send({ tag: "iq", attrs: { from: SERVER, type: "set", id: "pair", xmlns: "md" }, content: [{ tag: "pair-device", attrs: {}, content: refs }] });
      return;
    }
    this.account(String(payload.username)).login(client);
  }

  async #node(client, node) {
    const [first] = Array.isArray(node.content) ? node.content : [];
    if (node.tag === "iq" && first?.tag === "pair-device-sign") return this.#linked(client);
    if (node.tag === "iq" && first?.tag === "link_code_companion_reg") this.#code(client, first);
    if (node.tag === "iq" && node.attrs.type === "result") return;
    if (node.tag === "iq") {
      client.send({ tag: "iq", attrs: { from: SERVER, type: "result", id: node.attrs.id }, content: await answer(node, this, client.account) });
      if (first?.tag === "active") client.account?.ready(client);
      if (first?.tag === "remove-companion-device") client.account?.unlink();
      if (node.attrs.xmlns === "encrypt" && node.attrs.type === "set") client.account?.takeKeys(node);
      return;
    }
    await client.account?.node(client, node);
  }

  /** After linking, WhatsApp asks for a new connection: 515. */
  #linked(client) {
    client.send({ tag: "stream:error", attrs: { code: "515" } });
    setTimeout(() => client.socket.close(), 20);
  }

  /** Phone `phone` scans the QR `text`. */
  scan(text, phone) {
    const { noiseKey, identityKey, advSecret } = readQr(text);
    const client = this.clients.find((one) => one.channel.noiseKey?.equals(noiseKey));
    if (!client) throw new Error("nobody shows this QR");
    this.account(phone).link(identityKey);
    client.send(pairSuccess(identityKey, advSecret, phone));
  }

  #code(client, { attrs, content }) {
    if (attrs.stage === "companion_hello") client.waiting = { phone: attrs.jid.split("@")[0], hello: { content } };
    if (attrs.stage !== "companion_finish") return;
    let made;
    try {
      made = client.waiting.typing.finish({ content });
    } catch {
      client.waiting.wrong = true; // the code was typed wrong: the phone cannot open the answer
      return;
    }
    this.account(client.waiting.phone).link(made.identityKey);
    setTimeout(() => client.send(pairSuccess(made.identityKey, made.advSecret, client.waiting.phone)), 20);
  }

  /** On phone `phone` the pairing code is typed. */
  async type(code, phone) {
    const client = this.clients.find((one) => one.waiting?.phone === phone);
    if (!client) throw new Error("nobody asked for a code for this phone");
    client.waiting.typing = new Typing();
    client.send(await client.waiting.typing.hello(client.waiting.hello, code));
  }

  /** Bytes of a message as WhatsApp's protobuf, from its JSON form. */
  encoded = (message) => Buffer.from(proto.Message.encode(proto.Message.fromObject(message)).finish());

  now = now;

  async close() {
    for (const { socket } of this.clients) socket.terminate();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }
}
