// The tools of what is chosen: what the keyboard does to steps, for mouse and finger.

/** `bar` shows itself while steps are chosen; who may only look has none. `clip` says whether
    something can be pasted. */
export function openChosen(canvas, bar, clip) {
  if (!bar) return;
  const count = bar.querySelector('output'), paste = bar.querySelector('[data-chosen=paste]');
  const acts = {
    duplicate: () => canvas.duplicate(),
    copy: () => canvas._emit('flow:copy', { ids: [...canvas.selection] }),
    paste: () => canvas._emit('flow:paste', {}),
    remove: () => { canvas.remove(); canvas.focus({ preventScroll: true }); },
  };
  function show() {
    const n = [...canvas.selection].filter((id) => canvas.nodes.has(id)).length;
    bar.hidden = !n;
    paste.hidden = !clip.held();
    count.textContent = bar.dataset[n === 1 ? 'one' : 'many'].replace('#', n);
  }
  for (const told of ['flow:select', 'flow:applied', 'flow:copied']) canvas.addEventListener(told, show);
  bar.addEventListener('click', ({ target }) => acts[target.closest('[data-chosen]')?.dataset.chosen]?.());
}
