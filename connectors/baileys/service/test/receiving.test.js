import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Door } from "./door.js";
import { Service, until } from "./process.js";
import { WhatsApp } from "./whatsapp/server.js";

const PHONE = "5511900000011";
const ANA = "5511988887777@s.whatsapp.net";
let door, world, service, account;
before(async () => {
  [door, world] = [await Door.open(), await WhatsApp.start()];
  service = await Service.start(door, world);
  await service.link(world, "in", PHONE);
  account = world.account(PHONE);
});
after(async () => {
  await service.end();
  await world.close();
  door.close();
});

const heard = (id) => until(() => door.messages("in").find(({ key }) => key.id === id), () => `${id} was not told`);

async function received(id, message, attrs = {}) {
  account.deliver({ from: ANA, id, ...attrs }, message);
  return heard(id);
}

const KINDS = {
  text: { conversation: "olá 😀" },
  quoted: { extendedTextMessage: { text: "sim", contextInfo: { stanzaId: "3EB0Q", participant: ANA } } },
  button: { buttonsResponseMessage: { selectedButtonId: "b2", selectedDisplayText: "Dois", type: 1 } },
  template_button: { templateButtonReplyMessage: { selectedId: "t1", selectedDisplayText: "Um", selectedIndex: 0 } },
  list: { listResponseMessage: { title: "Azul", singleSelectReply: { selectedRowId: "r3" }, listType: 1 } },
  interactive: { interactiveResponseMessage: { nativeFlowResponseMessage: { name: "quick_reply", paramsJson: '{"id":"x1"}', version: 3 } } },
  location: { locationMessage: { degreesLatitude: -23.5, degreesLongitude: -46.6, name: "Praça" } },
  contact: { contactMessage: { displayName: "Rui", vcard: "BEGIN:VCARD\nEND:VCARD" } },
  contacts: { contactsArrayMessage: { displayName: "2", contacts: [{ displayName: "A", vcard: "BEGIN:VCARD\nEND:VCARD" }] } },
  poll: { pollCreationMessage: { name: "Cor?", options: [{ optionName: "azul" }], selectableOptionsCount: 1 } },
  view_once: { viewOnceMessage: { message: { conversation: "uma vez" } } },
};

for (const [kind, message] of Object.entries(KINDS)) {
  test(`received: ${kind}`, async () => {
    const id = `3EB0IN${kind.toUpperCase().replace("_", "")}`;
    const told = await received(id, message);
    const [[name, fields]] = Object.entries(message);
    if (typeof fields === "string") assert.equal(told.message[name], fields);
    else for (const [field, value] of Object.entries(fields)) if (typeof value !== "object") assert.equal(told.message[name][field], value);
    assert.equal(told.key.remoteJid, ANA);
    assert.equal(told.key.fromMe, false);
    assert.equal(told.pushName, "Ana");
    assert.ok(Number.isInteger(Number(told.messageTimestamp)));
    await until(() => account.receipts.some((receipt) => receipt.id === id));
  });
}

test("a message sealed by the sender's phone, and one more after it", async () => {
  await account.deliverSealed({ from: ANA, id: "3EB0SEALED1" }, { conversation: "primeira" });
  assert.equal((await heard("3EB0SEALED1")).message.conversation, "primeira");
  await account.deliverSealed({ from: ANA, id: "3EB0SEALED2" }, { conversation: "segunda" });
  assert.equal((await heard("3EB0SEALED2")).message.conversation, "segunda");
  for (const id of ["3EB0SEALED1", "3EB0SEALED2"]) {
    const [{ keys }] = door.written.filter(({ text }) => text.includes(id));
    assert.ok(keys.some((key) => key.startsWith("session:")), `the key was kept apart from its message: ${keys}`);
  }
});

