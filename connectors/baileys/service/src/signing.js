// How a request proves where it comes from, in both directions: HMAC-SHA256 over method, path, time and raw body.

import { createHmac, timingSafeEqual } from "node:crypto";

export const HEADER = "x-flowengine-signature";
const OLDEST = 300;

const mac = (secret, method, path, t, body) =>
  createHmac("sha256", secret).update(`${method}\n${path}\n${t}\n`).update(body).digest();

/** The header's value for a request; `path` with its query, `body` the raw bytes (empty for GET). */
export function signature(secret, method, path, body = Buffer.alloc(0), now = Date.now()) {
  const t = Math.floor(now / 1000);
  return `t=${t},v1=${mac(secret, method, path, t, body).toString("hex")}`;
}

/** Whether `value` was made with `secret` for exactly this request, at most 300 s ago. */
export function verified(secret, value, method, path, body = Buffer.alloc(0), now = Date.now()) {
  const found = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(value ?? "");
  if (!found || Math.abs(now / 1000 - Number(found[1])) > OLDEST) return false;
  return timingSafeEqual(mac(secret, method, path, found[1], body), Buffer.from(found[2], "hex"));
}
