// A person with a phone: the Signal half of those our account writes to, so that what is sent is really read.

import * as B from "baileys";
import { silenceConsole } from "../../src/log.js";

silenceConsole(); // libsignal prints its sessions
const quiet = { level: "silent", trace() {}, debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
const big = (n, length) => { const bytes = Buffer.alloc(length); bytes.writeUIntBE(n, 0, length); return bytes; };
const node = (tag, content) => ({ tag, attrs: {}, content });

/** The one lid of a phone or lid address, in this world. */
export const lidOf = (jid) => {
  const [user, server] = jid.split("@");
  const name = user.split(":")[0];
  return server === "lid" ? name : `77${name.slice(-8)}`;
};

function memory() {
  const values = new Map();
  return {
    get: async (type, ids) => Object.fromEntries(ids.filter((id) => values.has(`${type}:${id}`)).map((id) => [id, values.get(`${type}:${id}`)])),
    set: async (data) => {
      for (const [type, of] of Object.entries(data)) {
        for (const [id, value] of Object.entries(of)) value == null ? values.delete(`${type}:${id}`) : values.set(`${type}:${id}`, value);
      }
    },
  };
}

export class Person {
  #next = 1;

  constructor() {
    this.creds = B.initAuthCreds();
    this.keys = B.addTransactionCapability(memory(), quiet, { maxCommitRetries: 1, delayBetweenTriesMs: 1 });
    this.signal = B.DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds: this.creds, keys: this.keys }, quiet, async () => []);
  }

  /** A bundle of keys to begin a session with, as WhatsApp gives it for an address. */
  async bundle(jid) {
    const id = this.#next++;
    const pair = B.Curve.generateKeyPair();
    await this.keys.set({ "pre-key": { [id]: pair } });
    const { signedPreKey: signed, registrationId, signedIdentityKey } = this.creds;
    return {
      tag: "user",
      attrs: { jid },
      content: [
        node("registration", big(registrationId, 4)), node("type", Buffer.from([5])), node("identity", signedIdentityKey.public),
        node("skey", [node("id", big(signed.keyId, 3)), node("value", signed.keyPair.public), node("signature", signed.signature)]),
        node("key", [node("id", big(id, 3)), node("value", pair.public)]),
      ],
    };
  }

  /** The message in an `enc` node that came from `jid`. */
  async read(jid, { attrs, content }) {
    const plain = await this.signal.decryptMessage({ jid, type: attrs.type, ciphertext: content });
    const message = B.proto.Message.decode(B.unpadRandomMax16(plain));
    return message.deviceSentMessage?.message ?? message;
  }

  /** An `enc` node for `jid`, whose keys (`bundle`: identity, signed and one-time key) begin the session. */
  async write(jid, bundle, message) {
    const { exists } = await this.signal.validateSession(jid);
    if (!exists) await this.signal.injectE2ESession({ jid, session: bundle });
    const { type, ciphertext } = await this.signal.encryptMessage({ jid, data: B.encodeWAMessage(message) });
    return { tag: "enc", attrs: { v: "2", type }, content: ciphertext };
  }
}