test("a reaction is to the message as we see it", async () => {
  const told = await received("3EB0REACT", { reactionMessage: { key: { remoteJid: `${PHONE}@s.whatsapp.net`, fromMe: false, id: "3EB0OURS" }, text: "👍" } });
  assert.deepEqual(told.message.reactionMessage, { key: { remoteJid: ANA, fromMe: true, id: "3EB0OURS", participant: "" }, text: "👍" });
});

test("an edit and a removal are told; keys and history are not", async () => {
  const key = { remoteJid: ANA, fromMe: false, id: "3EB0INTEXT" };
  account.deliver({ from: ANA, id: "3EB0KEYS" }, { protocolMessage: { type: 6, appStateSyncKeyShare: { keys: [] } } });
  const edited = await received("3EB0EDIT", { protocolMessage: { key, type: 14, editedMessage: { conversation: "oi" } } });
  assert.equal(edited.message.protocolMessage.editedMessage.conversation, "oi");
  const removed = await received("3EB0GONE", { protocolMessage: { key, type: 0 } });
  assert.equal(removed.message.protocolMessage.key.id, "3EB0INTEXT");
  assert.ok(!door.messages("in").some(({ key: told }) => told.id === "3EB0KEYS"));
});

test("somebody known only by a lid, with the number beside it", async () => {
  const told = await received("3EB0LID", { conversation: "do lid" }, { from: "77123456@lid", addressing_mode: "lid", sender_pn: "5511977776666@s.whatsapp.net" });
  assert.equal(told.key.remoteJid, "77123456@lid");
  assert.equal(told.key.remoteJidAlt, "5511977776666@s.whatsapp.net");
});

test("what the owner writes on the phone is told as ours", async () => {
  const told = await received("3EB0OWN", { conversation: "já te ligo" }, { from: `${PHONE}@s.whatsapp.net`, recipient: ANA });
  assert.equal(told.key.fromMe, true);
  assert.equal(told.key.remoteJid, ANA);
});

test("groups are left alone", async () => {
  account.deliver({ from: "123-456@g.us", participant: ANA, id: "3EB0GROUP" }, { conversation: "no grupo" });
  await until(() => !account.queue.has("3EB0GROUP"));
  await received("3EB0AFTERGROUP", { conversation: "depois" });
  assert.ok(!door.messages("in").some(({ key }) => key.id === "3EB0GROUP"));
});

test("files: fetched and unsealed when asked for", async () => {
  const bytes = Buffer.from("a picture, in its way".repeat(1000));
  await received("3EB0IMAGE", { imageMessage: { ...(await world.files.sealed(bytes, "image", "image/png")), caption: "veja" } });
  const { status, type, body } = await service.ask("GET", "/sessions/in/media/3EB0IMAGE");
  assert.deepEqual([status, type], [200, "image/png"]);
  assert.ok(bytes.equals(body));
  assert.equal((await service.ask("GET", "/sessions/in/media/3EB0NONE")).status, 404);
});

test("a file whose sender names another host is not fetched there", async () => {
  const fields = await world.files.sealed(Buffer.from("x"), "document", "text/plain");
  await received("3EB0EVIL", { documentMessage: { ...fields, url: "http://169.254.169.254/latest", fileName: "a.txt" } });
  assert.equal((await service.ask("GET", "/sessions/in/media/3EB0EVIL")).status, 502);
});

test("a call is told", async () => {
  account.give({ tag: "call", attrs: { from: ANA, id: "CALL1", t: world.now() }, content: [{ tag: "offer", attrs: { "call-id": "C1", from: ANA, "call-creator": ANA }, content: [] }] });
  const [call] = await until(() => door.heard("in", "call")[0]);
  assert.deepEqual([call.from, call.status], [ANA, "offer"]);
});

test("the log has no texts, no numbers and no keys", () => {
  const all = service.lines.join("\n");
  for (const secret of ["primeira", "já te ligo", "988887777", PHONE, "privKey", "veja"]) assert.ok(!all.includes(secret), `${secret} in the log`);
});
