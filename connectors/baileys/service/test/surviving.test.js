import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Door } from "./door.js";
import { Service, until } from "./process.js";
import { WhatsApp } from "./whatsapp/server.js";

const ANA = "5511988887777@s.whatsapp.net";
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

async function again(...ids) {
  service = await Service.start(door, world);
  for (const id of ids) await service.start(id);
  for (const id of ids) await service.until(id, ({ state }) => state === "open");
}

const ids = (session) => door.messages(session).map(({ key }) => key.id);

test("a restart needs no new QR, and says goodbye properly", async () => {
  await service.link(world, "calm", "5511900000031");
  await service.end();
  assert.equal(service.child.exitCode, 0);
  assert.equal(door.owners.size, 0);
  await until(() => !world.account("5511900000031").client);
  await again("calm");
  assert.equal(world.account("5511900000031").logins, 2);
});

test("kill -9 in the middle of receiving: every message is told, none is lost", async () => {
  await service.link(world, "storm", "5511900000032");
  const account = world.account("5511900000032");
  const wanted = [];
  door.slow = 30; // so that the kill finds writes under way
  for (let burst = 0; burst < 3; burst += 1) {
    for (let n = 0; n < 30; n += 1) {
      const id = `3EB0STORM${burst}X${n}`;
      wanted.push(id);
      const message = { conversation: `mensagem ${n}` };
      if (burst) await account.deliverSealed({ from: ANA, id }, message);
      else account.deliver({ from: ANA, id }, message);
    }
    await until(() => ids("storm").length > burst * 30 + 3); // some are told, some are kept, some are on their way
    await service.kill();
    await again("storm");
  }
  door.slow = 0;
  await until(() => new Set(ids("storm")).size === wanted.length, () => `${new Set(ids("storm")).size} of ${wanted.length}`);
  assert.deepEqual([...new Set(ids("storm"))].sort(), wanted.sort());
  await until(() => account.queue.size === 0);
});

test("sealed messages survive it too, and the keys go on fitting", async () => {
  await service.link(world, "sealed", "5511900000033");
  const account = world.account("5511900000033");
  await account.deliverSealed({ from: ANA, id: "3EB0SEAL1" }, { conversation: "um" });
  await until(() => ids("sealed").includes("3EB0SEAL1"));
  await service.kill();
  await account.deliverSealed({ from: ANA, id: "3EB0SEAL2" }, { conversation: "dois" });
  await again("sealed");
  const told = await until(() => door.messages("sealed").find(({ key }) => key.id === "3EB0SEAL2"));
  assert.equal(told.message.conversation, "dois");
  assert.ok(door.heard("sealed", "messages.upsert").at(-1).offline);
  const order = (id) => service.send("sealed", { id, to: ANA, content: { text: id } });
  await order("3EB0SEALA");
  await service.kill();
  await again("sealed");
  await order("3EB0SEALB");
  const last = account.sent.at(-1);
  assert.deepEqual([last.id, last.message.extendedTextMessage?.text], ["3EB0SEALB", "3EB0SEALB"]);
});

test("kill -9 in the middle of sending: the same id is the same message", async () => {
  await service.link(world, "post", "5511900000034");
  const account = world.account("5511900000034");
  account.ackWith = "none"; // it reaches WhatsApp, but we are killed before we hear so
  const order = { id: "3EB0MIDDLE", to: ANA, content: { text: "uma vez só" } };
  const answer = service.send("post", order).catch(() => "no answer");
  await until(() => account.sent.length === 1);
  await service.kill();
  assert.equal(await answer, "no answer");
  account.ackWith = "ok";
  await again("post");
  assert.equal((await service.send("post", order)).accepted.id, "3EB0MIDDLE");
  assert.deepEqual(account.sent.map(({ id }) => id), ["3EB0MIDDLE", "3EB0MIDDLE"]);
  assert.deepEqual(account.sent.map(({ message }) => message.extendedTextMessage?.text), ["uma vez só", "uma vez só"]);
  await service.kill();
  await again("post");
  assert.equal((await service.send("post", order)).accepted.id, "3EB0MIDDLE");
  assert.equal(account.sent.length, 2);
});

test("events nobody takes are kept over kill -9, and told in order", async () => {
  await service.link(world, "deaf", "5511900000035");
  const account = world.account("5511900000035");
  door.deaf = true;
  for (let n = 0; n < 5; n += 1) account.deliver({ from: ANA, id: `3EB0DEAF${n}` }, { conversation: String(n) });
  await until(() => account.queue.size === 0); // acknowledged: they are safe with us
  assert.deepEqual(ids("deaf"), []);
  await service.kill();
  door.deaf = false;
  await again("deaf");
  await until(() => ids("deaf").length === 5);
  assert.deepEqual(ids("deaf"), [0, 1, 2, 3, 4].map((n) => `3EB0DEAF${n}`));
  const seqs = door.told.filter(({ session }) => session === "deaf").map(({ seq }) => seq);
  assert.deepEqual(seqs, seqs.map((_, index) => index + 1));
});

test("the vault is away: nothing is acknowledged, and nothing is lost when it is back", async () => {
  await service.link(world, "vault", "5511900000036");
  const account = world.account("5511900000036");
  door.down = true;
  account.deliver({ from: ANA, id: "3EB0VAULT" }, { conversation: "guarde" });
  const status = await service.until("vault", ({ state }) => state === "closed");
  assert.equal(status.reason, "vault");
  assert.ok(account.queue.has("3EB0VAULT"));
  assert.ok(!account.receipts.some(({ id }) => id === "3EB0VAULT"));
  door.down = false;
  await until(() => ids("vault").includes("3EB0VAULT"));
  await until(() => account.queue.size === 0);
});

test("a slow vault: the answer to WhatsApp waits for it", async () => {
  const account = world.account("5511900000036");
  await service.until("vault", ({ state }) => state === "open");
  door.slow = 300;
  account.deliver({ from: ANA, id: "3EB0SLOW" }, { conversation: "devagar" });
  await until(() => account.receipts.some(({ id }) => id === "3EB0SLOW"));
  const kept = [...door.session("vault")].some(([key, value]) => key.startsWith("spool:") && value.includes("3EB0SLOW"));
  assert.ok(kept || ids("vault").includes("3EB0SLOW"));
  door.slow = 0;
});

test("the vault comes and goes while a number is banned: nobody connects by himself", async () => {
  await service.link(world, "banned", "5511900000037");
  const account = world.account("5511900000037");
  account.failure = "403";
  door.deaf = true;
  account.close({ tag: "xmlstreamend", attrs: {} });
  await service.until("banned", ({ state }) => state === "stopped");
  const { logins } = account;
  const { puts } = door;
  door.deaf = false;
  door.down = true; // the events are taken, but that cannot be written down
  await until(() => door.failed.some(({ url }) => url.includes("/banned/lock")));
  door.down = false;
  await until(async () => door.puts > puts && (await service.status("banned")).waiting === 0);
  assert.equal((await service.status("banned")).reason, "forbidden");
  assert.equal(account.logins, logins);
});
