// Where the focus and the caret stand in a form, so that they come back in the same form made anew.
const NAMES = ['data-step-action', 'data-tongue', 'data-gap', 'data-pair-add', 'data-pair-remove', 'data-try', 'data-json', 'data-step-json', 'data-act'];

/** The element with the focus in a box and the caret in it; null where the focus is elsewhere. */
export function spot(box) {
  const it = document.activeElement;
  if (!it || it === box || !box.contains(it)) return null;
  const by = named(it), all = [...box.querySelectorAll(by)];
  return { by, nth: all.indexOf(it), caret: caretOf(it) };
}

/** Puts both back where that element is still there. */
export function back(box, { by, nth, caret }) {
  const all = [...box.querySelectorAll(by)].filter((it) => !it.hidden), it = all[nth] ?? all.at(-1);
  it?.focus({ preventScroll: true });
  if (it && caret) putCaret(it, caret);
}

function named(it) {
  if (it.dataset.name) return `[data-name="${CSS.escape(it.dataset.name)}"]`;
  if (it.name) return `[name="${CSS.escape(it.name)}"]:not([hidden],[type=hidden])`;
  const fold = it.tagName === 'SUMMARY' && it.parentElement.dataset.fold;
  if (fold) return `[data-fold="${CSS.escape(fold)}"] > summary`;
  const attribute = NAMES.find((name) => it.hasAttribute(name));
  return attribute ? `[${attribute}="${CSS.escape(it.getAttribute(attribute))}"]` : it.tagName;
}

function caretOf(it) {
  if (!it.isContentEditable) return it.selectionStart === undefined || it.selectionStart === null ? null : [it.selectionStart, it.selectionEnd];
  const at = getSelection();
  return at.rangeCount && it.contains(at.anchorNode) ? [before(it, at.anchorNode, at.anchorOffset), before(it, at.focusNode, at.focusOffset)] : null;
}

function putCaret(it, [from, to]) {
  if (it.isContentEditable) getSelection().setBaseAndExtent(...placeAt(it, from), ...placeAt(it, to));
  else it.setSelectionRange?.(from, to);
}

/* A chip and a line break count as one letter. */
const whole = (node) => node.nodeType === 1;
function before(box, node, offset) {
  const range = document.createRange();
  range.setStart(box, 0);
  range.setEnd(node, offset);
  return [...range.cloneContents().childNodes].reduce((sum, each) => sum + (whole(each) ? 1 : each.data.length), 0);
}
function placeAt(box, count) {
  for (const [index, node] of [...box.childNodes].entries()) {
    const length = whole(node) ? 1 : node.data.length;
    if (count <= length && !whole(node)) return [node, count];
    if (count < length) return [box, index];
    count -= length;
  }
  return [box, box.childNodes.length];
}
