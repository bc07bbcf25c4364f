// Files that people sent: fetched from WhatsApp and unsealed when asked for.

import { downloadMediaMessage, getContentType, proto } from "baileys";
import { baileysLogger } from "./log.js";

/** {type, stream} of the file in message `id`, or null when its key is not known (any more). */
export async function mediaOf(session, settings, id) {
  const { store, connection } = session;
  const kept = store && (await store.vault.get(session.id, [`media:${id}`]))[`media:${id}`];
  if (!kept) return null;
  const message = proto.WebMessageInfo.decode(kept);
  const file = message.message[getContentType(message.message)];
  onlyWhatsApp(file, settings);
  const ask = connection && { reuploadRequest: connection.sock.updateMediaMessage, logger: baileysLogger(session.id) };
  const stream = await downloadMediaMessage(message, "stream", {}, ask || undefined);
  return { type: file.mimetype || "application/octet-stream", stream };
}

/** The sender chooses the address in a message: anything that is not WhatsApp's is replaced by its usual host. */
function onlyWhatsApp(file, settings) {
  const host = hostOf(file.url);
  const ours = settings.mock && host?.startsWith("127.0.0.1:");
  if (host && !ours && !/^https:\/\/([a-z0-9-]+\.)*whatsapp\.net\//.test(file.url)) file.url = "";
  // Without an address Baileys makes one from the path, at the host of the address or its own.
  if (!file.url && !/^\/[\w./?=&%+-]*$/.test(file.directPath ?? "")) throw new Error("the message has no address of WhatsApp's");
}

function hostOf(url) {
  try {
    return url ? new URL(url).host : undefined;
  } catch {
    return "";
  }
}
