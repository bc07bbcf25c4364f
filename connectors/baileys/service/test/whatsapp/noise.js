// The server's half of WhatsApp Web's encrypted channel: Noise XX, then numbered AES-GCM frames.

import * as B from "baileys";

const { Curve, proto } = B;
const counter = (n) => { const iv = Buffer.alloc(12); iv.writeUInt32BE(n, 8); return iv; };
const NOTHING = Buffer.alloc(0);

/** The root key that tests tell the service to trust instead of WhatsApp's. */
export const newRoot = () => Curve.generateKeyPair();

function certificates(root, leafKey) {
  const middle = Curve.generateKeyPair();
  const { Details } = proto.CertChain.NoiseCertificate;
  const first = Details.encode({ serial: 1, issuerSerial: 0, key: middle.public }).finish();
  const second = Details.encode({ serial: 2, issuerSerial: 1, key: leafKey }).finish();
  return proto.CertChain.encode({
    intermediate: { details: first, signature: Curve.sign(root.private, first) },
    leaf: { details: second, signature: Curve.sign(middle.private, second) },
  }).finish();
}

/** One client's channel: bytes in by receive(), frames out by `write`; `on` has login(payload) and node(node). */
export class Channel {
  #buffer = NOTHING;
  #phase = "prologue";
  #counter = 0;
  #written = 0;
  #read = 0;
  #lane = Promise.resolve();

  constructor(root, write, on) {
    Object.assign(this, { root, write, on });
    this.ephemeral = Curve.generateKeyPair();
    this.static = Curve.generateKeyPair();
    this.hash = this.salt = this.key = Buffer.from(B.NOISE_MODE);
    this.#authenticate(B.NOISE_WA_HEADER);
  }

  #authenticate(data) {
    this.hash = B.sha256(Buffer.concat([this.hash, Buffer.from(data)]));
  }

  #mix(data) {
    const made = B.hkdf(Buffer.from(data), 64, { salt: this.salt, info: "" });
    Object.assign(this, { salt: made.subarray(0, 32), key: made.subarray(32) });
    this.#counter = 0;
  }

  #seal(plain) {
    const sealed = B.aesEncryptGCM(plain, this.key, counter(this.#counter++), this.hash);
    this.#authenticate(sealed);
    return sealed;
  }

  #unseal(sealed) {
    const plain = B.aesDecryptGCM(sealed, this.key, counter(this.#counter++), this.hash);
    this.#authenticate(sealed);
    return plain;
  }

  #frame(data) {
    const length = Buffer.alloc(3);
    length.writeUIntBE(data.length, 0, 3);
    this.write(Buffer.concat([length, data]));
  }

  /** Sends a node, once the handshake is over. */
  send(node) {
    this.#frame(B.aesEncryptGCM(B.encodeBinaryNode(node), this.sending, counter(this.#written++), NOTHING));
  }

  receive(data) {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    if (this.#phase === "prologue" && !this.#skipPrologue()) return;
    while (this.#buffer.length >= 3) {
      const length = this.#buffer.readUIntBE(0, 3);
      if (this.#buffer.length < length + 3) return;
      const frame = this.#buffer.subarray(3, 3 + length);
      this.#buffer = this.#buffer.subarray(3 + length);
      this.#handle(frame);
    }
  }

  /** "ED", version, routing bytes, then "WA" and two bytes. */
  #skipPrologue() {
    const routed = this.#buffer.subarray(0, 2).toString() === "ED";
    const start = routed ? 7 + this.#buffer.readUIntBE(4, 3) : 0;
    if (this.#buffer.length < start + 4) return false;
    this.#buffer = this.#buffer.subarray(start + 4);
    this.#phase = "hello";
    return true;
  }

  #handle(frame) {
    if (this.#phase === "hello") return this.#hello(frame);
    if (this.#phase === "finish") return this.#finish(frame);
    const plain = B.aesDecryptGCM(frame, this.receiving, counter(this.#read++), NOTHING);
    this.#lane = this.#lane.then(async () => this.on.node(await B.decodeBinaryNode(plain)));
  }

  #hello(frame) {
    const { ephemeral } = proto.HandshakeMessage.decode(frame).clientHello;
    this.theirs = ephemeral;
    this.#authenticate(ephemeral);
    this.#authenticate(this.ephemeral.public);
    this.#mix(Curve.sharedKey(this.ephemeral.private, ephemeral));
    const sealed = this.#seal(this.static.public);
    this.#mix(Curve.sharedKey(this.static.private, ephemeral));
    const payload = this.#seal(certificates(this.root, this.static.public));
    const hello = { ephemeral: this.ephemeral.public, static: sealed, payload };
    this.#frame(Buffer.from(proto.HandshakeMessage.encode({ serverHello: hello }).finish()));
    this.#phase = "finish";
  }

  #finish(frame) {
    const finish = proto.HandshakeMessage.decode(frame).clientFinish;
    this.noiseKey = this.#unseal(finish.static);
    this.#mix(Curve.sharedKey(this.ephemeral.private, this.noiseKey));
    const payload = proto.ClientPayload.decode(this.#unseal(finish.payload));
    const keys = B.hkdf(NOTHING, 64, { salt: this.salt, info: "" });
    Object.assign(this, { receiving: keys.subarray(0, 32), sending: keys.subarray(32) });
    this.#phase = "open";
    this.on.login(payload);
  }
}
