// Text with chips: what a flow reads ({{ nome }}) is shown as a word with a sample, and is picked
// from a list. The form's own field stays beneath, hidden, and holds the text as the document has it.
import { pick } from './picking.js';
import { chooseStarter, enter } from './starters.js';
import { word } from './words.js';

const PLACE = /(\{\{[^{}]*\}\}|\{%[^{}]*%\})/;
const MARKS = [['bold', '*', 'B'], ['italic', '_', 'I'], ['strike', '~', 'S'], ['mono', '```', '</>']];

/** Turns every field of a form that is a template into one with chips. */
export function addChips(form) {
  for (const own of form.querySelectorAll('.said-own')) show(own, own.textContent, form);
  for (const field of form.querySelectorAll('[data-chips]')) if (!field.disabled && !field.closest('fieldset:disabled,template')) dress(field, form);
}

/** What a text looks like with samples in its places. */
export function sampled(text, form) {
  return text.split(PLACE).map((part) => (PLACE.test(part) ? sampleOf(part, form) : part)).join('');
}
const inside = (part) => part.slice(2, -2).trim();
const knownAs = (code, form) => form.querySelector(`#known [data-code="${CSS.escape(code)}"]`);
const sampleOf = (part, form) => (part.startsWith('{%') ? '' : knownAs(inside(part), form)?.dataset.sample ?? '…');

function dress(field, form) {
  const kind = field.dataset.chips, box = document.createElement('div'), label = form.querySelector(`label[for="${CSS.escape(field.id)}"]`);
  box.className = `chips-text ${kind}`;
  box.contentEditable = 'plaintext-only';
  box.spellcheck = true;
  box.lang = form.dataset.language || '';
  box.setAttribute('role', 'textbox');
  if (kind !== 'line') box.setAttribute('aria-multiline', 'true');
  if (label) {
    label.id ||= `${field.id}-label`;
    label.removeAttribute('for');
    label.addEventListener('click', () => box.focus());
    box.setAttribute('aria-label', label.querySelector('span:not(.count-of)')?.textContent ?? label.textContent.trim());
  } else box.setAttribute('aria-label', field.getAttribute('aria-label') ?? '');
  box.dataset.empty = field.placeholder ?? '';
  box.dataset.name = field.name;
  show(box, field.value, form);
  field.hidden = true;
  field.removeAttribute('aria-label');
  if (kind === 'line') {
    // One line holds its own button, at its end.
    const line = document.createElement('div');
    line.className = 'chips-line';
    line.append(box, toolbar(kind, box, form));
    field.before(line);
  } else field.before(toolbar(kind, box, form), box);
  for (const kind of ['focus', 'click']) box.addEventListener(kind, () => chooseStarter(box));
  box.addEventListener('input', () => { watch(box, form); store(box, field); });
  // To pick a value is no leaving: what stands there is half written until then.
  box.addEventListener('focusout', ({ relatedTarget: to }) => { if (!to?.closest?.('.ed-pick')) field.dispatchEvent(new Event('change', { bubbles: true })); });
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && kind === 'line') event.preventDefault();
    const mark = (event.ctrlKey || event.metaKey) && { b: '*', i: '_' }[event.key.toLowerCase()];
    if (mark && kind === 'rich') { event.preventDefault(); wrap(box, mark); }
  });
}

/** A lone place to write in, outside of a form's fields: it takes the form's values. */
export function writeIn(place, text, form) {
  const box = document.createElement('div');
  box.className = 'chips-text on-card';
  box.contentEditable = 'plaintext-only';
  box.setAttribute('role', 'textbox');
  box.setAttribute('aria-multiline', 'true');
  box.setAttribute('aria-label', word('edit'));
  show(box, text, form);
  place.replaceChildren(box);
  box.addEventListener('input', () => watch(box, form));
  enter(box);
  return box;
}

function show(box, text, form) {
  box.replaceChildren(...text.split(PLACE).filter(Boolean).map((part) => (PLACE.test(part) ? chip(part, form) : document.createTextNode(part))));
}

function chip(code, form) {
  const known = knownAs(inside(code), form), it = document.createElement('span');
  it.className = 'chip';
  it.contentEditable = 'false';
  it.dataset.code = code;
  it.textContent = code.startsWith('{%') ? clause(inside(code).replace(/^-|-$/g, '').trim(), form) : known?.dataset.label ?? inside(code);
  it.classList.toggle('clause', code.startsWith('{%'));
  it.title = known ? `${word('sample')}: ${known.dataset.sample}` : code;
  return it;
}

/** {% if nome %} in words. */
function clause(code, form) {
  const [verb, ...rest] = code.split(/\s+/), what = rest.join(' ');
  return [word(`clause-${verb}`), knownAs(what, form)?.dataset.label ?? what].filter(Boolean).join(' ');
}

