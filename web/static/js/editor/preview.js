// The preview beside the canvas. What it knows is a list of acts; the server plays them on the draft
// as it is now, and says what came of it. Stepping back hides what came later; acting there goes on
// from there.
import { ask, formOf } from './asking.js';
import { isField } from './geometry.js';
import { View } from './preview_view.js';

const panel = document.querySelector('#preview'), canvas = document.querySelector('#canvas');
const $ = (selector) => panel.querySelector(selector);
const base = `/flows/${panel.dataset.key}/edit/preview`, stored = `flowengine.preview.${panel.dataset.key}`;
const view = new View(panel, canvas);
const REST = 1000;
const newScript = (contact = { name: 'Ana', phone: '+5511999990001' }, now = localNow()) => ({ contact, now, acts: [] });

let script = remembered() ?? newScript(), asking = 0, chosen = '', together = null;

/** Now, to the minute, with this place's offset: "2026-11-21T14:02:00-03:00". */
function localNow(at = new Date()) {
  const off = -at.getTimezoneOffset(), two = (n) => String(Math.floor(Math.abs(n))).padStart(2, '0');
  const there = new Date(at.getTime() + off * 60000).toISOString().slice(0, 16);
  return `${there}:00${off < 0 ? '-' : '+'}${two(off / 60)}:${two(off % 60)}`;
}
function remembered() {
  try { return JSON.parse(sessionStorage.getItem(stored)); } catch { return null; }
}

export const post = (path, fields) => ask(path, { body: formOf(fields) });

/** Plays the acts again. `fresh`: what is new is walked through, step by step. */
async function play({ fresh = true, path = base } = {}) {
  const mine = ++asking;
  sessionStorage.setItem(stored, JSON.stringify(script));
  panel.classList.add('is-busy');
  let [ok, said] = await post(path, { script: JSON.stringify(script) });
  // Playing changes nothing, so it is asked for until somebody answers; a real call is not made again.
  while (said.away && path === base && mine === asking) {
    view.problem(said.detail);
    await new Promise((done) => setTimeout(done, REST));
    if (mine === asking) [ok, said] = await post(path, { script: JSON.stringify(script) });
  }
  if (mine !== asking) return;
  panel.classList.remove('is-busy');
  if (!ok) return view.problem([said.detail, said.mend].filter(Boolean).join(' '));
  const keep = $('#pv-keep');
  if (keep) keep.hidden = !script.acts.length;
  if (said.act) { script.acts.push(said.act); return play(); }
  view.show(said, fresh);
}

/** Something happens: after what is shown, and what came later in another life is forgotten. */
export function act(what) {
  if (view.back) script.acts = script.acts.slice(0, view.actsBefore());
  view.back = false;                      // what happens next comes after this, shown or not yet
  script.acts.push(what);
  return play();
}

export function restart(with_ = newScript(script.contact)) {
  script = with_;
  view.forget();
  return play();
}

/** Opens a script that somebody else made: a talk, a finding's chat. */
export function open(with_) {
  if (with_) { script = with_; view.forget(); tab('chat'); }
  panel.hidden = false;
  document.body.classList.add('previewing');
  canvas.dispatchEvent(new CustomEvent('flow:previewing'));
  document.querySelector('[data-preview]')?.setAttribute('aria-pressed', 'true');
  return play();
}
export const current = () => script;
export function tab(name) {
  for (const [id, on] of [['tests', name === 'tests'], ['chat', name !== 'tests']]) $(`#pv-tab-${id}`).setAttribute('aria-selected', on);
  $('#pv-tests').hidden = name !== 'tests';
  $('#pv-talk').hidden = name === 'tests';
}
function close() {
  panel.hidden = true;
  document.body.classList.remove('previewing');
  document.querySelector('[data-preview]')?.setAttribute('aria-pressed', 'false');
  canvas.activate(null);
  canvas.focus();
}

const acts = {
  say: (text) => ({ say: text }),
  event: (name) => ({ event: name }),
  start: (flow) => ({ start: flow }),
  media: (kind) => ({ media: kind }),
  location: () => ({ location: { latitude: -23.5505, longitude: -46.6333, name: 'São Paulo' } }),
  fail: (reason) => ({ fail: { reason } }),
  twice: () => ({ twice: true }),
  after: (time) => ({ after: time }),
  human: (what) => what === 'say' ? { human: { say: $('#pv-words').value || '👋' } } : what === 'close' ? { human: { close: '' } } : { human: what },
};
const buttons = {
  close,
  restart: () => restart(),
  back: () => view.look(view.at - 1),
  forth: () => view.look(view.at + 1),
  from: () => { if (chosen) { script = newScript(script.contact); view.forget(); act({ start: { flow: panel.dataset.key, node: chosen } }); } },
  together: () => { together = []; const box = $('#pv-words'); box.dataset.before ??= box.placeholder; box.placeholder = '1 / 2'; box.focus(); },
};

