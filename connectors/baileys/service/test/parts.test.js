import assert from "node:assert/strict";
import { test } from "node:test";
import { masked } from "../src/log.js";
import { plain } from "../src/plain.js";
import { afterClose, backoff } from "../src/reasons.js";
import { settings } from "../src/settings.js";
import { Writer } from "../src/writer.js";

const before = { linked: true, looking: false, attempts: 0, bad: 0, first: 5000 };

test("the wait grows by half each time, to a minute, with a fifth of play", () => {
  const waits = [1, 2, 3, 7, 20].map((attempt) => backoff(attempt, 5000, () => 0.5));
  assert.deepEqual(waits, [5000, 7500, 11250, 56953, 60000]);
  assert.deepEqual([backoff(1, 5000, () => 0), backoff(1, 5000, () => 1)], [4000, 6000]);
});

test("each closing code has its course", () => {
  const course = (code, more) => {
    const { state, reason, delay, forget } = afterClose(code, { ...before, ...more });
    return [state, reason, delay === undefined ? "never" : delay === 0 ? "at once" : "later", ...(forget ? ["forget"] : [])].join(" ");
  };
  assert.equal(course(515), "connecting restart at once");
  assert.equal(course(515, { attempts: 5 }), "connecting restart later");
  assert.equal(course(408), "closed timed_out later");
  assert.equal(course(428), "closed lost later");
  assert.equal(course(999), "closed lost later");
  assert.equal(course(503), "closed unavailable later");
  assert.equal(course(500, { bad: 3 }), "closed bad_session later");
  assert.equal(course(500, { bad: 4 }), "needs_pairing bad_session never");
  assert.equal(course(401), "needs_pairing logged_out never forget");
  for (const [code, reason] of [[402, "locked"], [403, "forbidden"], [405, "too_old"], [406, "locked"], [411, "multidevice"], [440, "replaced"]]) {
    assert.equal(course(code), `stopped ${reason} never`);
  }
  assert.equal(course(408, { linked: false, looking: true }), "needs_pairing timed_out at once");
  assert.equal(course(428, { linked: false, looking: true }), "needs_pairing lost later");
  assert.equal(course(408, { linked: false }), "needs_pairing timed_out never");
  assert.equal(course(515, { linked: false, looking: true }), "needs_pairing restart at once");
});

test("the alert comes once, at the tenth try", () => {
  const alerts = [];
  for (let attempts = 0, n = 1; n <= 15; n += 1) {
    const next = afterClose(503, { ...before, attempts });
    attempts = next.attempts;
    if (next.alert) alerts.push(n);
  }
  assert.deepEqual(alerts, [10]);
});

test("bytes, big numbers and dates become plain", () => {
  const long = { low: 5, high: 1, unsigned: true };
  const value = { a: Buffer.from("hi"), b: long, c: new Date(0), d: [null, { e: new Uint8Array([1]) }], f: undefined, g: null, h: 7n };
  assert.deepEqual(plain(value), { a: "aGk=", b: 4294967301, c: "1970-01-01T00:00:00.000Z", d: [null, { e: "AQ==" }], h: 7 });
});

test("numbers and addresses do not get into the log", () => {
  assert.equal(masked("no LID for 5511988887777@s.whatsapp.net at https://a.b/c?d"), "no LID for …777@s.whatsapp.net at [address]");
});

test("a setting that makes no sense is named", () => {
  const env = { FLOWENGINE_BAILEYS_SECRET: "s", FLOWENGINE_BAILEYS_VAULT: "http://127.0.0.1:1/" };
  assert.deepEqual(settings({ ...env, FLOWENGINE_BAILEYS_VERSION: "2.3000.1" }).version, [2, 3000, 1]);
  assert.equal(settings(env).vault, "http://127.0.0.1:1");
  assert.throws(() => settings({ ...env, FLOWENGINE_BAILEYS_VERSION: "2.3000" }), /three numbers/);
  assert.throws(() => settings({ ...env, FLOWENGINE_BAILEYS_PORT: "any" }), /FLOWENGINE_BAILEYS_PORT/);
  assert.throws(() => settings({ ...env, FLOWENGINE_BAILEYS_WA_URL: "ws://x" }), /FLOWENGINE_BAILEYS_WA_ROOT/);
});

const moment = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A vault whose writes wait for free(), and fail while `broken` is set. */
function slowVault() {
  const vault = { batches: [], waiting: [], broken: null };
  vault.put = (_session, entries) => new Promise((resolve, reject) => {
    vault.waiting.push(() => {
      if (vault.broken) return reject(vault.broken);
      vault.batches.push(Object.fromEntries(entries));
      resolve();
    });
  });
  vault.free = async () => {
    vault.waiting.shift()();
    await moment();
  };
  return vault;
}

test("writes keep their order, go together while one is under way, and are settled when all are done", async () => {
  const vault = slowVault();
  const writer = new Writer(vault, "s", () => {});
  const done = [];
  writer.put([["a", 1]]).then(() => done.push("a"));
  await moment();
  writer.put([["b", 1]]).then(() => done.push("b"));
  writer.put([["b", 2], ["c", null]]).then(() => done.push("c"));
  writer.settled().then(() => done.push("settled"));
  await vault.free();
  assert.deepEqual(done, ["a"]);
  await vault.free();
  assert.deepEqual(vault.batches, [{ a: 1 }, { b: 2, c: null }]);
  assert.deepEqual(done, ["a", "b", "c", "settled"]);
});

test("what may wait goes with the next write", async () => {
  const vault = slowVault();
  const writer = new Writer(vault, "s", () => {});
  writer.putLater([["told", null]]);
  await writer.settled(); // nobody waits for it
  writer.put([["a", 1]]);
  await moment();
  await vault.free();
  assert.deepEqual(vault.batches, [{ told: null, a: 1 }]);
  writer.putLater([["told", 2]]);
  while (!vault.waiting.length) await new Promise((resolve) => setTimeout(resolve, 20));
  await vault.free();
  assert.deepEqual(vault.batches.at(-1), { told: 2 });
});

test("after a write that failed nothing more is written, and everybody who waits is told", async () => {
  const vault = slowVault();
  const broken = [];
  const writer = new Writer(vault, "s", (error) => broken.push(error.message));
  const first = assert.rejects(writer.put([["a", 1]]), /away/);
  await moment();
  const second = assert.rejects(writer.put([["b", 1]]), /away/);
  const settled = assert.rejects(writer.settled(), /away/);
  vault.broken = new Error("away");
  await vault.free();
  await Promise.all([first, second, settled]);
  await assert.rejects(writer.put([["c", 1]]), /away/);
  assert.deepEqual([broken, vault.batches], [["away"], []]);
});
