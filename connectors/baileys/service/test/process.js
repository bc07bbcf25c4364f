// The service as it runs in earnest: a process of its own, spoken to over signed HTTP.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { HEADER, signature } from "../src/signing.js";

const MAIN = new URL("../src/main.js", import.meta.url).pathname;

export class Service {
  static latest = null;
  lines = [];

  /** Starts it against `door` and the WhatsApp `world`; `more` are settings in its environment. */
  static async start(door, world, more = {}) {
    const service = (Service.latest = new Service());
    const env = {
      ...process.env,
      FLOWENGINE_BAILEYS_SECRET: door.secret,
      FLOWENGINE_BAILEYS_VAULT: door.vault,
      FLOWENGINE_BAILEYS_WA_URL: world.url,
      FLOWENGINE_BAILEYS_WA_ROOT: world.rootKey,
      FLOWENGINE_BAILEYS_BACKOFF_MS: "50",
      FLOWENGINE_BAILEYS_PATIENCE_MS: "3000",
      ...more,
    };
    service.child = spawn(process.execPath, [MAIN], { env, stdio: ["pipe", "pipe", "pipe"] });
    Object.assign(service, { door, ended: once(service.child, "exit") });
    createInterface({ input: service.child.stderr }).on("line", (line) => service.lines.push(line));
    const out = createInterface({ input: service.child.stdout });
    const line = await Promise.race([once(out, "line").then(([text]) => text), service.ended.then(() => { throw new Error(service.lines.join("\n")); })]);
    service.port = JSON.parse(line).listening;
    return service;
  }

  /** {status, body} of a signed request. */
  async ask(method, path, body) {
    const raw = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
    const headers = { [HEADER]: signature(this.door.secret, method, path, raw) };
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, { method, headers, body: raw.length ? raw : undefined });
    const type = response.headers.get("content-type");
    return { status: response.status, type, body: type === "application/json" ? await response.json() : Buffer.from(await response.arrayBuffer()) };
  }

  start = async (id, more = {}) => (await this.ask("POST", `/sessions/${id}/start`, { events: this.door.events, ...more })).body;

  status = async (id) => (await this.ask("GET", `/sessions/${id}`)).body;

  send = async (id, order) => (await this.ask("POST", `/sessions/${id}/send`, order)).body;

  /** Waits until the session's status is as `wanted` says, and gives it. */
  until = (id, wanted) => until(async () => {
    const status = await this.status(id);
    return wanted(status) && status;
  }, () => `${id} stayed as it was; the log: ${this.lines.slice(-8).join("\n")}`);

  /** Starts session `id` and has phone `phone` link it by QR; open when it returns. */
  async link(world, id, phone) {
    await this.start(id);
    const { body } = await this.ask("POST", `/sessions/${id}/pair`, {});
    world.scan(body.qr, phone);
    return this.until(id, ({ state }) => state === "open");
  }

  async kill() {
    this.child.kill("SIGKILL");
    await this.ended;
    this.door.owners.clear(); // the door sees that the process is gone
  }

  async end() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGTERM");
    await this.ended;
  }
}

const log = () => `it did not happen; the log: ${Service.latest?.lines.slice(-8).join("\n")}`;

/** Waits until `ask()` gives something true, and gives it; generous, since the machine may be busy. */
export async function until(ask, otherwise = log, ms = 60000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) throw new Error(otherwise());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
