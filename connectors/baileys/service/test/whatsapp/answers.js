// What WhatsApp's server answers to the questions (`iq`) of a client.

const SERVER = "s.whatsapp.net";
const node = (tag, attrs = {}, content) => ({ tag, attrs, content });

function usync(question, lidOf, isUser) {
  const wanted = question.content.find(({ tag }) => tag === "query").content.map(({ tag }) => tag);
  const people = question.content.find(({ tag }) => tag === "list").content ?? [];
  const users = people.map(({ attrs, content }) => {
    const phone = attrs.jid ? undefined : content.find(({ tag }) => tag === "contact").content.toString().replace("+", "");
    const jid = attrs.jid ?? `${phone}@${SERVER}`;
    const about = [];
    if (wanted.includes("contact")) about.push(node("contact", { type: isUser(jid) ? "in" : "out" }));
    if (wanted.includes("lid")) about.push(node("lid", { val: `${lidOf(jid)}@lid` }));
    if (wanted.includes("devices")) about.push(node("devices", {}, [node("device-list", {}, [node("device", { id: "0" })])]));
    return node("user", { jid }, about);
  });
  return [node("usync", {}, [node("result"), node("list", {}, users)])];
}

/** The content of the answer to `iq`; undefined for a plain "done". `world` is the server, `account` whose device asks. */
export async function answer(iq, world, account) {
  const [question] = Array.isArray(iq.content) ? iq.content : [];
  if (iq.attrs.xmlns === "usync") return usync(question, world.lidOf, world.isUser);
  if (iq.attrs.xmlns === "privacy") return [node("privacy", {}, [node("category", { name: "readreceipts", value: "all" })])];
  // Few, but not none: then a device uploads five one-time keys, not 812.
  if (question?.tag === "count") return [node("count", { value: String(account?.device?.keys.length || 3) })];
  if (question?.tag === "digest") return [node("digest", {}, [node("registration", {}, Buffer.alloc(4))])];
  if (question?.tag === "media_conn") return [node("media_conn", { auth: "auth", ttl: "300" }, [node("host", { hostname: `127.0.0.1:${world.port}` })])];
  if (iq.attrs.xmlns === "encrypt" && question?.tag === "key") {
    const users = await Promise.all(question.content.map(({ attrs }) => world.person(attrs.jid).bundle(attrs.jid)));
    return [node("list", {}, users)];
  }
  return undefined;
}
