// Where the mock keeps files: what a device uploads, and sealed files in messages from people.

import { encryptedStream } from "baileys";
import { readFile, unlink } from "node:fs/promises";

export class Files {
  #kept = new Map();
  uploads = [];

  constructor(world) {
    this.world = world;
  }

  /** A file as a sender's phone would put it there: the fields of an image, video, … message. */
  async sealed(bytes, kind, mimetype) {
    const made = await encryptedStream(bytes, kind, {});
    const path = `/file/${this.#kept.size}`;
    this.#kept.set(path, await readFile(made.encFilePath));
    await unlink(made.encFilePath);
    const base64 = (value) => Buffer.from(value).toString("base64");
    return {
      url: `http://127.0.0.1:${this.world.port}${path}`,
      mimetype,
      mediaKey: base64(made.mediaKey),
      fileSha256: base64(made.fileSha256),
      fileEncSha256: base64(made.fileEncSha256),
      fileLength: made.fileLength,
    };
  }

  serve(request, response) {
    const { pathname } = new URL(request.url, "http://mock");
    if (request.method === "POST" && this.world.control && pathname === "/control") return this.world.control(request, response);
    if (request.method === "POST") return this.#take(request, response, pathname);
    const found = this.#kept.get(pathname);
    response.writeHead(found ? 200 : 404).end(found);
  }

  async #take(request, response, pathname) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    this.uploads.push({ path: pathname, bytes: Buffer.concat(chunks) });
    this.#kept.set(pathname, Buffer.concat(chunks));
    response.end(JSON.stringify({ url: `http://127.0.0.1:${this.world.port}${pathname}`, direct_path: pathname }));
  }
}
