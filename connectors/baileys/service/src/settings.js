// What the service is told by its environment. Nothing is read from files.

/** The settings in `env`; an Error that names the variable when one is missing or makes no sense. */
export function settings(env = process.env) {
  const needed = (name) => {
    if (!env[name]) throw new Error(`${name} is not set`);
    return env[name];
  };
  const number = (name, otherwise) => {
    const value = env[name] === undefined || env[name] === "" ? otherwise : Number(env[name]);
    if (!Number.isFinite(value) || value < 0) throw new Error(`${name} must be a number, not ${JSON.stringify(env[name])}`);
    return value;
  };
  return {
    port: number("FLOWENGINE_BAILEYS_PORT", 0),
    secret: needed("FLOWENGINE_BAILEYS_SECRET"),
    vault: needed("FLOWENGINE_BAILEYS_VAULT").replace(/\/+$/, ""),
    version: env.FLOWENGINE_BAILEYS_VERSION ? version(env.FLOWENGINE_BAILEYS_VERSION) : undefined,
    parent: env.FLOWENGINE_BAILEYS_PARENT === "1",
    firstDelay: number("FLOWENGINE_BAILEYS_BACKOFF_MS", 5000),
    patience: number("FLOWENGINE_BAILEYS_PATIENCE_MS", 20000),
    heartbeat: number("FLOWENGINE_BAILEYS_HEARTBEAT_MS", 15000),
    mock: env.FLOWENGINE_BAILEYS_WA_URL
      ? { url: env.FLOWENGINE_BAILEYS_WA_URL, root: Buffer.from(needed("FLOWENGINE_BAILEYS_WA_ROOT"), "base64") }
      : undefined,
  };
}

/** "2.3000.1035194821" as the three numbers Baileys wants. */
export function version(text) {
  const parts = String(text).split(".").map(Number);
  if (parts.length !== 3 || parts.some((part) => !Number.isInteger(part) || part < 0)) {
    throw new Error(`a version of WhatsApp Web is three numbers with dots, not ${JSON.stringify(text)}`);
  }
  return parts;
}
