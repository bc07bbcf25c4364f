// The editor's page: joins the canvas, the queue of edits, the palette and the form of a step.
import './canvas.js';
import { acted } from './acted.js';
import { openChosen } from './chosen.js';
import { openClipboard } from './clipboard.js';
import { isField } from './geometry.js';
import { takeFiles } from './files.js';
import { holdFor, letGo, pourFor } from './holding.js';
import { FLOW, openInspector } from './inspector.js';
import { beforeLeaving, linksWait } from './leaving.js';
import { openMenu } from './menu.js';
import { openOutline } from './outline.js';
import { writeOnCard } from './oncard.js';
import { Queue } from './queue.js';
import { keepToPerson } from './person.js';
import { openSearch } from './search.js';
import { listenToOthers } from './together.js';
import { word } from './words.js';

const $ = (selector) => document.querySelector(selector);
const canvas = $('#canvas'), base = `/flows/${canvas.dataset.key}/edit`;
const queue = new Queue(canvas, base);
const inspector = openInspector(canvas, queue, base);
const menu = openMenu(canvas, queue);
writeOnCard(canvas, queue, inspector);
const finish = () => {
  canvas.dispatchEvent(new CustomEvent('flow:leaving'));
  inspector.leave();
};
linksWait(queue, finish);
beforeLeaving(() => {
  queue.leaving = true;
  finish();
  setTimeout(() => { queue.leaving = false; });   // who stays after all
});
keepToPerson(canvas, queue, inspector);
const outline = openOutline(canvas, queue, base, { menu, inspector });
const snap = (value) => Math.round(value / 8) * 8;

/* ---- edits ---- */

canvas.addEventListener('flow:ops', (event) => queue.ops(event.detail.ops, event.detail.label));
canvas.addEventListener('flow:add', (event) => { queue.send('add', event.detail, word('add')); holdFor(event.detail); });
canvas.addEventListener('flow:duplicate', (event) => queue.send('duplicate', { id: event.detail.ids }, word('duplicate')));
// After the gesture's own events, which would close a menu that opened meanwhile.
canvas.addEventListener('flow:drop', (event) => setTimeout(() => menu.open(event.detail)));
canvas.addEventListener('flow:palette', (event) => menu.openAfter(event.detail.after, event.detail.exit));

queue.addEventListener('applied', ({ detail }) => {
  for (const part of detail.parts) put(part);
  canvas.sync();
  if (detail.added.length) {
    const [id, ...more] = detail.added;
    canvas.select(detail.added);
    // What somebody went on to meanwhile counts more than a step that comes late.
    // Of several the first: what a key means next is these, not what they were copied from.
    if (detail.edit.path === 'paste') canvas.reveal(id);
    const here = !more.length || canvas.contains(document.activeElement);
    if (here && detail.edit.acted === acted()) canvas.nodes.get(id)?.el.focus({ preventScroll: true });
    if (!more.length && inspector.chosen <= detail.edit.acted) {
      const opens = (detail.edit.acted === acted() && detail.edit.path === 'add' ? inspector.begin : inspector.open)(id);
      opens.then(() => pourFor(detail.edit.fields, inspector.form()));
      canvas.uncover(id);
    } else letGo(detail.edit.fields);
  } else letGo(detail.edit.fields);
  inspector.after(detail);
  outline.after(detail);
  hint();
  check();
  if (detail.notice) {                    // of a paste between flows of different languages
    const toast = document.createElement('p');
    toast.className = 'toast';
    toast.textContent = detail.notice;
    $('#toast').replaceChildren(toast);
  }
  canvas.dispatchEvent(new CustomEvent('flow:applied', { detail }));
});

queue.addEventListener('steps', () => {
  for (const [act, steps] of [['undo', queue.undo], ['redo', queue.redo]]) {
    const button = $(`[data-act=${act}]`);
    button.disabled = !steps.length;
    button.title = steps.length ? `${word(act)}: ${steps.at(-1).label}` : word(act);
  }
});

queue.addEventListener('refused', ({ detail }) => {
  letGo(detail.edit.fields);
  if (inspector.refused(detail)) return;
  const toast = document.createElement('p');
  toast.className = 'toast bad';
  toast.textContent = [detail.detail, detail.mend].filter(Boolean).join(' ');
  if (queue.stale) {
    const again = document.createElement('a');
    again.href = location.href;
    again.textContent = ` ${word('reload')}`;
    toast.append(again);
  }
  $('#toast').replaceChildren(toast);
});

/** An element of the canvas as the server shows it now; the focus stays where it was. One that is
    being written on waits until that is over. */
const writtenOn = new Map();
canvas.addEventListener('flow:written', ({ target, detail }) => {
  const { id } = target.closest('.fc-node,.fc-mark'), part = writtenOn.get(id);
  writtenOn.delete(id);
  if (part && !detail.kept) { put(part); canvas.sync(); }
});
function put(part) {
  const { id, html } = part, old = document.getElementById(id);
  if (!html) {
    const within = old?.contains(document.activeElement);
    old?.remove();
    if (within) canvas.focus({ preventScroll: true });
    return;
  }
  if (old?.matches('.is-written,:has(.is-written)')) { writtenOn.set(id, part); return; }
  const box = document.createElement('template');
  box.innerHTML = html.trim();
  const now = box.content.firstElementChild;
  if (!old) { canvas.world.append(now); return; }
  const port = old.contains(document.activeElement) ? document.activeElement.dataset.out : null;
  const focused = old.contains(document.activeElement);
  old.replaceWith(now);
  if (focused) (port ? now.querySelector(`[data-out="${CSS.escape(port)}"]`) ?? now : now).focus({ preventScroll: true });
}

