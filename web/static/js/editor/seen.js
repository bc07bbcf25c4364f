// How the things that an edit touches stand on this canvas: the server does the edit where they
// stand so still, whatever others did elsewhere, and says so where they do not.

/** `id` is a card's, or "mark-ID" of a note or frame; null where it is not on the canvas. */
function seenAs(canvas, id) {
  const n = canvas.nodes.get(id);
  if (!n && id.startsWith('mark-')) return { mark: document.getElementById(id)?.dataset.sign ?? '' };
  if (!n) return null;
  const exits = {}, into = [];
  for (const e of n.edges) {
    if (e.from === id) exits[e.out] = e.to;
    if (e.to === id) into.push([e.from, e.out]);
  }
  return { mark: n.el.dataset.sign, at: n.el.dataset.was.split(',').map(Number), exits, into, start: 'start' in n.el.dataset };
}

/** What operations are about. */
function touched(ops) {
  const ids = new Set();
  for (const op of ops) {
    if (op.op === 'mark') ids.add(`mark-${op.mark.id}`);
    else if (op.op === 'unmark') ids.add(`mark-${op.id}`);
    else for (const id of [op.id, op.from, op.node?.id ?? op.node]) if (typeof id === 'string') ids.add(id);
  }
  return ids;
}

/** `form`: the open form of a step or of the flow, which knows what it was made of. */
export function seenOf(canvas, { path, fields }, form) {
  const found = {};
  const add = (id) => { const seen = id && seenAs(canvas, id); if (seen) found[id] = seen; };
  if (path === 'ops') for (const id of touched(JSON.parse(fields.ops))) add(id);
  if (path === 'add') for (const id of [fields.from, ...touched(JSON.parse(fields.moves ?? '[]'))]) add(id);
  const step = path.startsWith('steps/') && path.slice('steps/'.length);
  if (step) {
    add(step);
    if (found[step] && form?.dataset.node === step) found[step].mark = form.dataset.sign;
  }
  if (path === 'flow' && form) Object.assign(found, marked(JSON.parse(form.dataset.signs)));
  return found;
}

/** Moves on what was seen of a thing, or of a line, where it `was` as an edit of ours found it. */
export function turn(seen, { id, line, was, now }) {
  if (line) {
    const [from, exit] = line, exits = seen[from]?.exits, into = (to) => (to && seen[to]?.into) || [];
    if (exits && (exits[exit] ?? null) === was) { if (now) exits[exit] = now; else delete exits[exit]; }
    const old = into(was), place = old.findIndex((spot) => spot[0] === from && spot[1] === exit);
    if (place >= 0) old.splice(place, 1);
    if (now && seen[now]?.into) seen[now].into.push([from, exit]);
    return;
  }
  const it = seen[id];
  if (!it || !was || !now) return;
  if (it.mark === was.mark) it.mark = now.mark;
  if (it.at && was.at && `${it.at}` === `${was.at}`) it.at = now.at;
}

export const marked = (signs) => Object.fromEntries(Object.entries(signs).map(([part, mark]) => [part, { mark }]));
