// How often a message was asked for again; Baileys wants a cache, ours outlives one connection and has no timers.

/** At most 2,000 counters, the oldest go. */
export function retryCounters() {
  const counters = new Map();
  return {
    get: (key) => counters.get(key),
    set: (key, value) => {
      counters.delete(key);
      counters.set(key, value);
      if (counters.size > 2000) counters.delete(counters.keys().next().value);
      return true;
    },
    del: (key) => counters.delete(key),
    flushAll: () => counters.clear(),
  };
}
