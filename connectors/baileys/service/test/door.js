// Flowengine's half for these tests: the vault's door and the address of the events, in memory, as strict as the real one.

import { createServer } from "node:http";
import { HEADER, verified } from "../src/signing.js";

export class Door {
  values = new Map();
  owners = new Map();
  told = [];
  files = new Map();
  down = false;
  deaf = false;
  slow = 0;
  puts = 0;
  failed = [];
  written = [];

  static async open(secret = "secret-of-the-tests") {
    const door = new Door();
    door.secret = secret;
    door.server = createServer((request, response) => door.#serve(request, response));
    await new Promise((resolve) => door.server.listen(0, "127.0.0.1", resolve));
    door.url = `http://127.0.0.1:${door.server.address().port}`;
    return door;
  }

  get vault() {
    return `${this.url}/vault`;
  }

  get events() {
    return `${this.url}/events`;
  }

  session(id) {
    if (!this.values.has(id)) this.values.set(id, new Map());
    return this.values.get(id);
  }

  /** The data of all events of `kind` that session `id` told, in order. */
  heard(id, kind) {
    return this.told.filter((one) => one.session === id).flatMap(({ events }) => events).filter((event) => event.kind === kind).map(({ data }) => data);
  }

  /** The messages that session `id` told. */
  messages(id) {
    return this.heard(id, "messages.upsert").flatMap(({ messages }) => messages);
  }

  async #serve(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const raw = Buffer.concat(chunks);
    const good = verified(this.secret, request.headers[HEADER], request.method, request.url, raw);
    if (this.slow) await new Promise((resolve) => setTimeout(resolve, this.slow));
    const [status, body] = good ? this.#answer(request.url, raw) : [401, {}];
    if (status !== 200) this.failed.push({ url: request.url, status });
    response.writeHead(status).end(Buffer.isBuffer(body) || body === undefined ? body : JSON.stringify(body));
  }

  #answer(url, raw) {
    if (this.files.has(url)) return [200, this.files.get(url)];
    const body = raw.length ? JSON.parse(raw) : {};
    if (url === "/events") return this.#event(body);
    if (this.down) return [503, {}];
    const [, id, verb] = /^\/vault\/sessions\/([^/]+)\/(\w+)$/.exec(url) ?? [];
    return this[`_${verb}`]?.(id, body) ?? [404, {}];
  }

  /** Each number once and in order, as the real one keeps them. */
  #event(body) {
    if (this.deaf) return [503, {}];
    const last = Math.max(0, ...this.told.filter(({ session }) => session === body.session).map(({ seq }) => seq));
    if (body.seq > last + 1) throw new Error(`event ${body.seq} after ${last}`);
    if (body.seq === last + 1) this.told.push(body);
    return [200, {}];
  }

  _get(id, { keys }) {
    const kept = this.session(id);
    return [200, { values: Object.fromEntries(keys.map((key) => [key, kept.get(key)?.toString("base64") ?? null])) }];
  }

  _put(id, { owner, put }) {
    if (this.owners.get(id) !== owner) return [409, {}];
    this.puts += 1;
    this.written.push({ session: id, keys: Object.keys(put), text: Object.entries(put).filter(([key]) => key.startsWith("spool:")).map(([, value]) => Buffer.from(value ?? "", "base64").toString()).join() });
    for (const [key, value] of Object.entries(put)) {
      if (value === null) this.session(id).delete(key);
      else this.session(id).set(key, Buffer.from(value, "base64"));
    }
    return [200];
  }

  _lock(id, { owner }) {
    const now = this.owners.get(id);
    if (now && now !== owner) return [409, {}];
    this.owners.set(id, owner);
    return [200, { epoch: 1 }];
  }

  _unlock(id, { owner }) {
    if (this.owners.get(id) === owner) this.owners.delete(id);
    return [200];
  }

  _wipe(id, { owner, all }) {
    if (this.owners.get(id) !== owner) return [409, {}];
    for (const key of [...this.session(id).keys()]) {
      if (all || !/^(seq$|spool:|sent:|media:)/.test(key)) this.session(id).delete(key);
    }
    return [200, {}];
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
