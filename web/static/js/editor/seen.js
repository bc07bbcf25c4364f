// How the things that an edit touches stand on this canvas: the server does the edit where they
// stand so still, whatever others did elsewhere, and says so where they do not.

/** `id` is a card's, or "mark-ID" of a note or frame; null where it is not on the canvas. */
function seenAs(canvas, id) {
  if (id.startsWith('mark-')) return { mark: document.getElementById(id)?.dataset.sign ?? '' };
  const n = canvas.nodes.get(id);
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

export const marked = (signs) => Object.fromEntries(Object.entries(signs).map(([part, mark]) => [part, { mark }]));
