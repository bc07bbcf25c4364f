import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Door } from "./door.js";
import { Service, until } from "./process.js";
import { WhatsApp } from "./whatsapp/server.js";

let door, world, service;
let phones = 0;
before(async () => {
  [door, world] = [await Door.open(), await WhatsApp.start()];
  service = await Service.start(door, world);
});
after(async () => {
  await service.end();
  await world.close();
  door.close();
});

/** An open session of its own and its account. */
async function linked(id) {
  const phone = `55119000001${String(phones++).padStart(2, "0")}`;
  await service.link(world, id, phone);
  return world.account(phone);
}

const streamError = (code, ...content) => ({ tag: "stream:error", attrs: code ? { code } : {}, content });
const conflict = (type) => ({ tag: "conflict", attrs: { type } });

const STOPPING = { 402: "locked", 403: "forbidden", 405: "too_old", 406: "locked", 411: "multidevice" };
for (const [code, reason] of Object.entries(STOPPING)) {
  test(`${code} at login: stopped as ${reason}, and a restart tries again`, async () => {
    const id = `stop${code}`;
    const account = await linked(id);
    account.failure = code;
    account.close({ tag: "xmlstreamend", attrs: {} });
    const status = await service.until(id, ({ state }) => state === "stopped");
    assert.equal(status.reason, reason);
    const { logins } = account;
    account.failure = null;
    await service.ask("POST", `/sessions/${id}/restart`, {});
    await service.until(id, ({ state }) => state === "open");
    assert.equal(account.logins, logins + 1);
    await until(() => door.heard(id, "connection.update").some((one) => one.reason === reason && one.code === Number(code)));
  });
}

test("401: the phone removed us; the account is forgotten and can be linked anew", async () => {
  const account = await linked("gone");
  account.deliver({ from: "5511988887777@s.whatsapp.net", id: "3EB0BEFORE" }, { conversation: "antes" });
  await until(() => door.messages("gone").length);
  account.unlink();
  const status = await service.until("gone", ({ state }) => state === "needs_pairing");
  assert.deepEqual([status.reason, status.me], ["logged_out", undefined]);
  assert.ok(!door.session("gone").has("creds"));
  assert.ok(door.session("gone").has("seq"));
  await service.link(world, "gone", "5511900000199");
  await until(() => door.heard("gone", "connection.update").at(-1).state === "open");
});

test("440: another program took the number; we do not fight", async () => {
  const account = await linked("replaced");
  const { logins } = account;
  account.close(streamError(undefined, conflict("replaced")));
  const status = await service.until("replaced", ({ state }) => state === "stopped");
  assert.equal(status.reason, "replaced");
  await service.start("replaced"); // a start is no restart: a person must say so
  assert.equal((await service.status("replaced")).state, "stopped");
  assert.equal(account.logins, logins);
});

for (const [code, reason, node] of [
  [428, "lost", { tag: "xmlstreamend", attrs: {} }],
  [503, "unavailable", streamError("503")],
  [515, "restart", streamError("515")],
]) {
  test(`${code}: ${reason}, and open again by itself`, async () => {
    const id = `again${code}`;
    const account = await linked(id);
    account.close(node);
    await until(() => account.logins === 2);
    await service.until(id, ({ state }) => state === "open");
    await until(() => door.heard(id, "connection.update").some((one) => one.reason === reason && one.code === code));
  });
}

test("503 at login again and again: an alert at the tenth, and it goes on", async () => {
  const account = await linked("weather");
  account.failure = "503";
  account.close(streamError("503"));
  const alert = await until(() => door.heard("weather", "connection.update").find((one) => one.alert));
  assert.deepEqual([alert.reason, alert.last, alert.attempts], ["gave_up", "unavailable", 10]);
  account.failure = null;
  await service.until("weather", ({ state }) => state === "open");
});

test("500: a few times, then it must be linked anew", async () => {
  const account = await linked("bad");
  account.failure = "500";
  account.close(streamError("500"));
  const status = await service.until("bad", ({ state }) => state === "needs_pairing");
  assert.equal(status.reason, "bad_session");
  assert.equal(account.logins, 1 + 4);
  await service.link(world, "bad", account.phone);
});

test("408: the QR ran out; a new one is there while somebody looks", async () => {
  await service.start("qr");
  const { body } = await service.ask("POST", "/sessions/qr/pair", {});
  const client = world.clients.at(-1);
  client.send({ tag: "failure", attrs: { reason: "408" } });
  client.socket.close();
  const next = await service.until("qr", ({ qr }) => qr && world.clients.at(-1) !== client);
  assert.equal(next.state, "needs_pairing");
  world.scan((await service.status("qr")).qr, "5511900000188");
  await service.until("qr", ({ state }) => state === "open");
  assert.ok(body.qr);
});

test("an own logout tells WhatsApp and forgets; a removal leaves nothing", async () => {
  const account = await linked("leave");
  const { body } = await service.ask("POST", "/sessions/leave/logout", {});
  assert.deepEqual([body.state, body.reason], ["needs_pairing", "logged_out"]);
  assert.equal(account.device, null);
  const next = await linked("leave2");
  assert.equal((await service.ask("DELETE", "/sessions/leave2")).status, 200);
  assert.equal(next.device, null);
  assert.equal(door.session("leave2").size, 0);
  assert.ok(!door.owners.has("leave2"));
  assert.equal((await service.ask("GET", "/sessions/leave2")).status, 404);
});

test("a stop gives the session up; a start takes it back", async () => {
  const account = await linked("pause");
  await service.ask("POST", "/sessions/pause/stop", {});
  await until(() => !account.client);
  assert.ok(!door.owners.has("pause"));
  const { refused } = await service.send("pause", { id: "3EB0STOPPED", to: "5511988887777@s.whatsapp.net", content: { text: "oi" } });
  assert.equal(refused.reason, "not_open");
  await service.start("pause");
  await service.until("pause", ({ state }) => state === "open");
});
