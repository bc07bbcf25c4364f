"""What a page shows that it should not: one script for every page, at any width."""

FAULTS = r"""() => {
  const found = [];
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) {
    const guilty = [...document.body.querySelectorAll('*')].find((it) => {
      const box = it.getBoundingClientRect();
      return box.right > wide + 1 && box.width && !it.closest('.scroll-x, .sub, .tabs, pre, flow-canvas');
    });
    const deepest = guilty ?? [...document.body.querySelectorAll('*')].findLast((it) =>
      it.getBoundingClientRect().left + it.scrollWidth > wide + 1 && !it.closest('.scroll-x, .sub, .tabs, pre, flow-canvas'));
    found.push(`sticks out to ${document.documentElement.scrollWidth}: ${deepest ? deepest.outerHTML.slice(0, 120) : '?'}`);
  }
  const skip = document.querySelector('a.skip');
  if (document.querySelector('nav.side, flow-canvas') && !(skip && document.querySelector(skip.hash))) found.push('no skip link');
  const quiet = 'script, style, textarea, pre, code, .code, [hidden], template';
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent, at = walker.currentNode.parentElement;
    if (!text.trim() || at.closest(quiet) || !at.checkVisibility()) continue;
    if (/\{\{ |\{%|\bNone\b|\bundefined\b|\[object /.test(text)) found.push(`shows “${text.trim().slice(0, 80)}”`);
    if (/(^|\s)P(T?\d+[DHMS])+(\s|$)/.test(text)) found.push(`shows a duration “${text.trim().slice(0, 60)}”`);
    if (/\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) found.push(`shows a date “${text.trim().slice(0, 60)}”`);
  }
  return found;
}"""  # noqa: E501 - a script of the page
"""Gives a list of sentences: what sticks out at the side; no way past the menu; braces, durations
and dates of the format where words should be."""
