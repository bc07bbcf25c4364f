// One JSON object a line on stderr. No texts of messages, no keys, no QR codes, and no whole phone numbers.

/** `text` without addresses and with the numbers of people made unreadable. */
export const masked = (text) =>
  String(text ?? "").replace(/https?:\/\/\S+/g, "[address]").replace(/\d{5,}/g, (digits) => `…${digits.slice(-3)}`).slice(0, 300);

export function log(level, message, about = {}) {
  const fields = Object.fromEntries(Object.entries(about).map(([key, value]) => [key, typeof value === "string" && key !== "session" ? masked(value) : value]));
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message: masked(message), ...fields })}\n`);
}

/**
 * The logger given to Baileys: warnings and errors by their sentence only, since their objects hold messages and keys.
 */
export function baileysLogger(session) {
  const say = (level) => (first, second) => {
    const error = first?.err ?? first?.error;
    const message = typeof first === "string" ? first : second ?? "";
    if (message.startsWith?.("⚠️")) return; // remarks on our configuration, the same at each connection
    log(level, message, { session, from: "baileys", error: error?.message, code: error?.output?.statusCode });
  };
  const quiet = () => {};
  const logger = { level: "warn", trace: quiet, debug: quiet, info: quiet, warn: say("warning"), error: say("error"), fatal: say("error") };
  logger.child = () => logger;
  return logger;
}

/** libsignal writes session keys with console.*; stdout is for the one line our parent reads. */
export function silenceConsole() {
  for (const name of ["log", "info", "warn", "error", "debug", "trace", "dir"]) console[name] = () => {};
}
