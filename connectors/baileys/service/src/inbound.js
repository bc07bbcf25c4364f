// Which of Baileys' messages are told, and in what form.

import { cleanMessage, getContentType, normalizeMessageContent, proto } from "baileys";
import { plain } from "./plain.js";

const { REVOKE, MESSAGE_EDIT } = proto.Message.ProtocolMessage.Type;
const FILES = new Set(["imageMessage", "videoMessage", "ptvMessage", "audioMessage", "documentMessage", "stickerMessage"]);

/** Whether somebody said something: not key exchange, history, or a message that could not be read. */
export function isSaid(message) {
  if (message.category === "peer") return false;
  const content = normalizeMessageContent(message.message);
  const type = getContentType(content);
  if (type === "protocolMessage") return [REVOKE, MESSAGE_EDIT].includes(content.protocolMessage.type ?? REVOKE);
  return Boolean(type);
}

/** The event of an incoming message, all plain; `me` are our own ids, `offline` says it came while we were away, `vote` what it chose. */
export function messageEvent(message, me, offline, vote) {
  const told = { ...plain(message), ...(vote ? { pollVote: vote } : {}) };
  cleanMessage(told, me.id, me.lid);
  return { kind: "messages.upsert", data: { messages: [told], type: "notify", offline } };
}

/** What the vault keeps so that the message's file can be fetched later: a pair of key and bytes, or none. */
export function fileEntry(message) {
  const content = normalizeMessageContent(message.message);
  const type = getContentType(content);
  if (!FILES.has(type)) return [];
  const { key, messageTimestamp } = message;
  const kept = proto.WebMessageInfo.encode(proto.WebMessageInfo.fromObject({ key, messageTimestamp, message: { [type]: content[type] } })).finish();
  return [[`media:${key.id}`, Buffer.from(kept)]];
}

/** The news about messages of ours ("delivered", "read", refused) among Baileys' updates. */
export function statusEvents(updates) {
  const told = updates.filter(({ key, update }) => key.fromMe && update.status !== undefined && update.status !== null);
  return told.length ? [{ kind: "messages.update", data: plain(told) }] : [];
}
