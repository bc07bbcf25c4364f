// All writes of one session, in order: what comes while a write is under way goes together in the next one.

const IDLE = 250;

export class Writer {
  #pending = new Map();
  #next = null;
  #running = null;
  #timer = null;

  /** `onBroken(error)` is called once, when a write failed for good; nothing is written after that. */
  constructor(vault, session, onBroken) {
    Object.assign(this, { vault, session, onBroken, broken: null });
  }

  /** Writes `entries` (pairs of key and Buffer or null); resolves when they are durable. */
  put(entries) {
    if (this.broken) return Promise.reject(this.broken);
    for (const [key, value] of entries) this.#pending.set(key, value);
    this.#next ??= later();
    const { promise } = this.#next;
    this.#running ??= this.#run();
    return promise;
  }

  /** Writes `entries` with the next write, or in a moment: what may be lost in a crash, at the price of work done twice. */
  putLater(entries) {
    for (const [key, value] of entries) this.#pending.set(key, value);
    this.#timer ??= setTimeout(() => this.put([]).catch(() => {}), IDLE);
  }

  /** Resolves when everything put so far is durable; rejects when it never will be. */
  async settled() {
    if (this.broken) throw this.broken;
    await (this.#next?.promise ?? this.#running);
    if (this.broken) throw this.broken;
  }

  async #run() {
    while (this.#next && !this.broken) {
      await new Promise(setImmediate); // what is put in this same moment goes along: a message with the key it moved on
      const [batch, { resolve, reject }] = [this.#pending, this.#next];
      this.#pending = new Map();
      this.#next = null;
      clearTimeout(this.#timer);
      this.#timer = null;
      try {
        await this.vault.put(this.session, batch);
        resolve();
      } catch (error) {
        this.broken = error;
        reject(error);
        this.#next?.reject(error);
        this.onBroken(error);
      }
    }
    this.#running = null;
  }
}

function later() {
  const deferred = {};
  deferred.promise = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }));
  deferred.promise.catch(() => {}); // whoever waits is told; nobody waiting is no reason to end the process
  return deferred;
}
