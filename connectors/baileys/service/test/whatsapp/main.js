// The mock as a process of its own, for tests in other languages: prints {"listening", "url", "root"} and takes
// POST /control with {"do": NAME, …}. See README.md ("The mock").

import "../../src/modules.js";

const { WhatsApp } = await import("./server.js");
const world = await WhatsApp.start(Number(process.argv[2] ?? 0));
const account = ({ phone }) => world.account(phone);

const ACTS = {
  scan: ({ qr, phone }) => world.scan(qr, phone),
  type: ({ code, phone }) => world.type(code, phone),
  deliver: (ask) => account(ask)[ask.sealed ? "deliverSealed" : "deliver"](ask.attrs, ask.message),
  file: async ({ bytes, kind, mimetype }) => world.files.sealed(Buffer.from(bytes, "base64"), kind, mimetype),
  receipt: (ask) => account(ask).receipt(ask.attrs),
  fault: ({ phone, failure, ackWith, statuses }) => Object.assign(world.account(phone), JSON.parse(JSON.stringify({ failure, ackWith, statuses }))),
  close: (ask) => account(ask).close(ask.node),
  unlink: (ask) => account(ask).unlink(),
  stranger: ({ jid }) => world.strangers.add(jid),
  seen: (ask) => {
    const { sent, receipts, presence, logins, queue, client } = account(ask);
    return { sent, receipts, presence, logins, waiting: queue.size, connected: Boolean(client?.ready), uploads: world.files.uploads.length };
  },
};

world.control = async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const ask = JSON.parse(Buffer.concat(chunks));
    const done = await ACTS[ask.do](ask);
    response.end(JSON.stringify({ done: ask.do === "seen" || ask.do === "file" ? done : true }));
  } catch (error) {
    response.writeHead(500).end(JSON.stringify({ error: error.message }));
  }
};

process.stdin.resume().once("end", () => process.exit(0));
process.stdout.write(`${JSON.stringify({ listening: world.port, url: world.url, root: world.rootKey })}\n`);
