// Baileys' objects as plain JSON: bytes as base64, big numbers as numbers, dates as ISO texts.

/** A deep copy of `value` that JSON can carry and whoever reads it understands without Baileys. */
export function plain(value) {
  if (value === null || value === undefined) return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object") return typeof value === "function" ? undefined : value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof Date) return value.toISOString();
  if (isLong(value)) return Number((BigInt(value.high) << 32n) | BigInt(value.low >>> 0));
  if (Array.isArray(value)) return value.map(plain);
  const copy = {};
  for (const [key, item] of Object.entries(value)) {
    const made = plain(item);
    if (made !== undefined && made !== null) copy[key] = made;
  }
  return copy;
}

const isLong = (value) => typeof value.low === "number" && typeof value.high === "number" && "unsigned" in value;
