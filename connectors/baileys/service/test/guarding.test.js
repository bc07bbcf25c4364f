import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { amended } from "../src/amendments.js";
import { signature, verified } from "../src/signing.js";
import { Door } from "./door.js";
import { Service } from "./process.js";
import { WhatsApp } from "./whatsapp/server.js";

let door, world, service;
before(async () => {
  [door, world] = [await Door.open(), await WhatsApp.start()];
  service = await Service.start(door, world);
});
after(async () => {
  await service.end();
  await world.close();
  door.close();
});

test("two services, one session: the second is told so and never connects", async () => {
  await service.link(world, "one", "5511900000041");
  const second = await Service.start(door, world);
  const { status, body } = await second.ask("POST", "/sessions/one/start", { events: door.events });
  assert.deepEqual([status, body.error], [409, "owned_elsewhere"]);
  assert.deepEqual([(await second.status("one")).state, (await second.status("one")).reason], ["stopped", "owned_elsewhere"]);
  assert.equal(world.account("5511900000041").logins, 1);
  await service.ask("POST", "/sessions/one/stop", {});
  assert.equal((await second.start("one")).state, "connecting");
  await second.until("one", ({ state }) => state === "open");
  await second.end();
});

test("a session taken from us: we hang up before writing anything more", async () => {
  await service.link(world, "taken", "5511900000042");
  const account = world.account("5511900000042");
  door.owners.set("taken", "somebody else");
  account.deliver({ from: "5511988887777@s.whatsapp.net", id: "3EB0TAKEN" }, { conversation: "para o outro" });
  const status = await service.until("taken", ({ state }) => state === "stopped");
  assert.equal(status.reason, "owned_elsewhere");
  assert.ok(account.queue.has("3EB0TAKEN"));
});

test("a request without our signature is refused, also one that was changed or is old", async () => {
  const url = `http://127.0.0.1:${service.port}/sessions`;
  assert.equal((await fetch(url)).status, 401);
  const header = (value) => fetch(url, { headers: { "x-flowengine-signature": value } }).then(({ status }) => status);
  assert.equal(await header(signature(door.secret, "GET", "/sessions")), 200);
  assert.equal(await header(signature(door.secret, "GET", "/sessions?a=1")), 401);
  assert.equal(await header(signature("another", "GET", "/sessions")), 401);
  assert.equal(await header(signature(door.secret, "GET", "/sessions", undefined, Date.now() - 301000)), 401);
  assert.equal(await header("t=x,v1=y"), 401);
});

test("the signature is the one README.md describes", () => {
  const value = signature("secret", "POST", "/a?b=1", Buffer.from("{}"), 1_700_000_000_000);
  assert.equal(value, "t=1700000000,v1=b970dd56863580778d6fcab02199bba15e59e443aa32a49707665fc3dab72126");
  assert.ok(verified("secret", value, "POST", "/a?b=1", Buffer.from("{}"), 1_700_000_299_000));
  assert.ok(!verified("secret", value, "POST", "/a?b=1", Buffer.from("{ }"), 1_700_000_000_000));
});

test("bad requests get a clear answer", async () => {
  const ask = async (method, path, body) => (await service.ask(method, path, body)).status;
  assert.equal(await ask("GET", "/sessions/none"), 404);
  assert.equal(await ask("GET", "/nothing"), 404);
  assert.equal(await ask("POST", "/sessions/x/start", { events: "file:///etc/passwd" }), 400);
  assert.equal(await ask("POST", "/sessions/x/start", { events: door.events, version: "newest" }), 400);
  assert.equal(await ask("POST", "/sessions/x/start", [1]), 400);
  await service.start("x");
  assert.equal(await ask("POST", "/sessions/x/pair", { phone: "12" }), 400);
  assert.equal(await ask("POST", "/sessions/x/typing", { to: "1@s.whatsapp.net", state: "composing" }), 409);
  assert.equal(await ask("POST", "/sessions/x/dance", {}), 404);
});

test("it ends when its parent is gone, and does not start without a secret", async () => {
  const child = await Service.start(door, world, { FLOWENGINE_BAILEYS_PARENT: "1" });
  child.child.stdin.end();
  await child.ended;
  assert.equal(child.child.exitCode, 0);
  await assert.rejects(Service.start(door, world, { FLOWENGINE_BAILEYS_SECRET: "" }), /FLOWENGINE_BAILEYS_SECRET is not set/);
});

test("another Baileys than the pinned one is refused", () => {
  assert.throws(() => amended("file:///x/node_modules/baileys/lib/Socket/socket.js", "const other = 1;"), /pinned version/);
});