/* ---- what check says, a moment after the last edit ---- */

let checking = 0;
function check() {
  clearTimeout(checking);
  checking = setTimeout(() => htmx.trigger($('#issues'), 'flow:check'), 350);
}

function badges() {
  const worst = new Map();
  for (const line of document.querySelectorAll('#issues .issue')) {
    const { goto: node, severity } = line.dataset;
    if (severity !== 'info' && worst.get(node)?.severity !== 'error') worst.set(node, { severity, text: line.textContent.trim() });
  }
  for (const n of canvas.nodes.values()) {
    const badge = n.el.querySelector('.fc-badge'), found = worst.get(n.id);
    if (!found && badge.hidden) continue;
    badge.hidden = !found;
    badge.className = `fc-badge ${found?.severity ?? ''}`;
    badge.title = found?.text ?? '';
  }
  const lines = [...document.querySelectorAll('#issues .issue')], errors = lines.filter((line) => line.dataset.severity === 'error').length;
  inspector.findings([...document.querySelectorAll('#issues .issue')].map((line) => ({ node: line.dataset.goto, path: line.dataset.path ?? '', text: line.querySelector('span > span')?.textContent ?? '' })));
  const button = $('#issues-button');
  button.className = `btn ghost ${errors ? 'bad' : lines.length ? 'warn' : 'fine'}`;
  button.querySelector('span').textContent = lines.length || word('fine');
  button.title = button.ariaLabel = lines.length ? button.dataset.found.replace('#', lines.length) : word('fine');
}
new MutationObserver(badges).observe($('#issues'), { childList: true });
if ($('#issues').childElementCount) badges();  // it may have come before this script did

/* ---- the clipboard, and files ---- */

const tell = (text) => { const toast = document.createElement('p'); toast.className = 'toast bad'; toast.textContent = text; $('#toast').replaceChildren(toast); };
openChosen(canvas, $('#chosen'), openClipboard(canvas, queue, base, { written: inspector.leave, tell }));

takeFiles(canvas, queue, snap);

/* ---- buttons, palette, shortcuts ---- */

const acts = {
  undo: () => queue.back(queue.undo, 'undo'),
  redo: () => queue.back(queue.redo, 'redo'),
  in: () => canvas.zoomAt(1.2),
  out: () => canvas.zoomAt(1 / 1.2),
  fit: () => canvas.fit(),
  tidy: () => {
    canvas.classList.add('is-laying-out');
    queue.send('tidy', { sizes: JSON.stringify(canvas.sizes()) }, word('tidy'));
    // Once they have their places, however late; while they glide there.
    queue.gone('tidy').then(() => { canvas.fit({ min: 0.5 }); setTimeout(() => canvas.classList.remove('is-laying-out'), 400); });
  },
  step: () => menu.openAfter(),
  note: () => canvas.addMark('notes'),
  frame: () => canvas.addMark('frames'),
  outline: () => outline.toggle(),
  search: () => openSearch(canvas, inspector, $('[data-act=search]')),
  flow: () => { canvas.select([]); inspector.open(FLOW, true); },
  close: () => inspector.close(),
};
document.addEventListener('click', (event) => {
  acts[event.target.closest('[data-act]')?.dataset.act]?.();
  const node = event.target.closest('[data-goto]')?.dataset.goto;
  if (node && canvas.nodes.has(node)) { event.target.closest('details')?.removeAttribute('open'); canvas.select([node]); inspector.open(node); canvas.reveal(node); }
});
document.addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'f') { event.preventDefault(); acts.search(); return; }
  if (event.key === '/' && !isField(event.target) && !canvas.readonly) { event.preventDefault(); menu.openAfter(); return; }
  if (event.key === '?' && !isField(event.target)) { event.preventDefault(); $('#keys').togglePopover(); return; }
  if (!(event.ctrlKey || event.metaKey) || isField(event.target)) return;
  const key = event.key.toLowerCase();
  if (key === 'z' || key === 'y') { event.preventDefault(); (event.shiftKey || key === 'y' ? acts.redo : acts.undo)(); }
});
document.addEventListener('dragstart', (event) => {
  const step = event.target.closest?.('.ed-pal');
  if (!step) return;
  event.dataTransfer.setData('application/x-flow-node', step.dataset.type);
  if (step.dataset.type !== 'trigger') event.dataTransfer.setData('application/x-flow-between', '1');
});
$('.ed-palette').addEventListener('click', (event) => {
  const step = event.target.closest('.ed-pal');
  if (step) menu.add(step.dataset.type);
});
$('#find-step').addEventListener('input', (event) => menu.filter($('.ed-palette'), event.target.value));

canvas.addEventListener('flow:open', (event) => inspector.open(event.detail.id, event.detail.focus));
// The form and the chat share a screen that has room for both, with the tools beneath.
canvas.addEventListener('flow:previewing', () => { if (canvas.clientWidth - 384 < 560) inspector.close(); });
canvas.addEventListener('flow:view', (event) => { $('#zoom').textContent = `${Math.round(event.detail.k * 100)}%`; });
canvas.attachMinimap($('#map'));
function hint() { $('#hint').hidden = canvas.nodes.size > 0; }
hint();
listenToOthers(canvas, queue, base, { put, after: (detail) => { inspector.after(detail); outline.after(detail); hint(); check(); } });
requestAnimationFrame(() => { canvas.fit({ min: 0.62 }); canvas.toggleAttribute('data-ready', true); });
