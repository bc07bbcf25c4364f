// The HTTP side: reading a request, checking its signature, answering.

import { createServer } from "node:http";
import { pipeline } from "node:stream/promises";
import { CallFailed } from "./calling.js";
import { log } from "./log.js";
import { BadRequest, Refusal } from "./refusals.js";
import { route } from "./routes.js";
import { HEADER, verified } from "./signing.js";

const LARGEST = 150 * 1024 * 1024;

async function bodyOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    if ((size += chunk.length) > LARGEST) throw new BadRequest(413, `a body may have at most ${LARGEST} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function json(raw) {
  if (!raw.length) return {};
  try {
    const body = JSON.parse(raw);
    if (body && typeof body === "object" && !Array.isArray(body)) return body;
  } catch {
    // answered below
  }
  throw new BadRequest(400, "the body must be a JSON object");
}

async function answer(request, sessions, secret) {
  const raw = await bodyOf(request);
  if (!verified(secret, request.headers[HEADER], request.method, request.url, raw)) throw new BadRequest(401, "the signature is wrong or too old");
  return route(request.method, new URL(request.url, "http://service").pathname, json(raw), sessions);
}

/** What an error is answered with: [status, body]. Anything unforeseen is 502: the caller cannot know what happened. */
function told(error) {
  if (error instanceof Refusal) return [200, error.answer()];
  if (error instanceof BadRequest) return [error.status, { error: error.message }];
  if (error instanceof CallFailed && error.status === 409) return [409, { error: "owned_elsewhere" }];
  if (error instanceof CallFailed) return [503, { error: `vault: ${error.message}` }];
  log("error", "a request failed", { error: error.message });
  return [502, { error: "unclear" }];
}

async function serve(request, response, sessions, secret) {
  let status = 200;
  let body;
  try {
    body = await answer(request, sessions, secret);
  } catch (error) {
    [status, body] = told(error);
  }
  if (body?.stream) {
    response.writeHead(200, { "content-type": body.type });
    await pipeline(body.stream, response).catch((error) => log("warning", "a file was not sent whole", { error: error.message }));
    return;
  }
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Listens on 127.0.0.1 only; gives the server when it does. */
export function listen({ port, secret }, sessions) {
  const server = createServer((request, response) => {
    serve(request, response, sessions, secret).catch((error) => log("error", "answering failed", { error: error.message }));
  });
  server.requestTimeout = 120000;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
