// Small things that every part of the canvas uses: elements, numbers, and the path of a line.
const SVG = 'http://www.w3.org/2000/svg';

export const svg = (tag, attrs = {}, parent) => {
  const el = document.createElementNS(SVG, tag);
  for (const key in attrs) el.setAttribute(key, attrs[key]);
  parent?.append(el);
  return el;
};

export const div = (cls, parent) => {
  const el = document.createElement('div');
  el.className = cls;
  parent?.append(el);
  return el;
};

export const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

export const isField = (el) => !!el?.closest?.('input,textarea,select,[contenteditable=""],[contenteditable="true"],[contenteditable="plaintext-only"]');

/** Path from an out port (leaves right) to an in port (enters left), in world units. */
export function edgePath(a, b, laneAt) {
  const dx = b.x - a.x, dy = b.y - a.y;
  if (dx >= 48) {
    const c = clamp(dx * 0.5, 36, 180);
    return { d: `M${a.x},${a.y}C${a.x + c},${a.y} ${b.x - c},${b.y} ${b.x},${b.y}`, mx: a.x + dx / 2, my: a.y + dy / 2 };
  }
  // Backward edge: out, along a lane between (or below) the two ends, and in again.
  const r = 14, s = 30, x1 = a.x + s, x2 = b.x - s;
  const mid = Math.abs(dy) > 120 ? a.y + dy / 2 : Math.max(a.y, b.y) + 96;
  const lane = laneAt ? laneAt(Math.min(x1, x2), Math.max(x1, x2), mid) : mid;
  const q = (cx, cy, x, y) => `Q${cx},${cy} ${x},${y}`;
  const v1 = Math.sign(lane - a.y) || 1, v2 = Math.sign(b.y - lane) || 1;
  const ra = Math.min(r, Math.abs(lane - a.y) / 2), rb = Math.min(r, Math.abs(b.y - lane) / 2);
  return {
    d: `M${a.x},${a.y}H${x1 - ra}${q(x1, a.y, x1, a.y + v1 * ra)}V${lane - v1 * ra}${q(x1, lane, x1 - ra, lane)}`
      + `H${x2 + rb}${q(x2, lane, x2, lane + v2 * rb)}V${b.y - v2 * rb}${q(x2, b.y, x2 + rb, b.y)}H${b.x}`,
    mx: (x1 + x2) / 2, my: lane,
  };
}
