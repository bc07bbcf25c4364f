// What was sent, by its id: so that an id is never two messages, and a phone that could not read one gets it again.

/** {to, message (base64 protobuf), extra, and done or refused (a code) when WhatsApp answered} of the message with this id, or null. */
export async function sentMessage(store, id) {
  const key = `sent:${id}`;
  const kept = (await store.vault.get(store.session, [key]))[key];
  return kept && JSON.parse(kept);
}

/** Writes it; durable when it resolves. */
export const keepSent = (store, id, sent) => store.writer.put([[`sent:${id}`, Buffer.from(JSON.stringify(sent))]]);
