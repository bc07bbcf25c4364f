// The form of the chosen step: what is typed goes to the draft by itself, a moment later.
import { word } from './words.js';

export function openInspector(canvas, queue, base) {
  const box = document.querySelector('#inspector');
  let typing = 0, wanted = null;
  const form = () => box.querySelector('form');

  const fill = async (id) => {
    wanted = id;
    canvas.insetRight = innerWidth > 900 ? 364 : 0;
    const answer = await fetch(`${base}/steps/${id}`);
    if (!answer.ok || wanted !== id) return;
    const html = await answer.text();
    const at = box.contains(document.activeElement) ? document.activeElement.name : '';
    box.innerHTML = html;
    if (at) box.querySelector(`[name="${CSS.escape(at)}"]`)?.focus();
  };
  const open = (id) => { flush(); if (form()?.dataset.node !== id) fill(id); };
  const close = () => { flush(); wanted = null; box.replaceChildren(); canvas.insetRight = 0; };

  /** Sends what was typed and not sent yet. */
  const flush = () => {
    if (!typing) return;
    clearTimeout(typing);
    typing = 0;
    send();
  };
  const send = (more = {}) => {
    const found = form();
    if (found) queue.send(`steps/${found.dataset.node}`, { ...Object.fromEntries(new FormData(found)), ...more }, word('edit'), { quiet: !Object.keys(more).length });
  };

  box.addEventListener('input', (event) => {
    if (event.target.closest('[data-json]')) return;
    clearTimeout(typing);
    typing = setTimeout(flush, 400);
  });
  box.addEventListener('change', flush);
  box.addEventListener('submit', (event) => { event.preventDefault(); flush(); });
  box.addEventListener('click', (event) => {
    const action = event.target.closest('[data-step-action]');
    if (action) { clearTimeout(typing); typing = 0; send({ action: action.dataset.stepAction, label: action.dataset.label ?? '' }); }
    if (event.target.closest('[data-step-json]')) send({ json: box.querySelector('[data-json]').value });
  });
  box.addEventListener('keydown', (event) => { if (event.key === 'Escape') { close(); canvas.focus(); } });

  return {
    open,
    close,
    /** After an edit: the form goes with its step, and shows what an undo or a button changed. */
    after: ({ edit, parts }) => {
      const id = form()?.dataset.node;
      if (!id) return;
      box.querySelector('#step-problem')?.replaceChildren();
      if (!canvas.nodes.has(id)) close();
      else if (edit.path !== `steps/${id}` ? parts.some((part) => part.id === `n-${id}`) : edit.fields.action || edit.fields.json) fill(id);
    },
    /** A refusal of what this form sent is shown in it. */
    refused: ({ edit, detail, mend }) => {
      const place = box.querySelector('#step-problem');
      if (!place || queue.stale || edit.path !== `steps/${form()?.dataset.node}`) return false;
      place.textContent = [detail, mend].filter(Boolean).join(' ');
      return true;
    },
  };
}
