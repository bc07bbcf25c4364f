// What the sender is told when a message will not be sent. `reason` is a word the Python side turns into a sentence.

export class Refusal extends Error {
  constructor(reason, detail, { code, retryAfter } = {}) {
    super(detail);
    Object.assign(this, { reason, code, retryAfter });
  }

  /** As the API answers it. */
  answer() {
    return { refused: { reason: this.reason, code: this.code, detail: this.message, retry_after: this.retryAfter } };
  }
}

/** WhatsApp's error in its acknowledgement of a message. None of these is retried: a second try makes 463 worse. */
export function ackRefusal(code) {
  if (code === "463") return new Refusal("not_allowed", "WhatsApp does not let this account start new chats", { code: 463 });
  if (code === "479") return new Refusal("rejected", "WhatsApp found the message badly addressed", { code: 479 });
  return new Refusal("rejected", `WhatsApp refused the message (${code})`, { code: Number(code) || undefined });
}

/** Something wrong with the request itself. */
export class BadRequest extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}
