// Signed requests of ours to the Python side: the vault's door, the events' address, files to send.

import { HEADER, signature } from "./signing.js";

/** The other side said no, or could not be reached. `status` is the HTTP status, undefined without an answer. */
export class CallFailed extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** One signed request; gives the Response, or throws CallFailed for anything but 2xx. */
export async function call(secret, method, url, { body, timeout = 10000 } = {}) {
  const { pathname, search } = new URL(url);
  const raw = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
  const headers = { [HEADER]: signature(secret, method, pathname + search, raw) };
  if (body !== undefined) headers["content-type"] = "application/json";
  let response;
  try {
    response = await fetch(url, { method, headers, body: body === undefined ? undefined : raw, signal: AbortSignal.timeout(timeout), redirect: "error" });
  } catch (error) {
    throw new CallFailed(`no answer (${error.cause?.code ?? error.name})`);
  }
  if (response.ok) return response;
  await response.body?.cancel();
  throw new CallFailed(`status ${response.status}`, response.status);
}

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * `act` again and again until it succeeds, waiting longer each time, at most `patience` ms in all.
 * A 4xx of the other side is final: repeating it cannot help.
 */
export async function persist(act, patience) {
  const end = Date.now() + patience;
  for (let delay = 100; ; delay = Math.min(delay * 2, 2000)) {
    try {
      return await act();
    } catch (error) {
      const final = error.status >= 400 && error.status < 500 && error.status !== 429;
      if (final || Date.now() + delay > end) throw error;
      await wait(delay);
    }
  }
}
