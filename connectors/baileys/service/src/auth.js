// Baileys' credentials and signal keys, through the vault.

import { BufferJSON, initAuthCreds, makeCacheableSignalKeyStore, proto } from "baileys";

const encode = (value) => Buffer.from(JSON.stringify(value, BufferJSON.replacer));
const decode = (bytes) => JSON.parse(bytes, BufferJSON.reviver);

/** The credentials kept under `creds`, or new ones. */
export const credentials = (kept) => (kept ? decode(kept) : initAuthCreds());

/**
 * The credentials to connect with: a pairing that was begun and not finished begins again. Asking for a code sets
 * `me`, and with it the next connection would be a login, which WhatsApp refuses.
 */
export function toConnect(creds) {
  if (!paired(creds)) {
    delete creds.me;
    delete creds.pairingCode;
    creds.registered = false;
  }
  return creds;
}

/** Whether a phone has linked this account. */
export const paired = (creds) => Boolean(creds.account);

/** Writes the credentials. */
export const keepCredentials = (writer, creds) => writer.put([["creds", encode(creds)]]);

/**
 * The signal keys as Baileys wants them, read through a cache. Nobody waits for a write here: no frame leaves before
 * it is durable (beforeFrame), and so the key a message moved on is kept in one write with that message.
 */
export function signalKeys(read, writer, logger) {
  const store = {
    async get(type, ids) {
      const values = await read(ids.map((id) => `${type}:${id}`));
      const found = {};
      for (const id of ids) {
        const bytes = values[`${type}:${id}`];
        if (bytes) found[id] = type === "app-state-sync-key" ? proto.Message.AppStateSyncKeyData.fromObject(decode(bytes)) : decode(bytes);
      }
      return found;
    },
    async set(data) {
      const entries = Object.entries(data).flatMap(([type, values]) =>
        Object.entries(values).map(([id, value]) => [`${type}:${id}`, value == null ? null : encode(value)]));
      if (writer.broken) throw writer.broken;
      if (entries.length) writer.put(entries).catch(() => {}); // the writer itself says that it broke
    },
  };
  return makeCacheableSignalKeyStore(store, logger, cache());
}

/** Baileys' cache for keys, of ours so that it has no timers: at most 5,000 values, the oldest go. */
function cache() {
  const values = new Map();
  return {
    get: (key) => values.get(key),
    set: (key, value) => {
      values.delete(key);
      values.set(key, value);
      if (values.size > 5000) values.delete(values.keys().next().value);
    },
    del: (key) => values.delete(key),
    flushAll: () => values.clear(),
  };
}
