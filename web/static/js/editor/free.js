// Where there is room on the canvas for what comes.
const AIR = 32, CARD = { w: 292, h: 180 };

/** The place nearest to `box`, straight up, down, left or right of it, where it covers none of `cards`.
    Cost: n log n. */
export function freePlace({ x, y, w, h }, cards) {
  const beside = (at, size, n, low, long) => n[low] - AIR < at + size && n[low] + n[long] + AIR > at;
  const column = cards.filter((n) => beside(x, w, n, 'x', 'w')), row = cards.filter((n) => beside(y, h, n, 'y', 'h'));
  const there = nearest(y, column.map((n) => [n.y - AIR - h, n.y + n.h + AIR]));
  const across = nearest(x, row.map((n) => [n.x - AIR - w, n.x + n.w + AIR]));
  return Math.abs(across - x) < Math.abs(there - y) ? { x: across, y } : { x, y: there };
}

/** The number nearest to `at` that is within none of the spans. */
function nearest(at, spans) {
  let low = -Infinity, high = -Infinity;  // the spans without a gap that we are at
  for (const [from, to] of spans.sort((a, b) => a[0] - b[0])) {
    if (from < high) high = Math.max(high, to);
    else if (at < high) break;
    else [low, high] = [from, to];
  }
  return at <= low || at >= high ? at : high - at <= at - low ? high : low;
}

/** Where copied steps go, and how much room they take: in the middle of the view, or as near to it as
    there is room. `coming`: places of what was pasted and is not there yet. */
export function pastePlace(canvas, clip, coming) {
  const { x, y, k } = canvas.view, wide = (canvas._W || canvas.clientWidth) / k, high = canvas._H / k;
  const { w, h } = sizeOf(canvas, clip), within = (size, room) => Math.max(40, (room - size) / 2);
  const box = { x: within(w, wide) - x / k, y: within(h, high) - y / k, w, h };
  const there = [...canvas.nodes.values()].map((n) => ({ x: n.x, y: n.y, w: n.w || CARD.w, h: n.h || CARD.h }));
  const found = freePlace(box, [...there, ...coming]);
  return { ...box, x: canvas._snap(found.x), y: canvas._snap(found.y) };
}

/** How much room a clip takes; a card that this canvas has not is as large as most. */
function sizeOf(canvas, clip) {
  let at = {};
  try { at = JSON.parse(clip).at ?? {}; } catch { /* the server says what is wrong with it */ }
  const all = Object.entries(at), size = (id) => { const n = canvas.nodes.get(id); return n?.h ? n : CARD; };
  if (!all.length) return CARD;
  const span = (axis, long) => all.reduce(([low, high], [id, spot]) => [Math.min(low, spot[axis]), Math.max(high, spot[axis] + size(id)[long])], [Infinity, -Infinity]);
  const [left, right] = span(0, 'w'), [top, bottom] = span(1, 'h');
  return { w: right - left, h: bottom - top };
}
