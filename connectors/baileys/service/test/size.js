// How much a session costs: node --import ./src/modules.js test/size.js [SESSIONS]. Against the mock, on this machine.

import { readFile } from "node:fs/promises";
import { Door } from "./door.js";
import { Service, until } from "./process.js";
import { WhatsApp } from "./whatsapp/server.js";

const COUNT = Number(process.argv[2] ?? 50);
const EACH = 20;
const ANA = "5511988887777@s.whatsapp.net";
const [door, world] = [await Door.open(), await WhatsApp.start()];
const service = await Service.start(door, world);

async function resident() {
  const status = await readFile(`/proc/${service.child.pid}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024);
}

const say = (line) => process.stdout.write(`${line}\n`);
const phone = (n) => `55119${String(10000000 + n)}`;
const empty = await resident();
say(`no session: ${empty} MB`);
for (let n = 0; n < COUNT; n += 1) await service.link(world, `s${n}`, phone(n));
const open = await resident();
say(`${COUNT} open sessions: ${open} MB, ${((open - empty) / COUNT).toFixed(1)} MB each`);

const begun = performance.now();
for (let m = 0; m < EACH; m += 1) {
  for (let n = 0; n < COUNT; n += 1) world.account(phone(n)).deliver({ from: ANA, id: `3EB0S${n}M${m}` }, { conversation: "oi" });
}
const told = () => door.told.reduce((sum, { events }) => sum + events.filter(({ kind }) => kind === "messages.upsert").length, 0);
await until(() => told() >= COUNT * EACH, undefined, 600000);
const seconds = (performance.now() - begun) / 1000;
say(`${COUNT * EACH} messages kept, acknowledged and told in ${seconds.toFixed(1)} s: ${Math.round((COUNT * EACH) / seconds)} a second; ${await resident()} MB`);
await service.end();
await world.close();
door.close();
