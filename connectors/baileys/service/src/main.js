// The Baileys service: one process, many WhatsApp Web sessions. See README.md.

import "./modules.js";
import { log, silenceConsole } from "./log.js";
import { settings } from "./settings.js";

silenceConsole();
const GOODBYE = 10000;

process.on("unhandledRejection", (error) => log("error", "unhandled rejection", { error: error?.message }));

try {
  const wanted = settings();
  const { Sessions } = await import("./sessions.js"); // after modules.js has taken effect
  const { listen } = await import("./server.js");
  const sessions = new Sessions(wanted);
  const server = await listen(wanted, sessions);
  process.stdout.write(`${JSON.stringify({ listening: server.address().port })}\n`);

  let ending = false;
  const end = async (why) => {
    if (ending) return;
    ending = true;
    log("info", "ending", { why });
    setTimeout(() => process.exit(1), GOODBYE).unref();
    server.close();
    await sessions.end();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => end(signal));
  if (wanted.parent) process.stdin.resume().once("end", () => end("the parent is gone")).once("error", () => end("the parent is gone"));
} catch (error) {
  log("error", "the service could not start", { error: error.message });
  process.exit(1);
}
