// What a new part says until somebody writes it ("Escreva aqui a sua mensagem."): who comes to it has
// it chosen whole, so that what is typed takes its place.
import { word } from './words.js';

export const isStarter = (text) => word('starters').split('|').includes(text.trim());

/** The keyboard goes into a field: at its end, or in the place of what nobody has written yet. */
export function enter(it) {
  it.focus();
  if (it.isContentEditable) chooseStarter(it) || getSelection().collapse(it, it.childNodes.length);
  else if (it.matches('textarea,input:not([type=checkbox],[type=radio],[type=file])')) it.select();
}

/** Chooses a starter whole, unless a part of it was chosen; says whether it is one. */
export function chooseStarter(box) {
  if (!isStarter(box.textContent)) return false;
  const chosen = getSelection();
  if (chosen.isCollapsed || !box.contains(chosen.anchorNode)) chosen.selectAllChildren(box);
  return true;
}
