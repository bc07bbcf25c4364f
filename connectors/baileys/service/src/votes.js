// Votes in polls of ours: sealed with the poll's secret, which was kept when it was sent.

import { createHash } from "node:crypto";
import { decryptPollVote, jidNormalizedUser, normalizeMessageContent } from "baileys";

const POLLS = ["pollCreationMessage", "pollCreationMessageV2", "pollCreationMessageV3"];

/**
 * {id, options} of a vote: the poll's id and the names of what was chosen (none: the vote was taken back). Null for
 * a vote that is none, in a poll that is not ours, or that cannot be opened. `poll(id)` gives the message sent.
 */
export async function voteIn(message, me, poll) {
  const update = normalizeMessageContent(message.message)?.pollUpdateMessage;
  const id = update?.pollCreationMessageKey?.id;
  const sent = id && update.vote?.encPayload && (await poll(id));
  const secret = sent?.messageContextInfo?.messageSecret;
  if (!secret) return null;
  const { remoteJid, remoteJidAlt } = message.key;
  // Phones and lids are both in use; which of them a phone sealed with shows only by trying.
  for (const creator of addresses(me.id, me.lid)) {
    for (const voter of addresses(remoteJid, remoteJidAlt)) {
      const vote = opened(update.vote, { pollCreatorJid: creator, voterJid: voter, pollMsgId: id, pollEncKey: secret });
      if (vote) return { id, options: names(sent, vote.selectedOptions) };
    }
  }
  return null;
}

const addresses = (...jids) => jids.filter(Boolean).map((jid) => jidNormalizedUser(jid));

function opened(vote, how) {
  try {
    return decryptPollVote(vote, how);
  } catch {
    return null;
  }
}

/** Options are told by the hash of their names. */
function names(sent, chosen) {
  const [poll] = POLLS.map((kind) => sent[kind]).filter(Boolean);
  const hash = (name) => createHash("sha256").update(name).digest("hex");
  const known = new Map((poll?.options ?? []).map(({ optionName }) => [hash(optionName), optionName]));
  return chosen.map((option) => known.get(Buffer.from(option).toString("hex"))).filter(Boolean);
}