/** The text as the document has it. A lone line break at the end is the browser's own. */
export function textOf(box) {
  const read = (node) => {
    if (node.nodeType === 3) return node.data;
    if (node.dataset?.code) return node.dataset.code;
    if (node.tagName === 'BR') return '\n';
    return [...node.childNodes].map(read).join('');
  };
  const text = read(box);                 // white space is as it was written: no-break spaces too
  return box.lastChild?.tagName === 'BR' ? text.slice(0, -1) : text;
}

function store(box, field) {
  field.value = textOf(box);
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

/** Two braces that somebody types open the list of values. */
function watch(box, form) {
  const at = getSelection();
  if (at.anchorNode?.nodeType !== 3 || !at.anchorNode.data.slice(0, at.anchorOffset).endsWith('{{')) return;
  const node = at.anchorNode, end = at.anchorOffset;
  offer(box, form, box, () => { node.data = node.data.slice(0, end - 2) + node.data.slice(end); return caret(node, end - 2); });
}

const caret = (node, at) => { const range = document.createRange(); range.setStart(node, at); range.collapse(true); return range; };

function offer(box, form, near, prepare) {
  const was = rangeIn(box);
  const items = [...form.querySelectorAll('#known [data-code]')].map(({ dataset: d }) => ({ value: d.code, label: d.label, note: d.sample, group: d.group }));
  pick(near, items, (code) => {
    const range = prepare ? prepare() : was ?? endOf(box), made = chip(`{{ ${code} }}`, form);
    range.deleteContents();
    range.insertNode(made);
    range.setStartAfter(made);
    range.collapse(true);
    box.focus();
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    box.dispatchEvent(new Event('input', { bubbles: true }));
  }, word('values'));
}

function rangeIn(box) {
  const chosen = getSelection();
  return chosen.rangeCount && box.contains(chosen.anchorNode) ? chosen.getRangeAt(0).cloneRange() : null;
}
function endOf(box) { const range = document.createRange(); range.selectNodeContents(box); range.collapse(false); return range; }

/** WhatsApp's marks around what is chosen, or around the caret. */
function wrap(box, mark) {
  const range = rangeIn(box) ?? endOf(box), end = range.cloneRange();
  end.collapse(false);
  const after = document.createTextNode(mark);
  end.insertNode(after);
  range.insertNode(document.createTextNode(mark));
  box.focus();
  const at = document.createRange();
  at.setStartBefore(after);
  at.collapse(true);
  getSelection().removeAllRanges();
  getSelection().addRange(at);
  box.dispatchEvent(new Event('input', { bubbles: true }));
}

function insert(box, text, was) {
  const range = was ?? endOf(box), node = document.createTextNode(text);
  range.deleteContents();
  range.insertNode(node);
  box.focus();
  getSelection().removeAllRanges();
  getSelection().addRange(caret(node, text.length));
  box.dispatchEvent(new Event('input', { bubbles: true }));
}

function toolbar(kind, box, form) {
  const bar = document.createElement('div');
  bar.className = `chips-bar ${kind}`;
  const button = (sign, label, act, cls = '') => {
    const it = document.createElement('button');
    Object.assign(it, { type: 'button', textContent: sign, title: label, ariaLabel: label, className: cls });
    it.addEventListener('pointerdown', (event) => event.preventDefault());
    it.addEventListener('click', act);
    bar.append(it);
    return it;
  };
  if (kind === 'rich') {
    for (const [name, mark, sign] of MARKS) button(sign, word(name), () => wrap(box, mark), name);
    const smile = button('☺', word('emoji'), () => { const was = rangeIn(box); pick(smile, EMOJI, (found) => insert(box, found, was), word('emoji'), 'grid'); });
  }
  const data = button(kind === 'line' ? '+' : `＋ ${word('value')}`, word('insert-value'), () => offer(box, form, data), 'data');
  return bar;
}

const EMOJI = ['😀', '😊', '😉', '😍', '🤩', '😅', '🤔', '😢', '😡', '🙏', '👍', '👎', '👏', '👋', '🤝', '💪', '❤️', '💚', '⭐', '🔥', '🎉', '🎁', '✅', '❌', '⚠️', '❓', '❗', '➡️', '⬇️', '📌', '📍', '📞', '📱', '💬', '📅', '⏰', '🕐', '💰', '💳', '🧾', '🛒', '📦', '🚚', '🏠', '🏥', '🦷', '🐶', '🐱', '🍕', '☕', '🚗', '✈️', '📷', '📄', '🔒', '🔗', 'ℹ️', '1️⃣', '2️⃣', '3️⃣'].map((sign) => ({ value: sign, label: sign }));
