// Why WhatsApp closed a connection, and what is done about it.
//
// then: "now" connect again at once; "later" with back-off; "some" with back-off a few times, then pair anew;
// "stop" a person must act; "forget" the account was unlinked: its keys are of no use any more.

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

export const SOME = 4;
export const ALERT = 10;
const LONGEST = 60000;

/** {reason, then} of a closing code; an unknown one counts as a lost connection. */
export function judge(code) {
  const [reason, then] = REASONS[code] ?? ["lost", "later"];
  return { reason, then };
}

/** How many ms to wait before try number `attempt` (from 1): `first` × 1.5 each, at most 60 s, ± 20 %. */
export function backoff(attempt, first, random = Math.random) {
  const delay = Math.min(first * 1.5 ** (attempt - 1), Math.max(LONGEST, first));
  return Math.round(delay * (0.8 + 0.4 * random()));
}
