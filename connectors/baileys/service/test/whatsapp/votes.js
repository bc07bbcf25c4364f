// How a phone seals its vote in a poll.

import * as B from "baileys";
import { createHash, randomBytes } from "node:crypto";

/** The `vote` for the options named in `chosen`, sealed with the poll's `secret`. */
export function sealedVote(chosen, { poll, creator, voter, secret }) {
  const selectedOptions = chosen.map((name) => createHash("sha256").update(name).digest());
  const plain = B.proto.Message.PollVoteMessage.encode({ selectedOptions }).finish();
  const first = B.hmacSign(Buffer.from(secret), new Uint8Array(32), "sha256");
  const key = B.hmacSign(Buffer.concat([Buffer.from(`${poll}${creator}${voter}Poll Vote`), Buffer.from([1])]), first, "sha256");
  const encIv = randomBytes(12);
  const encPayload = B.aesEncryptGCM(plain, key, encIv, Buffer.from(`${poll}\0${voter}`));
  return { encPayload: Buffer.from(encPayload).toString("base64"), encIv: encIv.toString("base64") };
}
