import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Door } from "./door.js";
import { Service, until } from "./process.js";
import { WhatsApp } from "./whatsapp/server.js";
import { sealedVote } from "./whatsapp/votes.js";

const PHONE = "5511900000021";
const ANA = "5511988887777@s.whatsapp.net";
let door, world, service, account;
before(async () => {
  [door, world] = [await Door.open(), await WhatsApp.start()];
  service = await Service.start(door, world);
  await service.link(world, "out", PHONE);
  account = world.account(PHONE);
});
after(async () => {
  await service.end();
  await world.close();
  door.close();
});

const sent = (id) => account.sent.filter((one) => one.id === id);
const send = (id, content, more = {}) => service.send("out", { id, to: ANA, content, ...more });

async function arrives(id, content, more) {
  assert.deepEqual((await send(id, content, more)).accepted, { id, to: ANA });
  assert.equal(sent(id).length, 1);
  return sent(id)[0].message;
}

test("a text, read by the phone it went to", async () => {
  assert.equal((await arrives("3EB0OUT1", { text: "olá 😀" })).extendedTextMessage.text, "olá 😀");
});

test("an answer quotes what it answers", async () => {
  const quoted = { key: { remoteJid: ANA, fromMe: false, id: "3EB0ASKED" }, message: { conversation: "e aí?" } };
  const message = await arrives("3EB0OUT2", { text: "tudo" }, { quoted });
  assert.equal(message.extendedTextMessage.contextInfo.stanzaId, "3EB0ASKED");
});

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const FILES = {
  image: { image: { asset: PNG }, caption: "veja", mimetype: "image/png" },
  video: { video: { asset: Buffer.from("a film").toString("base64") }, mimetype: "video/mp4" },
  audio: { audio: { asset: Buffer.from("a voice").toString("base64") }, mimetype: "audio/ogg; codecs=opus", ptt: true },
  document: { document: { asset: Buffer.from("%PDF").toString("base64") }, mimetype: "application/pdf", fileName: "conta.pdf", caption: "a conta" },
  sticker: { sticker: { asset: Buffer.from("webp").toString("base64") }, mimetype: "image/webp" },
};

for (const [kind, content] of Object.entries(FILES)) {
  test(`a file: ${kind}`, async () => {
    const uploads = world.files.uploads.length;
    const message = await arrives(`3EB0FILE${kind}`, content);
    const file = message[`${kind}Message`] ?? message.documentWithCaptionMessage.message.documentMessage;
    assert.equal(file.mimetype, content.mimetype);
    assert.equal(world.files.uploads.length, uploads + 1);
    assert.ok(file.mediaKey.length);
  });
}

test("a file fetched from the vault's address", async () => {
  door.files.set("/files/1?a=b", Buffer.from("from the vault"));
  const message = await arrives("3EB0FETCHED", { document: { asset: `${door.url}/files/1?a=b` }, mimetype: "text/plain", fileName: "a.txt" });
  assert.equal(Number(message.documentMessage.fileLength), 14);
});

test("a place, contacts, a reaction, a poll", async () => {
  assert.equal((await arrives("3EB0PLACE", { location: { degreesLatitude: -23.5, degreesLongitude: -46.6, name: "Praça" } })).locationMessage.name, "Praça");
  const contacts = { displayName: "Rui", contacts: [{ vcard: "BEGIN:VCARD\nEND:VCARD" }] };
  assert.equal((await arrives("3EB0CARDS", { contacts })).contactMessage.vcard, contacts.contacts[0].vcard);
  const react = { text: "👍", key: { remoteJid: ANA, fromMe: false, id: "3EB0ASKED" } };
  assert.equal((await arrives("3EB0THUMB", { react })).reactionMessage.key.id, "3EB0ASKED");
  assert.equal((await arrives("3EB0POLL", { poll: { name: "Cor?", values: ["azul", "verde"], selectableCount: 1 } })).pollCreationMessageV3.options.length, 2);
});

test("a vote in our poll is opened; a stranger's is only told", async () => {
  const { messageSecret } = (await arrives("3EB0VOTES", { poll: { name: "Cor?", values: ["azul", "verde"], selectableCount: 1 } })).messageContextInfo;
  const vote = (id, chosen, secret) => account.deliver({ from: ANA, id }, { pollUpdateMessage: {
    pollCreationMessageKey: { remoteJid: ANA, fromMe: true, id: "3EB0VOTES" },
    vote: sealedVote(chosen, { poll: "3EB0VOTES", creator: `${PHONE}@s.whatsapp.net`, voter: ANA, secret }),
  } });
  vote("3EB0VOTE1", ["verde"], messageSecret);
  vote("3EB0VOTE2", ["verde"], Buffer.alloc(32));
  await until(() => door.messages("out").some(({ key }) => key.id === "3EB0VOTE2"));
  const told = (id) => door.messages("out").find(({ key }) => key.id === id).pollVote;
  assert.deepEqual(told("3EB0VOTE1"), { id: "3EB0VOTES", options: ["verde"] });
  assert.equal(told("3EB0VOTE2"), undefined);
});

