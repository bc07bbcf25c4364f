// The form of the chosen step: what is typed goes to the draft by itself, a moment later.
import { acted } from './acted.js';
import { drawBubbles } from './bubble.js';
import { back, spot } from './caret.js';
import { addChips, sampled } from './chips.js';
import { listen } from './form_parts.js';
import { picking, stopPicking } from './picking.js';
import { read } from './reading.js';
import { dragRows } from './rows.js';
import { enter, isStarter } from './starters.js';
import { word } from './words.js';

const NARROW = 900;
/** Written up to two braces: the rest is being picked, and goes with it. */
const HALF = -1;
/** What a button does to the order of rows. */
const MOVES = /^(up|down|move|remove):/;
/** The form of the flow itself stands in the same place: no step's id looks like this. */
export const FLOW = '/flow';
const pathOf = (id) => (id === FLOW ? 'flow' : `steps/${id}`);

export function openInspector(canvas, queue, base) {
  const box = document.querySelector('#inspector'), folds = new Set();
  let want = null;                        // {id, language}: the form that is shown, or is to be
  let coming = null;                      // the answer on its way that shows it; a later one takes its place
  let touched = 0;                        // grows with all that somebody does to the form
  let typing = 0, unsent = null;          // words that go in a moment; a field that goes when it is left
  const shifted = new Map();              // by step, how often its rows may have become other rows: they are named by their places
  const shift = (id) => shifted.set(id, (shifted.get(id) ?? 0) + 1);
  let wrong = '';                         // the step whose form was refused: what was typed in it stays
  let late = false;                       // the draft went on, and the form has to be filled again
  let chosen = 0, findings = [], clashed = '';
  const form = () => box.querySelector('form'), language = () => form()?.dataset.language ?? '';
  const shows = () => !!want && form()?.dataset.node === want.id && language() === want.language;
  let pressed = false;                    // the mouse or a finger is down in it: what it is on is there until it comes up
  /** Nothing may be put in the place of a form that somebody is writing in, or pressing something of. */
  const held = () => typing || unsent || pressed || picking(box) || queue.going(pathOf(want?.id));

  /** Asks for the form that is wanted. `focus` gives the element that gets the keyboard then. */
  const fill = (focus, then = acted()) => {
    const mine = { want, touched, focus, then };
    coming = mine;
    canvas.insetRight = innerWidth > NARROW ? 384 : 0;
    canvas.insetBottom = innerWidth > NARROW ? 0 : canvas.clientHeight * 0.58;
    mine.done = answered(mine);
    return mine.done;
  };
  const answered = async (mine) => {
    const { id, language } = mine.want;
    await queue.gone(pathOf(id));         // a form of before our own edits would take them back
    const html = coming === mine ? await read(`${base}/${pathOf(id)}${language ? `?language=${encodeURIComponent(language)}` : ''}`, () => coming === mine) : null;
    if (coming !== mine) return;
    coming = null;
    if (html === null) want = form() ? { id: form().dataset.node, language: form().dataset.language ?? '' } : null;
    else if (shows() && touched !== mine.touched) refill();   // somebody wrote in it meanwhile
    else if (!shows() || !held()) show(html, mine);
    else late = true;
  };
  /** The same form with what the draft holds now, as soon as nobody is at it. */
  const refill = (focus, then) => { late = true; if (!held()) fill(focus, then); };
  const settled = () => { if (late && !coming && shows() && !held()) refill(); };

  const show = (html, { want: { id }, focus, then }) => {
    const same = form()?.dataset.node === id, at = same && spot(box), scroll = same ? box.querySelector('.ed-scroll').scrollTop : 0;
    const gaps = same ? [...box.querySelectorAll('[data-gap]')].map((it) => [it.dataset.gap, it.value]) : [];
    leave();
    stopPicking(box);
    if (!same) clashed = wrong = '';
    // Who went on to something else keeps the keyboard there.
    const free = then === acted() || document.activeElement === document.body, to = free && focus;
    late = false;
    box.innerHTML = html;
    for (const [name, value] of gaps) { const gap = box.querySelector(`[data-gap="${CSS.escape(name)}"]`); if (gap) gap.value = value; }
    dress();
    if (!same) canvas.uncover(id);
    box.querySelector('.ed-scroll').scrollTop = scroll;
    const next = to && to();
    if (next) enter(next);
    else if (at) back(box, at);
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
  const first = () => box.querySelector('.chips-text,.ed-scroll input:not([type=hidden]),.ed-scroll select,.ed-scroll textarea');
  /** What waits for its words, while the keyboard is nowhere else; not by finger, whose keyboard would cover it. */
  const unwritten = (id) => () => {
    const it = first(), here = document.activeElement, free = here === document.body || here === canvas.nodes.get(id)?.el;
    return free && it && isStarter(it.textContent) && !matchMedia('(pointer: coarse)').matches ? it : null;
  };

  /** `focus`: true for its first field, or what gives the element. */
  const open = async (id, focus = false) => {
    const into = focus === true ? first : focus;
    chosen = acted();
    flush();
    if (want?.id !== id) {
      want = { id, language: form()?.dataset.node === id ? language() : '' };
      coming = null;
    }
    if (shows()) {
      const it = into && into();
      if (it) enter(it);
      settled();
    } else if (!coming) await fill(into);
    else {
      if (focus) Object.assign(coming, { focus: into, then: acted() });
      await coming.done;
    }
  };
  const close = () => {
    chosen = acted();
    leave();
    want = coming = null;
    late = false;
    box.replaceChildren();
    canvas.insetRight = canvas.insetBottom = 0;
  };

  /** Sends what was typed and not sent yet. */
  const flush = () => {
    if (!typing) return;
    clearTimeout(typing);
    typing = 0;
    send();
  };
  /** The form goes away: what its fields hold back goes too. */
  const leave = () => { unsent?.blur(); unsent = null; flush(); };
  const send = (more = {}) => {
    const found = form();
    if (!found || canvas.readonly) return;
    clearTimeout(typing);
    typing = 0;
    touched += 1;
    const fields = {};
    for (const [name, value] of new FormData(found)) if (typeof value === 'string') (fields[name] ??= []).push(value);
    queue.send(pathOf(found.dataset.node), { ...fields, ...more }, word('edit'), { quiet: !Object.keys(more).length });
    // Rows are named by their places: nothing is written at a place that is about to be another's.
    if (MOVES.test(more.action)) { shift(found.dataset.node); found.querySelector('.ed-scroll').inert = true; }
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
    if (language()) return;
    for (const { node, path, text } of findings) {
      if (node !== form()?.dataset.node) continue;
      const field = fieldAt(path.replace(/^\/nodes\/\d+/, ''));
      if (field && field.querySelector('.wrong').hidden) say(field, text, 'soft');
    }
  }

  /* ---- what happens in the form ---- */

  box.addEventListener('input', (event) => {
    touched += 1;
    if (event.target.closest('.chips-text')) return;
    if (form()) { count(); drawBubbles(form()); }
    if (event.target.closest('[data-json],[data-late],[data-gap]')) unsent = event.target;
    if (event.target.closest('[data-json],[data-late],[data-gap],[type=file]') || !event.target.closest('form')) return;
    clearTimeout(typing);
    typing = setTimeout(() => { if (picking(box)) typing = HALF; else flush(); }, 400);
  });
  document.addEventListener('flow:picked', () => { if (typing === HALF) flush(); settled(); });
  box.addEventListener('change', (event) => {
    const it = event.target;
    if (it.matches('[data-json],[data-gap],[type=file]')) return;
    if (it === unsent) unsent = null;
    const again = it.matches('[data-reshapes]') || it.closest('.kind-name,.kind-key');
    if (again) send({ action: 'again' });
    else if (it.matches('[data-late],select,[type=checkbox]')) send();
    else flush();
  });
  box.addEventListener('focusout', (event) => { if (event.target === unsent) unsent = null; settled(); });
  // A list to choose from keeps to itself when it is let go.
  box.addEventListener('pointerdown', ({ target: it }) => { pressed = !!it.closest('button,a,summary,label') && !it.closest('select'); }, { capture: true });
  // The click that it ends in comes first.
  for (const kind of ['pointerup', 'pointercancel']) addEventListener(kind, () => { if (pressed) setTimeout(() => { pressed = false; settled(); }); }, { capture: true });
  box.addEventListener('submit', (event) => { event.preventDefault(); flush(); });
  box.addEventListener('click', (event) => {
    const action = event.target.closest('[data-step-action]'), tongue = event.target.closest('[data-tongue]');
    if (action) send({ action: action.dataset.stepAction });
    const clash = event.target.closest('[data-clash]');
    if (clash) settle(clash.dataset.clash);
    if (event.target.closest('[data-step-json]')) send({ json: box.querySelector('[data-json]').value });
    if (tongue) { leave(); want = { id: form().dataset.node, language: tongue.dataset.tongue }; fill(); }
  });
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    const menu = box.querySelector('details.menu[open]');
    if (menu) { menu.open = false; menu.querySelector('summary').focus(); return; }
    const id = form()?.dataset.node;
    close();
    (canvas.nodes.get(id)?.el ?? canvas).focus({ preventScroll: true });
  });
  dragRows(box, (action) => send({ action }));
  const give = (id, fields) => queue.send(pathOf(id), fields, word('edit'));
  const kept = () => { flush(); return queue.gone(pathOf(form().dataset.node)); };
  listen(box, { send, give, kept, refill, shifts: (id) => shifted.get(id) ?? 0, base });

  return {
    open,
    /** Of a step that was just added: what one types next is what it says. */
    begin: (id) => open(id, unwritten(id)),
    form,
    close,
    leave,
    /** When somebody last chose what is shown here. */
    get chosen() { return chosen; },
    get wanted() { return want?.id; },
    /** After an edit: the form goes with its step, and shows what an undo or a button changed. */
    after: ({ edit, parts, signs }) => {
      if (edit.kind === 'undo' || edit.kind === 'redo') for (const part of parts) shift(part.id.replace(/^n-/, ''));
      const id = form()?.dataset.node;
      if (!id) return;
      const own = edit.path === pathOf(id);
      if (own) { wrong = ''; form().dataset.sign = canvas.nodes.get(id)?.el.dataset.sign ?? ''; resign(signs); box.querySelector('#step-problem')?.replaceChildren(); quiet('bad'); }
      if (id !== FLOW && !canvas.nodes.has(id) && want?.id === id) { close(); return; }
      if ((clashed === id || wrong === id) && edit.path === 'others') return;
      const again = own ? edit.fields.action || edit.fields.json || late : id === FLOW ? edit.path === 'ops' || edit.path === 'others' : parts.some((part) => part.id === `n-${id}`);
      if (!again) return;
      if (shows()) refill(() => onward(edit.fields.action), edit.acted);
      else late = true;                   // another form is on its way, and comes first
    },
    /** A refusal of what this form sent is shown at its field; the next thing that fits mends it. */
    refused: ({ edit, status, detail, mend, place: at }) => {
      const place = box.querySelector('#step-problem');
      if (!place || queue.stale || edit.path !== pathOf(form().dataset.node)) return false;
      if (MOVES.test(edit.fields.action)) box.querySelector('.ed-scroll').inert = false;
      if (status === 409) { choose(place, detail); return true; }
      wrong = form().dataset.node;
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
    if (act === 'theirs') { typing = clearTimeout(typing) ?? 0; unsent = null; fill(); return; }
    const html = await read(`${base}/${pathOf(id)}`, () => form()?.dataset.node === id), now = document.createElement('template');
    if (form()?.dataset.node !== id) return;
    now.innerHTML = html ?? '';
    const fresh = now.content.querySelector('form')?.dataset;
    if (!fresh) return;
    Object.assign(form().dataset, { sign: fresh.sign ?? '', ...(fresh.signs ? { signs: fresh.signs } : {}) });
    send();
  }

  /** Where the keyboard goes on after a button of the form: the new item, or the row that moved. */
  function onward(action = '') {
    const [verb, ...rest] = String(action).split(':'), at = rest.at(-1) ?? '';
    return verb === 'add' ? newest(at) : MOVES.test(action) ? moved(verb, rest) : null;
  }
  function newest(at) {
    const rows = [...box.querySelectorAll(`.row-of[data-at^="${CSS.escape(at)}"]`)].filter((row) => row.dataset.at !== at);
    const row = rows.filter((each) => !rows.some((other) => other !== each && other.contains(each))).at(-1) ?? rows.at(-1);
    return row?.querySelector('.chips-text,input:not([type=hidden],[hidden]),select');
  }
  function moved(verb, [at, to]) {
    const list = at.slice(0, at.lastIndexOf('/')), index = +at.slice(list.length + 1);
    const rows = [...box.querySelectorAll('.row-of')].filter(({ dataset: d }) => d.at.slice(0, d.at.lastIndexOf('/')) === list);
    const row = rows[{ up: index - 1, down: index + 1, move: +to, remove: Math.min(index, rows.length - 1) }[verb]];
    return row?.querySelector(`[data-step-action^="${verb}:"]`) ?? row?.querySelector('[data-step-action]') ?? box.querySelector(`.rows-of[data-at="${CSS.escape(list)}"] > .adds button`) ?? first();
  }
}
