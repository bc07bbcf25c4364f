// The phone's side of linking a device: scanning the QR, or typing the code.

import * as B from "baileys";
import { randomBytes } from "node:crypto";
import { lidOf } from "./person.js";

const { Curve, proto } = B;
const SERVER = "s.whatsapp.net";
const now = () => Math.floor(Date.now() / 1000);
const child = (node, tag) => node.content.find((one) => one.tag === tag);

/** The node that tells a device that phone `phone` has linked it. */
export function pairSuccess(identityKey, advSecret, phone) {
  const account = Curve.generateKeyPair();
  const details = proto.ADVDeviceIdentity.encode({ rawId: 1, timestamp: now(), keyIndex: 1, deviceType: 0, accountType: 0 }).finish();
  const accountSignature = Curve.sign(account.private, Buffer.concat([Buffer.from([6, 0]), details, identityKey]));
  const signed = proto.ADVSignedDeviceIdentity.encode({ details, accountSignatureKey: account.public, accountSignature }).finish();
  const identity = proto.ADVSignedDeviceIdentityHMAC.encode({ details: signed, hmac: B.hmacSign(signed, advSecret) }).finish();
  return {
    tag: "iq",
    attrs: { from: SERVER, type: "set", id: `pair${now()}`, xmlns: "md" },
    content: [{
      tag: "pair-success",
      attrs: {},
      content: [
        { tag: "device-identity", attrs: {}, content: Buffer.from(identity) },
        { tag: "device", attrs: { jid: `${phone}:1@${SERVER}`, lid: `${lidOf(`${phone}@${SERVER}`)}:1@lid` } },
        { tag: "platform", attrs: { name: "smba" } },
      ],
    }],
  };
}

/** {noiseKey, identityKey, advSecret} in the text of a QR. */
export function readQr(text) {
  const [, noise, identity, adv] = text.split("#").pop().split(",");
  return { noiseKey: Buffer.from(noise, "base64"), identityKey: Buffer.from(identity, "base64"), advSecret: Buffer.from(adv, "base64") };
}

/** The phone on which the code is typed: its hello to the device, then the secret out of the device's answer. */
export class Typing {
  #primary = Curve.generateKeyPair();
  #identity = Curve.generateKeyPair();

  /** `hello` is the device's link_code_companion_reg; a wrong code gives a wrong key, which shows in finish(). */
  async hello(hello, code) {
    const wrapped = Buffer.from(child(hello, "link_code_pairing_wrapped_companion_ephemeral_pub").content);
    const key = await B.derivePairingCodeKey(code, wrapped.subarray(0, 32));
    this.companion = B.aesDecryptCTR(wrapped.subarray(48, 80), key, wrapped.subarray(32, 48));
    const salt = randomBytes(32);
    const iv = randomBytes(16);
    const ours = await B.derivePairingCodeKey(code, salt);
    const sealed = Buffer.concat([salt, iv, B.aesEncryptCTR(this.#primary.public, ours, iv)]);
    return {
      tag: "notification",
      attrs: { from: SERVER, type: "link_code_companion_reg", id: `link${now()}`, t: String(now()) },
      content: [{
        tag: "link_code_companion_reg",
        attrs: { stage: "primary_hello" },
        content: [
          { tag: "link_code_pairing_ref", attrs: {}, content: Buffer.from("ref") },
          { tag: "primary_identity_pub", attrs: {}, content: Buffer.from(this.#identity.public) },
          { tag: "link_code_pairing_wrapped_primary_ephemeral_pub", attrs: {}, content: sealed },
        ],
      }],
    };
  }

  /** {identityKey, advSecret} out of the device's companion_finish. */
  finish(finish) {
    const bundle = Buffer.from(child(finish, "link_code_pairing_wrapped_key_bundle").content);
    const identityKey = Buffer.from(child(finish, "companion_identity_public").content);
    const shared = Curve.sharedKey(this.#primary.private, this.companion);
    const info = "link_code_pairing_key_bundle_encryption_key";
    const key = B.hkdf(Buffer.from(shared), 32, { salt: bundle.subarray(0, 32), info });
    const plain = B.aesDecryptGCM(bundle.subarray(44), key, bundle.subarray(32, 44), Buffer.alloc(0));
    const secret = Buffer.concat([Buffer.from(shared), Buffer.from(Curve.sharedKey(this.#identity.private, identityKey)), plain.subarray(64)]);
    return { identityKey, advSecret: Buffer.from(B.hkdf(secret, 32, { info: "adv_secret" })) };
  }
}
