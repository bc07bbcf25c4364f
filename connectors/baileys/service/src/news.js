// Waiting for something to become true, without asking again and again.

export class News {
  #hearers = new Set();

  /** Something changed: everybody who waits looks again. */
  tell() {
    for (const hear of this.#hearers) hear();
  }

  /** Resolves when `happened()` is true, or after `ms`. */
  until(happened, ms) {
    if (happened()) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#hearers.delete(hear);
        resolve();
      };
      const hear = () => { if (happened()) end(); };
      const timer = setTimeout(end, ms);
      this.#hearers.add(hear);
    });
  }
}
