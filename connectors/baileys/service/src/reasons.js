// Why WhatsApp closed a connection, and what is done about it. Pure: no clock, no network.

/**
 * then: "now" connect again at once; "later" with back-off; "some" with back-off a few times, then pair anew;
 * "stop" a person must act; "forget" the account was unlinked: its keys are of no use any more.
 */
const REASONS = {
  401: ["logged_out", "forget"],
  402: ["locked", "stop"],
  403: ["forbidden", "stop"],
  405: ["too_old", "stop"],
  406: ["locked", "stop"],
  408: ["timed_out", "later"],
  411: ["multidevice", "stop"],
  419: ["logged_out", "forget"],
  428: ["lost", "later"],
  440: ["replaced", "stop"],
  500: ["bad_session", "some"],
  503: ["unavailable", "later"],
  515: ["restart", "now"],
};

const SOME = 4;
const ALERT = 10;
const LONGEST = 60000;

/** How many ms to wait before try number `attempt` (from 1): `first` × 1.5 each, at most 60 s, ± 20 %. */
export function backoff(attempt, first, random = Math.random) {
  const delay = Math.min(first * 1.5 ** (attempt - 1), Math.max(LONGEST, first));
  return Math.round(delay * (0.8 + 0.4 * random()));
}

/**
 * What follows a close with `code`: {state, reason, attempts, bad, delay?, forget?, alert?}. `delay` in ms: connect
 * again after it. `attempts` and `bad` count closes in a row, of any kind and of 500; an unknown code is a lost line.
 */
export function afterClose(code, { linked, looking, attempts, bad, first }) {
  const [reason, then] = REASONS[code] ?? ["lost", "later"];
  if (then === "stop") return { state: "stopped", reason, attempts, bad };
  if (!linked) return { state: "needs_pairing", reason, attempts, bad, delay: unlinkedDelay(reason, then, looking, first) };
  if (then === "forget") return { state: "needs_pairing", reason, attempts, bad, forget: true };
  if (then === "some" && bad >= SOME) return { state: "needs_pairing", reason, attempts, bad };
  const tried = attempts + 1;
  const atOnce = then === "now" && tried < SOME; // not for ever: a server that only says 515 is not hammered
  return {
    state: then === "now" ? "connecting" : "closed",
    reason,
    attempts: tried,
    bad: then === "some" ? bad + 1 : bad,
    delay: atOnce ? 0 : backoff(tried, first),
    alert: tried === ALERT,
  };
}

/** While somebody looks at the pairing page a new QR follows the old ones; after that nothing is asked of WhatsApp. */
function unlinkedDelay(reason, then, looking, first) {
  if (!looking || then === "forget") return undefined;
  return reason === "timed_out" || then === "now" ? 0 : first;
}
