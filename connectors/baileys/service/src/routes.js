// The addresses of the service; README.md beside this folder describes them.

import { mediaOf } from "./media.js";
import { BadRequest } from "./refusals.js";
import { version } from "./settings.js";

const SESSION = /^\/sessions\/([A-Za-z0-9_-]{1,64})(?:\/([a-z]+)(?:\/([0-9A-Za-z._-]{1,128}))?)?$/;

/** What the request is answered with; a BadRequest for an address that is none. */
export async function route(method, path, body, sessions) {
  if (method === "GET" && path === "/health") return { ok: true, sessions: sessions.list().length };
  if (method === "GET" && path === "/sessions") return { sessions: sessions.list() };
  const [, id, verb, item] = SESSION.exec(path) ?? [];
  if (!id) throw new BadRequest(404, "no such address");
  if (method === "POST" && verb === "start") return started(sessions, id, body);
  if (method === "DELETE" && !verb) return sessions.remove(id).then(() => ({ removed: true }));
  const session = sessions.get(id);
  if (!session) throw new BadRequest(404, "not_started");
  const act = ACTS[`${method} ${verb ?? ""}`];
  if (!act) throw new BadRequest(404, "no such address");
  return act(session, body, item, sessions.settings);
}

const ACTS = {
  "GET ": (session) => session.status(),
  "POST pair": (session, { phone }) => session.pair(phone === undefined ? undefined : digits(phone)),
  "POST stop": (session) => session.stop().then(() => session.status()),
  "POST restart": (session) => session.restart().then(() => session.status()),
  "POST logout": (session) => session.logout().then(() => session.status()),
  "POST send": async (session, order) => ({ accepted: await session.sender.send(order) }),
  "POST read": (session, { keys }) => opened(session).readMessages(keys).then(() => ({ done: true })),
  "POST typing": (session, { to, state }) => typing(opened(session), to, state),
  "GET media": media,
};

async function started(sessions, id, { events, version: wanted }) {
  if (typeof events !== "string" || !/^https?:\/\//.test(events)) throw new BadRequest(400, "events must be an address");
  return (await sessions.start(id, { events, version: wanted ? asked(wanted) : undefined })).status();
}

function asked(wanted) {
  try {
    return version(wanted);
  } catch (error) {
    throw new BadRequest(400, error.message);
  }
}

function digits(phone) {
  const found = String(phone).replace(/[\s()+.-]/g, "");
  if (!/^\d{8,15}$/.test(found)) throw new BadRequest(400, "phone must be a number with its country code, 8 to 15 digits");
  return found;
}

function opened(session) {
  if (session.state !== "open") throw new BadRequest(409, "not_open");
  return session.connection.sock;
}

/** "Typing" is seen only while we are there; after it we leave again, so that the phone keeps ringing. */
async function typing(sock, to, state) {
  if (!["composing", "recording", "paused"].includes(state)) throw new BadRequest(400, "state must be composing, recording or paused");
  if (state !== "paused") await sock.sendPresenceUpdate("available");
  await sock.sendPresenceUpdate(state, to);
  if (state === "paused") await sock.sendPresenceUpdate("unavailable");
  return { done: true };
}

async function media(session, _body, id, settings) {
  const found = id && (await mediaOf(session, settings, id));
  if (!found) throw new BadRequest(404, "media");
  return found;
}