panel.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  buttons[button.dataset.pv]?.();
  for (const [name, make] of Object.entries(acts)) {
    const key = `act${name[0].toUpperCase()}${name.slice(1)}`;
    if (!(key in button.dataset)) continue;
    act(make(button.dataset[key]));
    if (name === 'human') $('#pv-words').value = '';
    button.closest('details')?.removeAttribute('open');
  }
  if (button.dataset.moment) view.look(+button.dataset.moment);
  if ('fail' in button.dataset) act({ model: { node: button.form.dataset.node, flow: button.form.dataset.flow, failed: 'unreachable' } });
  if ('real' in button.dataset) play({ path: `${base}/call` });
  if (button.dataset.pv === 'together') button.closest('details').removeAttribute('open');
});

panel.addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.target, data = new FormData(form);
  if (form.id === 'pv-keep-form') return;
  if (form.id === 'pv-say') say();
  else if (form.id === 'pv-setup') setUp(form, data);
  else if (form.dataset.answer) act(answered(form, data));
  else if (data.has('tap')) tap(form, data.get('tap'));
});
panel.addEventListener('change', (event) => {
  const { name } = event.target.dataset;
  if (name) act({ set: { name, value: event.target.value } });
});
$('#pv-range').addEventListener('input', (event) => view.look(+event.target.value));

function say() {
  const box = $('#pv-words'), text = box.value.trim();
  if (!text) return;
  box.value = '';
  if (!together) return act({ say: text });
  together.push(text);
  if (together.length < 2) { box.placeholder = '2 / 2'; return; }
  box.placeholder = box.dataset.before;
  act({ together });
  together = null;
}

/** A tap names its choice, and how many newer messages that offer the same are passed over. */
function tap(form, choice) {
  const bubbles = [...panel.querySelectorAll('#pv-chat .said')].filter((said) => !said.hidden);
  const newer = bubbles.slice(bubbles.indexOf(form.closest('.said')) + 1);
  const back = newer.filter((said) => said.querySelector(`input[name=tap][value="${CSS.escape(choice)}"]`)).length;
  form.closest('details')?.removeAttribute('open');
  act({ tap: back ? { choice, back } : choice });
}

function answered(form, data) {
  const { node, flow, answer } = form.dataset;
  if (answer === 'model') {
    const outcome = data.get('outcome');
    return { model: { node, flow, text: data.get('text'), calls: outcome ? [{ name: 'outcome', arguments: { id: outcome } }] : [] } };
  }
  const status = data.get('status');
  if (!status) return { http: { node, flow, failed: 'transient' } };
  try { return { http: { node, flow, status: +status, json: JSON.parse(data.get('body') || 'null') } }; } catch { return { http: { node, flow, status: +status, text: data.get('body') } }; }
}

function setUp(form, data) {
  form.closest('details').open = false;
  const contact = { name: data.get('name'), language: data.get('language'), known: data.has('known'), tags: data.get('tags').split(',').map((tag) => tag.trim()).filter(Boolean) };
  if (!data.has('nophone')) contact.phone = '+5511999990001';
  else contact.id = 'BR.simulado';
  restart(newScript(contact, data.get('now') ? localNow(new Date(data.get('now'))) : undefined));
}

// A finding's own chat: the shortest that shows it. Of two that were asked for the later one is played.
let found = 0;
document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-finding]');
  if (!button) return;
  const mine = ++found, { code, node, exit, path } = button.dataset;
  button.disabled = true;
  const [ok, said] = await post(`/flows/${panel.dataset.key}/edit/finding`, { code, node, exit, path });
  button.disabled = false;
  if (ok && mine !== found) return;
  if (ok) { button.closest('details')?.removeAttribute('open'); open(said); } else button.textContent = [said.detail, said.mend].filter(Boolean).join(' ');
});

canvas.addEventListener('flow:select', ({ detail }) => {
  const n = detail.ids.length === 1 && canvas.nodes.get(detail.ids[0]), button = $('[data-pv=from]');
  chosen = n?.ins ? n.id : '';
  if (!button) return;
  button.hidden = !chosen;
  const words = button.querySelector('span');
  if (chosen) words.textContent = words.dataset.words.replace('…', n.el.querySelector('.names b')?.textContent ?? chosen);
});
// An edit of the draft plays the same chat on it, a moment later.
let later = 0;
canvas.addEventListener('flow:applied', () => {
  if (panel.hidden) return;
  clearTimeout(later);
  later = setTimeout(() => play({ fresh: false }), 250);
});
document.querySelector('[data-preview]')?.addEventListener('click', () => { if (panel.hidden) { open(); $('#pv-words').focus(); } else close(); });
document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented) return;
  if (isField(event.target) && !(event.target.id === 'pv-words' && event.key === 'Escape')) return;
  if (event.key === 'Escape' && !panel.hidden && panel.contains(event.target)) { event.stopPropagation(); close(); }
  if (event.key.toLowerCase() === 't' && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); if (panel.hidden) open(); $('#pv-words').focus(); }
});