test("an edit and a removal carry WhatsApp's marks", async () => {
  const key = { remoteJid: ANA, fromMe: true, id: "3EB0OUT1" };
  await arrives("3EB0EDITED", { text: "oi", edit: key });
  await arrives("3EB0REMOVED", { delete: key });
  assert.deepEqual([sent("3EB0EDITED")[0].edit, sent("3EB0REMOVED")[0].edit], ["1", "7"]);
});

test("the same id again is the same answer, and nothing is sent", async () => {
  const twice = await Promise.all([send("3EB0TWICE", { text: "uma" }), send("3EB0TWICE", { text: "uma" })]);
  assert.deepEqual(twice.map(({ accepted }) => accepted.id), ["3EB0TWICE", "3EB0TWICE"]);
  assert.equal((await send("3EB0TWICE", { text: "outra" })).accepted.id, "3EB0TWICE");
  assert.equal(sent("3EB0TWICE").length, 1);
});

test("delivered and read come as updates", async () => {
  await arrives("3EB0STATUS", { text: "chegou?" });
  account.receipt({ id: "3EB0STATUS", from: ANA });
  const statuses = () => door.heard("out", "messages.update").flat().filter(({ key }) => key.id === "3EB0STATUS").map(({ update }) => update.status);
  await until(() => statuses().includes(3));
  account.receipt({ id: "3EB0STATUS", from: ANA, type: "read" });
  await until(() => statuses().includes(4));
  assert.deepEqual([...new Set(statuses())], [3, 4]);
});

test("463: refused, told as failed, and never tried again", async () => {
  account.ackWith = "463";
  const { refused } = await send("3EB0NOTALLOWED", { text: "oi" });
  assert.deepEqual([refused.reason, refused.code], ["not_allowed", 463]);
  account.ackWith = "ok";
  assert.equal((await send("3EB0NOTALLOWED", { text: "oi" })).refused.code, 463); // the same id, the same answer
  const update = await until(() => door.heard("out", "messages.update").flat().find(({ key }) => key.id === "3EB0NOTALLOWED"));
  assert.deepEqual([update.update.status, update.update.messageStubParameters[0]], [0, "463"]);
  assert.equal(sent("3EB0NOTALLOWED").length, 1);
});

test("a phone that could not read a message gets it again from what was kept", async () => {
  await arrives("3EB0AGAIN", { text: "de novo" });
  const retry = { tag: "retry", attrs: { count: "1", id: "3EB0AGAIN", t: world.now(), v: "1" } };
  account.give({ tag: "receipt", attrs: { id: "3EB0AGAIN", from: ANA, type: "retry", t: world.now() }, content: [retry, { tag: "registration", attrs: {}, content: Buffer.alloc(4) }] });
  await until(() => sent("3EB0AGAIN").length === 2);
  assert.equal(sent("3EB0AGAIN")[1].message.extendedTextMessage.text, "de novo");
});

test("what cannot be sent is refused with the reason, before WhatsApp sees it", async () => {
  world.strangers.add("5511911111111@s.whatsapp.net");
  const reason = async (order) => (await service.send("out", order)).refused?.reason;
  const text = { text: "oi" };
  assert.equal(await reason({ id: "3EB0BAD1", to: "5511911111111@s.whatsapp.net", content: text }), "not_on_whatsapp");
  assert.equal(await reason({ id: "x", to: ANA, content: text }), "content");
  assert.equal(await reason({ id: "3EB0BAD2", to: "123@g.us", content: text }), "content");
  assert.equal(await reason({ id: "3EB0BAD3", to: ANA, content: {} }), "content");
  assert.equal(await reason({ id: "3EB0BAD4", to: ANA, content: { text: "" } }), "content");
  assert.equal(await reason({ id: "3EB0BAD5", to: ANA, content: { image: { url: "/etc/passwd" } } }), "asset");
  assert.equal(await reason({ id: "3EB0BAD6", to: ANA, content: { image: { asset: "http://10.0.0.1/x" } } }), "asset");
  assert.ok(!account.sent.some(({ id }) => id.startsWith("3EB0BAD")));
});

test("read marks and typing", async () => {
  assert.equal((await service.ask("POST", "/sessions/out/read", { keys: [{ remoteJid: ANA, fromMe: false, id: "3EB0ASKED" }] })).status, 200);
  await until(() => account.receipts.some(({ id, type }) => id === "3EB0ASKED" && type === "read"));
  for (const state of ["composing", "paused"]) await service.ask("POST", "/sessions/out/typing", { to: ANA, state });
  await until(() => account.presence.some(({ type }) => type === "paused"));
  assert.ok(account.presence.some(({ type, to }) => type === "composing" && to === ANA));
});
