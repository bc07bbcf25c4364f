// The form of the chosen step: what is typed goes to the draft by itself, a moment later.
import { addChips, sampled } from './chips.js';
import { drawBubbles } from './bubble.js';
import { listen } from './form_parts.js';
import { word } from './words.js';

const NARROW = 900;
/** The form of the flow itself stands in the same place: no step's id looks like this. */
export const FLOW = '/flow';
const pathOf = (id) => (id === FLOW ? 'flow' : `steps/${id}`);

export function openInspector(canvas, queue, base) {
  const box = document.querySelector('#inspector'), folds = new Set();
  let typing = 0, wanted = null, language = '', late = false, findings = [], clashed = '';
  const form = () => box.querySelector('form');

  const fill = async (id, focus) => {
    wanted = id;
    canvas.insetRight = innerWidth > NARROW ? 384 : 0;
    canvas.insetBottom = innerWidth > NARROW ? 0 : canvas.clientHeight * 0.58;
    const answer = await fetch(`${base}/${pathOf(id)}${language ? `?language=${encodeURIComponent(language)}` : ''}`);
    if (!answer.ok || wanted !== id) return;
    const html = await answer.text();
    if (wanted !== id) return;
    const same = form()?.dataset.node === id, scroll = same ? box.querySelector('.ed-scroll').scrollTop : 0, at = focused();
    box.innerHTML = html;
    dress();
    if (!same) canvas.uncover(id);
    box.querySelector('.ed-scroll').scrollTop = scroll;
    if (focus) box.querySelector(focus === true ? '.chips-text,.ed-scroll input:not([type=hidden]),.ed-scroll select,.ed-scroll textarea' : focus)?.focus();
    else if (same && at) refocus(at);
  };
  const dress = () => {
    const it = form();
    for (const fold of it.querySelectorAll('details[data-fold]')) {
      fold.open = folds.has(fold.dataset.fold);
      fold.addEventListener('toggle', () => folds[fold.open ? 'add' : 'delete'](fold.dataset.fold));
    }
    addChips(it);
    count();
    drawBubbles(it);
    showFindings();
  };
  const focused = () => { const it = document.activeElement; return box.contains(it) ? it.dataset.name ?? it.name : ''; };
  const refocus = (name) => (box.querySelector(`[data-name="${CSS.escape(name)}"]`) ?? box.querySelector(`[name="${CSS.escape(name)}"]:not([hidden])`))?.focus();

  const open = async (id, focus = false) => {
    flush();
    if (form()?.dataset.node === id && !focus) return;
    if (form()?.dataset.node !== id) language = clashed = '';
    await fill(id, focus);
  };
  const close = () => { flush(); wanted = null; box.replaceChildren(); canvas.insetRight = canvas.insetBottom = 0; };

  /** Sends what was typed and not sent yet. */
  const flush = () => {
    if (!typing) return;
    clearTimeout(typing);
    typing = 0;
    send();
  };
  const send = (more = {}) => {
    const found = form();
    if (!found || canvas.readonly) return;
    clearTimeout(typing);
    typing = 0;
    const fields = {};
    for (const [name, value] of new FormData(found)) if (typeof value === 'string') (fields[name] ??= []).push(value);
    queue.send(pathOf(found.dataset.node), { ...fields, ...more }, word('edit'), { quiet: !Object.keys(more).length });
  };

  /* ---- limits, and what is wrong where ---- */

  const count = () => {
    for (const field of box.querySelectorAll('.field[data-longest]')) {
      const text = sampled(field.querySelector('[name]').value, form()), most = +field.dataset.longest, out = field.querySelector('.count-of');
      out.textContent = `${[...text].length}/${most}`;
      out.classList.toggle('over', [...text].length > most);
    }
  };
  /** The field at a place in the node, or the nearest around it. */
  const fieldAt = (place) => {
    for (let at = place; at; at = at.slice(0, at.lastIndexOf('/'))) {
      const found = box.querySelector(`.field[data-at="${CSS.escape(at)}"]`) ?? box.querySelector(`.row-of[data-at="${CSS.escape(at)}"] .field`);
      if (found) return found;
    }
    return null;
  };
  const say = (field, text, cls) => {
    const line = field.querySelector('.wrong');
    line.textContent = text;
    line.hidden = false;
    line.className = `wrong ${cls}`;
    if (cls === 'bad') for (const it of field.querySelectorAll('input,select,textarea,.chips-text')) it.setAttribute('aria-invalid', 'true');
    for (let fold = field.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
  };
  const quiet = (cls) => {
    for (const line of box.querySelectorAll(`.wrong.${cls}`)) {
      line.hidden = true;
      for (const it of line.parentElement.querySelectorAll('[aria-invalid]')) it.removeAttribute('aria-invalid');
    }
  };
  function showFindings() {
    quiet('soft');
    if (language) return;
    for (const { node, path, text } of findings) {
      if (node !== form()?.dataset.node) continue;
      const field = fieldAt(path.replace(/^\/nodes\/\d+/, ''));
      if (field && field.querySelector('.wrong').hidden) say(field, text, 'soft');
    }
  }

  /* ---- what happens in the form ---- */

  box.addEventListener('input', (event) => {
    if (event.target.closest('.chips-text')) return;
    if (form()) { count(); drawBubbles(form()); }
    if (event.target.closest('[data-json],[data-late],[data-gap],[type=file]') || !event.target.closest('form')) return;
    clearTimeout(typing);
    typing = setTimeout(flush, 400);
  });
  box.addEventListener('change', (event) => {
    const it = event.target;
    if (it.matches('[data-json],[data-gap],[type=file]')) return;
    const again = it.matches('[data-reshapes]') || it.closest('.kind-name,.kind-key');
    if (again) send({ action: 'again' });
    else if (it.matches('[data-late],select,[type=checkbox]')) send();
    else flush();
  });
  box.addEventListener('submit', (event) => { event.preventDefault(); flush(); });
  box.addEventListener('click', (event) => {
    const action = event.target.closest('[data-step-action]'), tongue = event.target.closest('[data-tongue]');
    if (action) send({ action: action.dataset.stepAction });
    const clash = event.target.closest('[data-clash]');
    if (clash) settle(clash.dataset.clash);
    if (event.target.closest('[data-step-json]')) send({ json: box.querySelector('[data-json]').value });
    if (tongue) { late ||= typing > 0 || queue.busy || queue.waiting.length > 0; flush(); language = tongue.dataset.tongue; fill(form().dataset.node); }
  });
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    const id = form()?.dataset.node;
    close();
    (canvas.nodes.get(id)?.el ?? canvas).focus({ preventScroll: true });
  });
  listen(box, { send, base, csrf: queue.csrf });

  return {
    open,
    form,
    close,
    /** After an edit: the form goes with its step, and shows what an undo or a button changed. */
    after: ({ edit, parts, signs }) => {
      const id = form()?.dataset.node;
      if (!id) return;
      const own = edit.path === pathOf(id);
      if (own) { form().dataset.sign = canvas.nodes.get(id)?.el.dataset.sign ?? ''; resign(signs); box.querySelector('#step-problem')?.replaceChildren(); quiet('bad'); }
      if (id !== FLOW && !canvas.nodes.has(id)) { close(); return; }
      if (clashed === id && edit.path === 'others') return;
      const again = own ? edit.fields.action || edit.fields.json || late : id === FLOW ? edit.path === 'ops' || edit.path === 'others' : parts.some((part) => part.id === `n-${id}`);
      late = again && (typing > 0 || queue.waiting.some((each) => each.path === pathOf(id)));
      if (again && !late) {
        const added = own && edit.fields.action?.startsWith?.('add:') ? edit.fields.action.split(':').at(-1) : '';
        fill(id).then(() => { if (added) focusLast(added); });
      }
    },
    /** A refusal of what this form sent is shown at its field; the next thing that fits mends it. */
    refused: ({ edit, status, detail, mend, place: at }) => {
      const place = box.querySelector('#step-problem');
      if (!place || queue.stale || edit.path !== pathOf(form()?.dataset.node)) return false;
      if (status === 409) { choose(place, detail); return true; }
      const field = at && fieldAt(at);
      quiet('bad');
      if (field) say(field, detail, 'bad');
      else place.textContent = [detail, mend].filter(Boolean).join(' ');
      return true;
    },
    /** What check says now, each at its field. */
    findings: (list) => { findings = list; if (form()) showFindings(); },
  };

  /** Somebody changed this very step: what was typed stays, until one says which of both counts. */
  function choose(place, detail) {
    clashed = form().dataset.node;
    place.replaceChildren(detail, document.createElement('br'));
    for (const act of ['theirs', 'mine']) {
      const button = document.createElement('button');
      Object.assign(button, { type: 'button', className: 'btn small', textContent: word(act) });
      button.dataset.clash = act;
      place.append(button);
    }
  }
  function resign(signs = {}) {
    const it = form();
    if (it?.dataset.signs) it.dataset.signs = JSON.stringify({ ...JSON.parse(it.dataset.signs), ...signs });
  }
  async function settle(act) {
    const id = clashed;
    clashed = '';
    box.querySelector('#step-problem').replaceChildren();
    if (act === 'theirs') { typing = clearTimeout(typing) ?? 0; fill(id); return; }
    const answer = await fetch(`${base}/${pathOf(id)}`), now = document.createElement('template');
    now.innerHTML = await answer.text();
    const fresh = now.content.querySelector('form').dataset;
    Object.assign(form().dataset, { sign: fresh.sign ?? '', ...(fresh.signs ? { signs: fresh.signs } : {}) });
    send();
  }

  /** The new item of a list gets the keyboard. */
  function focusLast(at) {
    const rows = [...box.querySelectorAll(`.row-of[data-at^="${CSS.escape(at)}"]`)].filter((row) => row.dataset.at !== at);
    const row = rows.filter((each) => !rows.some((other) => other !== each && other.contains(each))).at(-1) ?? rows.at(-1);
    row?.querySelector('.chips-text,input:not([type=hidden],[hidden]),select')?.focus();
  }
}
