// What is changed in Baileys 7.0.0-rc14 while it is read (the files on disk stay as npm made them).
//
// Baileys tells WhatsApp "received" before it tells us about the message, and sends a message before the key it
// was sealed with is kept. A process killed in between loses a message, or uses a key twice ("waiting for this
// message"). These few lines turn both orders round. Each `from` must be there exactly once: with another version
// the service does not start, rather than losing messages quietly.

const FILES = {
  "/baileys/lib/Utils/auth-utils.js": [
    {
      // A transaction can be written down in its middle.
      from: "        isInTransaction,\n        transaction:",
      to: `        isInTransaction,
        settle: async () => {
            const ctx = txStorage.getStore();
            if (!ctx) return;
            const { mutations } = ctx;
            ctx.mutations = {};
            await commitWithRetry(mutations);
        },
        transaction:`,
    },
  ],
  "/baileys/lib/Socket/socket.js": [
    {
      // No frame leaves before everything it rests on is durable: keys of this transaction, credentials, events.
      from: "        const bytes = noise.encodeFrame(data);",
      to: `        await keys.settle();
        await config.beforeFrame();
        if (!ws.isOpen) throw new Boom('Connection Closed', { statusCode: DisconnectReason.connectionClosed });
        const bytes = noise.encodeFrame(data);`,
    },
  ],
  "/baileys/lib/Socket/messages-recv.js": [
    {
      // An incoming message is in our spool before WhatsApp hears that we have it.
      from: "                        acked = true;\n                        await sendReceipt(msg.key.remoteJid",
      to: `                        await config.beforeReceipt(msg, node);
                        acked = true;
                        await sendReceipt(msg.key.remoteJid`,
    },
    {
      // So is a "delivered" or "read" before it is acknowledged.
      from: "        finally {\n            await sendMessageAck(node).catch(ackErr => logger.error({ ackErr }, 'failed to ack receipt'));",
      to: `        finally {
            ev.flush();
            await sendMessageAck(node).catch(ackErr => logger.error({ ackErr }, 'failed to ack receipt'));`,
    },
  ],
};

/** The source of the module at `url` as we want it; an Error when it is not the text these changes were made for. */
export function amended(url, source) {
  const name = Object.keys(FILES).find((path) => url.endsWith(path));
  if (!name) return source;
  let text = source.toString();
  for (const { from, to } of FILES[name]) {
    if (text.split(from).length !== 2) throw new Error(`${name} is not that of baileys 7.0.0-rc14: install the pinned version (npm ci)`);
    text = text.replace(from, () => to);
  }
  return text;
}
