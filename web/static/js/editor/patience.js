// A request that hangs without an error is given up, so that it can be made again: a browser itself
// waits for minutes, or for ever.
const LEAST = 20_000, MOST = 160_000;

/** For how long: `bytes` may go over a slow road, and who was too impatient waits longer. */
export const patience = (tries = 0, bytes = 0) => Math.min(LEAST * 2 ** tries, MOST) + bytes / 5;

/** What `work` gives, whose signal says that time is up after so many milliseconds. */
export async function within(milliseconds, work) {
  const stop = new AbortController(), timer = setTimeout(() => stop.abort(), milliseconds);
  try { return await work(stop.signal); } finally { clearTimeout(timer); }
}
