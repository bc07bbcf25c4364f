// What Flowengine asks to send, checked and made into what Baileys takes: files as bytes, keys as they are.

import { call } from "./calling.js";
import { Refusal } from "./refusals.js";

const FILES = ["image", "video", "audio", "document", "sticker"];
const KINDS = [...FILES, "text", "location", "contacts", "react", "poll", "delete"];

/** Baileys' content of `content`; a Refusal when it is none that can be sent. */
export async function baileysContent(content, settings) {
  if (!content || typeof content !== "object" || Array.isArray(content)) throw new Refusal("content", "content must be an object");
  const kind = KINDS.find((name) => content[name] !== undefined);
  if (!kind) throw new Refusal("content", `content needs one of ${KINDS.join(", ")}`);
  if (FILES.includes(kind)) return { ...content, [kind]: await bytesOf(content[kind]?.asset, settings) };
  if (kind === "text" && (typeof content.text !== "string" || !content.text)) throw new Refusal("content", "text must be a text that is not empty");
  // Whoever may send texts must not make this process open files or addresses by a content of another form.
  const allowed = ["text", "edit", "mentions", "location", "contacts", "react", "poll", "delete"];
  return Object.fromEntries(Object.entries(content).filter(([name]) => allowed.includes(name)));
}

async function bytesOf(asset, settings) {
  if (typeof asset !== "string" || !asset) throw new Refusal("asset", "a file is {\"asset\": base64 or address at the vault}");
  if (!/^https?:/.test(asset)) return Buffer.from(asset, "base64");
  if (new URL(asset).origin !== new URL(settings.vault).origin) throw new Refusal("asset", "files are fetched from the vault's address only");
  try {
    return Buffer.from(await (await call(settings.secret, "GET", asset, { timeout: 60000 })).arrayBuffer());
  } catch (error) {
    throw new Refusal("asset", `the file could not be fetched: ${error.message}`, { retryAfter: 5 });
  }
}

/** The attributes a stanza needs beside its message, as Baileys' own sendMessage gives them. */
export function extras(content) {
  if (content.delete) return { additionalAttributes: { edit: "7" } };
  if (content.edit) return { additionalAttributes: { edit: "1" } };
  if (content.poll) return { additionalNodes: [{ tag: "meta", attrs: { polltype: "creation" } }] };
  return {};
}
