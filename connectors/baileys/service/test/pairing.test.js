import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Door } from "./door.js";
import { Service, until } from "./process.js";
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

test("a phone scans the QR: 515, a new connection, open", async () => {
  assert.equal((await service.start("qr")).state, "needs_pairing");
  const { body } = await service.ask("POST", "/sessions/qr/pair", {});
  assert.equal(body.state, "needs_pairing");
  assert.match(body.qr, /^https:\/\/wa\.me\/settings\/linked_devices#R1,/);
  world.scan(body.qr, "5511900000001");
  const status = await service.until("qr", ({ state }) => state === "open");
  assert.equal(status.me.id, "5511900000001:1@s.whatsapp.net");
  assert.equal(status.qr, undefined);
  await until(() => door.heard("qr", "connection.update").some(({ state }) => state === "open"));
  const states = door.heard("qr", "connection.update").map(({ state, reason }) => `${state} ${reason ?? ""}`.trim());
  assert.deepEqual(states, ["needs_pairing", "connecting paired", "connecting restart", "connecting", "open"]);
});

test("the code is typed on the phone", async () => {
  await service.start("code");
  const { body } = await service.ask("POST", "/sessions/code/pair", { phone: "+55 11 90000-0002" });
  assert.match(body.code, /^[0-9A-Z]{8}$/);
  await world.type(body.code, "5511900000002");
  const status = await service.until("code", ({ state }) => state === "open");
  assert.equal(status.code, undefined);
});

test("a code that nobody typed runs out; the next one is typed", async () => {
  await service.start("late");
  const { body } = await service.ask("POST", "/sessions/late/pair", { phone: "5511900000003" });
  const client = world.clients.find(({ waiting }) => waiting?.phone === "5511900000003");
  client.send({ tag: "failure", attrs: { reason: "408" } });
  client.socket.close();
  const { code } = await service.until("late", (status) => status.code && status.code !== body.code);
  await world.type(code, "5511900000003");
  await service.until("late", ({ state }) => state === "open");
});

test("somebody who was shown a QR may ask for a code instead", async () => {
  await service.start("change");
  await service.ask("POST", "/sessions/change/pair", {});
  const { body } = await service.ask("POST", "/sessions/change/pair", { phone: "5511900000004" });
  assert.match(body.code, /^[0-9A-Z]{8}$/);
  world.scan(body.qr, "5511900000004"); // the QR beside the code works too
  await service.until("change", ({ state }) => state === "open");
  const again = (await service.ask("POST", "/sessions/change/pair", { phone: "5511900000004" })).body;
  assert.equal(again.state, "open");
});

test("a code typed wrong links nothing", async () => {
  await service.start("wrong");
  const { body } = await service.ask("POST", "/sessions/wrong/pair", { phone: "5511900000005" });
  await world.type(body.code === "AAAAAAAA" ? "BBBBBBBB" : "AAAAAAAA", "5511900000005");
  await until(() => world.clients.some(({ waiting }) => waiting?.wrong));
  const { state, me } = await service.status("wrong");
  assert.deepEqual([state, me], ["needs_pairing", undefined]);
});
