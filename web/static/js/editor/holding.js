// What is typed between choosing a step whose words one writes and the moment its form is there: it is
// held and goes into the form, as if that had been there at once. Until then each letter would be a
// shortcut of the canvas. A click, Escape or a shortcut with Ctrl gives it up.
import { isField } from './geometry.js';

/** The kinds whose form takes the keyboard as it opens. */
const WRITTEN = ['message', 'ask'];
const QUIET = ['Shift', 'CapsLock', 'AltGraph', 'Dead', 'Backspace', 'Enter'];
let held = null;                          // {fields, words}: of the step that is on its way

/** A step was just asked for, by these fields. */
export function holdFor(fields) {
  // By finger nothing takes the keyboard: it would cover the form.
  held = WRITTEN.includes(fields.type) && !matchMedia('(pointer: coarse)').matches ? { fields, words: '' } : null;
}

/** The step that was asked for by these fields is not coming. */
export function letGo(fields) { if (held?.fields === fields) held = null; }

/** Its form has the keyboard, or has not: what was held goes where the caret is in `form`. */
export function pour(fields, form) {
  if (held?.fields !== fields) return;
  const { words } = held;
  held = null;
  if (!words || !form?.contains(document.activeElement)) return;
  for (const [index, line] of words.split('\n').entries()) {
    if (index) document.execCommand('insertLineBreak');
    if (line) document.execCommand('insertText', false, line);
  }
}

// On the window: before all that a key means, and before it counts as somebody going on.
addEventListener('keydown', (event) => {
  if (!held) return;
  const letter = event.key.length === 1, mod = (event.ctrlKey || event.metaKey) && !event.getModifierState('AltGraph');
  if (isField(event.target) || mod || !letter && !QUIET.includes(event.key)) { held = null; return; }
  event.stopImmediatePropagation();
  if (letter || event.key === 'Backspace' || event.key === 'Enter') event.preventDefault();
  if (letter) held.words += event.key;
  else if (event.key === 'Backspace') held.words = [...held.words].slice(0, -1).join('');
  else if (event.key === 'Enter' && held.words) held.words += '\n';
}, { capture: true });
addEventListener('pointerdown', () => { held = null; }, { capture: true });
