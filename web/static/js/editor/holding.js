// What is typed between asking for a place to write in and the moment it is there (the form of a new
// message, the words on a card): it is held and goes in there, as if that had been there at once. Until
// then each letter would be a shortcut of the canvas. A click or another key gives it up.
import { isField } from './geometry.js';

/** The kinds whose form takes the keyboard as it opens. */
const WRITTEN = ['message', 'ask'];
const QUIET = ['Shift', 'Control', 'Meta', 'CapsLock', 'AltGraph', 'Dead', 'Backspace', 'Enter'];
let held = null;

/** Begins to hold. `whole`: there are words already, which Ctrl+A chooses. What comes back says how it
    `ended` before its place was there: by which key, or by a click. */
export function hold({ whole = false, fields = null } = {}) {
  held = { whole, fields, words: '', all: false, ended: '' };
  return held;
}
/** Gives it up. */
export function release(it, why = 'gone') {
  if (!it || held !== it) return;
  held = null;
  it.ended = why;
}

/** A step was just asked for, by these fields. By finger nothing takes the keyboard: it would cover the form. */
export function holdFor(fields) {
  release(held);
  if (WRITTEN.includes(fields.type) && !matchMedia('(pointer: coarse)').matches) hold({ fields });
}
/** The step that was asked for by these fields is not coming. */
export function letGo(fields) { if (held?.fields === fields) release(held); }
/** Its form has the keyboard, or has not. */
export function pourFor(fields, form) { if (held?.fields === fields) pour(held, form); }

/** What was held goes where the caret is, if that is in `place`. */
export function pour(it, place) {
  if (held !== it) return;
  held = null;
  const { words, all } = it;
  if (!words && !all || !place?.contains(document.activeElement)) return;
  if (all) { document.execCommand('selectAll'); if (!words) { if (it.cleared) document.execCommand('delete'); return; } }
  for (const [index, line] of words.split('\n').entries()) {
    if (index) document.execCommand('insertLineBreak');
    if (line) document.execCommand('insertText', false, line);
  }
}

// On the window: before all that a key means, and before it counts as somebody going on.
addEventListener('keydown', (event) => {
  if (!held) return;
  const { key } = event, letter = key.length === 1, mod = (event.ctrlKey || event.metaKey) && !event.getModifierState('AltGraph');
  const chooses = mod && held.whole && key.toLowerCase() === 'a';
  if (isField(event.target) || mod && letter && !chooses || mod && key === 'Enter' || !letter && !QUIET.includes(key)) { release(held, key); return; }
  event.stopImmediatePropagation();
  if (letter || key === 'Backspace' || key === 'Enter') event.preventDefault();
  if (chooses) Object.assign(held, { all: true, words: '', cleared: false });
  else if (letter) held.words += key;
  else if (key === 'Backspace') { held.cleared = held.all && !held.words; held.words = [...held.words].slice(0, -1).join(''); }
  else if (key === 'Enter' && (held.words || held.all)) held.words += '\n';
}, { capture: true });
addEventListener('pointerdown', () => release(held, 'click'), { capture: true });
