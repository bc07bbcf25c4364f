// The canvas's document is the light DOM: cards and <flow-edge> elements that the server rendered.
// This part reads them into a model, measures them, and draws the lines between them.
import { div, edgePath, svg } from './geometry.js';

export const Model = (Base) => class extends Base {
  static cullAbove = 300;
  nodes = new Map();      // id -> {el, x, y, w, h, ins:{dx,dy}, outs:Map(port -> {dx,dy,el}), edges:Set}
  edges = new Map();      // id -> {el, from, out, to, g, line, hit, chip}
  selection = new Set();  // node ids
  edgeSel = null;
  trail = new Set();      // node and edge ids the simulator has passed
  view = { x: 0, y: 0, k: 1 };
  _backs = new Set();     // lines that run back, along a lane between the cards
  _dirtyNodes = new Set(); _dirtyEdges = new Set(); _raf = 0;
  _pointers = new Map(); _gesture = null;

  get grid() { return +this.getAttribute('grid') || 8; }
  /** Asked for in the middle of a change, the size would cost a layout: it is kept, and told again where it changes. */
  get _room() { return this._size ??= { w: this.clientWidth, h: this.clientHeight }; }
  /** Width not covered by a floating panel (the page sets insetRight). */
  get _W() { return this._room.w - (this.insetRight || 0); }
  get _H() { return this._room.h - (this.insetBottom || 0); }
  get readonly() { return this.hasAttribute('readonly'); }

  connectedCallback() {
    if (this.world) return;
    this.setAttribute('role', 'application');
    this.world = this.querySelector(':scope>.fc-world') || div('fc-world');
    this.svg = svg('svg', { class: 'fc-edges', 'aria-hidden': 'true' }, this.world);
    const defs = svg('defs', {}, this.svg);
    const mk = svg('marker', { id: 'fc-arrow', viewBox: '0 0 10 10', refX: 8, refY: 5, markerUnits: 'userSpaceOnUse', markerWidth: 12, markerHeight: 12, orient: 'auto-start-reverse' }, defs);
    svg('path', { d: 'M1.5,1.5 8,5 1.5,8.5', class: 'fc-arrow' }, mk);
    this.edgeLayer = svg('g', {}, this.svg);
    this.ghost = svg('path', { class: 'fc-ghost' }, this.svg);
    this.chips = div('fc-chips', this.world);
    this.marquee = div('fc-marquee', this);
    this.guideX = div('fc-guide fc-guide-x', this.world);
    this.guideY = div('fc-guide fc-guide-y', this.world);
    this.live = div('fc-live', this);
    this.live.setAttribute('aria-live', 'polite');
    this.ro = new ResizeObserver(list => {
      for (const e of list) { const n = this.nodes.get(e.target.dataset.node); if (n && !n.off && (e.target.offsetWidth !== n.w || e.target.offsetHeight !== n.h)) { n.stale = true; this._touch(n); } }
    });
    this.prepend(this.world);
    for (const el of [...this.children]) if (el.matches('.fc-node,flow-edge')) this.world.append(el);
    this.redraw();
    this.mo = new MutationObserver(recs => this._mutated(recs));
    this.mo.observe(this.world, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-x', 'data-y', 'data-from', 'data-out', 'data-to', 'data-count', 'data-label'] });
    this._listen();
    new ResizeObserver(() => { this._size = this._mapSize = null; this._applyView(); }).observe(this);
    this._applyView();
  }


  /** The model follows what was just put on the canvas, or taken away: that and nothing else. */
  sync() { this._mutated(this.mo.takeRecords()); }

  /** Everything is read again, also what says how cards and lines look. */
  redraw() {
    this.mo?.takeRecords();
    const cards = new Set(), lines = new Set();
    for (const el of this.world.querySelectorAll(':scope>.fc-node')) { cards.add(el.dataset.node); this._card(el); }
    for (const [id, n] of this.nodes) if (!cards.has(id)) this._dropCard(n);
    for (const el of this.world.querySelectorAll(':scope>flow-edge')) { lines.add(el.id); this._line(el); }
    for (const [id, e] of this.edges) if (!lines.has(id)) this._dropLine(e);
    this._placeMarks();
    this._writeFresh();
    this._schedule();
  }

  /** A card as its element says it. */
  _card(el) {
    const id = el.dataset.node, known = this.nodes.get(id), n = known ?? { id, edges: new Set(), outs: new Map() };
    if (!known) {
      this.nodes.set(id, n);
      for (const e of this.edges.values()) if (e.from === id || e.to === id) n.edges.add(e);
    }
    const fresh = n.el !== el, x = +el.dataset.x || 0, y = +el.dataset.y || 0;
    if (fresh) { if (n.el) this.ro.unobserve(n.el); n.el = el; n.tone = el.dataset.tone || 'slate'; n.off = el.hidden = false; n.stale = true; this.ro.observe(el); }
    if (!n.dragging && (fresh || n.x !== x || n.y !== y)) this._place(n, x, y);
    if (!el.hasAttribute('tabindex')) el.tabIndex = 0;
    el.classList.toggle('is-selected', this.selection.has(id));
    el.classList.toggle('is-active', this.active === id);
    el.classList.toggle('was-active', this.trail.has(id));
  }
  _dropCard(n) {
    this.ro.unobserve(n.el);
    this.nodes.delete(n.id);
    this.selection.delete(n.id);
    this.mapped = false;
    this._relane(n);
    for (const e of n.edges) this._dirtyEdges.add(e);
  }

  /** A line as its element says it. */
  _line(el) {
    let e = this.edges.get(el.id);
    if (!e) {
      const g = svg('g', { class: 'fc-edge', 'data-edge': el.id }, this.edgeLayer);
      e = { id: el.id, g, hit: svg('path', { class: 'fc-hit' }, g), line: svg('path', { class: 'fc-line' }, g) };
      this.edges.set(el.id, e);
    }
    const { from, out, to } = el.dataset, look = ['fc-edge', el.className, this.edgeSel === e.id ? 'is-selected' : '', this.trail.has(e.id) ? 'was-active' : '', this.via === e.id ? 'is-active' : '', el.dataset.kind ? 'kind-' + el.dataset.kind : ''].join(' ');
    if (e.look !== look) { e.look = look; e.g.setAttribute('class', look); }
    if (e.el !== el || e.from !== from || e.out !== out || e.to !== to) {
      this.nodes.get(e.from)?.edges.delete(e); this.nodes.get(e.to)?.edges.delete(e);
      this._dirtyEdges.add(e);
    }
    Object.assign(e, { el, from, out, to });
    this.nodes.get(from)?.edges.add(e); this.nodes.get(to)?.edges.add(e);
    this._chip(e, el.dataset.count);
  }
  _dropLine(e) {
    e.g.remove(); e.chip?.remove();
    this.edges.delete(e.id);
    this._backs.delete(e);
    this.nodes.get(e.from)?.edges.delete(e); this.nodes.get(e.to)?.edges.delete(e);
  }

  _chip(e, text) {
    if (text == null) { e.chip?.remove(); e.chip = null; return; }
    e.chip ??= div('fc-chip', this.chips);
    e.chip.textContent = text;
    const w = +e.el.dataset.weight || 0;
    e.g.style.setProperty('--w', (1.75 + w * 5).toFixed(2));
  }

  _mutated(recs) {
    const parts = new Set();
    for (const r of recs) {
      if (r.type === 'attributes') {
        if (r.target.matches('.fc-mark')) continue;
        const n = r.target.dataset.node && this.nodes.get(r.target.dataset.node);
        if (n?.el === r.target) { if (!n.dragging) this._place(n, +n.el.dataset.x, +n.el.dataset.y); } else parts.add(r.target);
      } else if (r.target === this.world) {
        for (const x of [...r.addedNodes, ...r.removedNodes]) if (x.nodeType === 1) parts.add(x);
      } else {
        const el = r.target.nodeType === 1 && r.target.closest('.fc-node');
        const n = el && this.nodes.get(el.dataset.node);
        if (n) { n.stale = true; this._touch(n); }
      }
    }
    this._renew(parts);
  }

  /** What is there is read before what is gone: a card that was replaced is another, not none. */
  _renew(parts) {
    if (!parts.size) return;
    const all = [...parts], there = all.filter((el) => el.parentNode === this.world), gone = all.filter((el) => !el.parentNode);
    for (const el of there) if (el.matches('.fc-node')) this._card(el);
    for (const el of there) if (el.matches('flow-edge')) this._line(el);
    for (const el of gone) {
      const n = el.matches('.fc-node') && this.nodes.get(el.dataset.node), e = el.matches('flow-edge') && this.edges.get(el.id);
      if (n?.el === el) this._dropCard(n);
      if (e?.el === el) this._dropLine(e);
    }
    if (all.some((el) => el.matches('.fc-mark'))) { this._placeMarks(); this._writeFresh(); }
    this._schedule();
  }

  _place(n, x, y) {
    n.x = x; n.y = y;
    n.el.style.transform = `translate(${x}px,${y}px)`;
    this._touch(n);
  }
  _touch(n) { this._dirtyNodes.add(n); this._schedule(); }
  _schedule() { this._raf ||= requestAnimationFrame(() => { this._raf = 0; this._flush(); }); }

  /** Read layout once for stale nodes, then write SVG for the edges that changed. */
  _flush() {
    this._measure(this._dirtyNodes);
    for (const n of this._dirtyNodes) { for (const e of n.edges) this._dirtyEdges.add(e); if (!n.dragging) this._relane(n); }
    this.mapped &&= !this._dirtyNodes.size;
    this._dirtyNodes.clear();
    for (const e of this._dirtyEdges) this._drawEdge(e);
    this._dirtyEdges.clear();
    this._cull();
    this._drawMinimap();
  }

  /** Big flows: take what is off screen out of layout and paint. Small ones keep every card reachable by Tab. */
  _cull() {
    const on = this._big, { x, y, k } = this.view, m = 240 / k;
    const l = -x / k - m, t = -y / k - m, r = l + this._room.w / k + 2 * m, b = t + this._room.h / k + 2 * m;
    for (const n of this.nodes.values()) {
      const off = on && !n.dragging && !n.stale && n.el !== document.activeElement && (n.x > r || n.y > b || n.x + n.w < l || n.y + n.h < t);
      if (off !== !!n.off) { n.off = off; n.el.hidden = off; }
    }
    if (!on && !this.culled) return;
    this.culled = on;
    for (const e of this.edges.values()) {
      if (!e.box) continue;
      const off = on && (e.box[0] > r || e.box[1] > b || e.box[2] < l || e.box[3] < t);
      if (off !== !!e.off) { e.off = off; off ? e.g.remove() : this.edgeLayer.append(e.g); }
      if (!off && e.unwritten) this._ink(e);
    }
  }
  get _big() { return this.nodes.size > this.constructor.cullAbove; }

  /** Those that are stale; all of them are read between two writes, so that one layout does. */
  _measure(nodes) {
    const stale = [...nodes].filter((n) => n.stale && n.el.isConnected);
    for (const n of stale) { if (n.off) n.off = n.el.hidden = false; n.el.removeAttribute('data-known'); }
    for (const n of stale) this._read(n);
    // From afar a big flow shows plain boxes (is-plain), as high as the cards that they stand for.
    for (const n of stale) { n.el.dataset.known = ''; n.el.style.setProperty('--h', `${n.h}px`); }
  }
  _read(n) {
    const el = n.el;
    n.stale = false;
    n.w = el.offsetWidth; n.h = el.offsetHeight;
    n.outs.clear(); n.ins = null;
    for (const e of n.edges) e.inked = false;
    for (const p of el.querySelectorAll('.fc-port')) {
      let x = p.offsetWidth / 2, y = p.offsetHeight / 2;
      for (let q = p; q && q !== el; q = q.offsetParent) { x += q.offsetLeft; y += q.offsetTop; }
      if (p.hasAttribute('data-in')) n.ins = { dx: x, dy: y, el: p };
      else n.outs.set(p.dataset.out, { dx: x, dy: y, el: p });
    }
  }

  _ends(e) {
    const a = this.nodes.get(e.from), b = this.nodes.get(e.to);
    const o = a?.outs.get(e.out), i = b?.ins;
    return o && i && { a: { x: a.x + o.dx, y: a.y + o.dy }, b: { x: b.x + i.dx - 7, y: b.y + i.dy }, o, i };
  }

  /** The free height nearest to `y` for a backward edge running from x0 to x1: between cards, not behind them. */
  _lane(x0, x1, y) {
    const busy = [];                                  // .fc-node has 12px of air around its card
    for (const n of this.nodes.values()) if (n.x < x1 && n.x + n.w > x0) busy.push([n.y, n.y + n.h]);
    busy.sort((p, q) => p[0] - q[0]);
    let low = -Infinity, high = -Infinity;            // the row of cards without a gap that we are at
    for (const [t, b] of busy) {
      if (t < high) high = Math.max(high, b);
      else if (y < high) break;
      else [low, high] = [t, b];
    }
    return y <= low || y >= high ? y : y - low < high - y ? low : high;
  }

  /** Lines back look for their lanes again where a card stood, and where it stands now. One that is
      being dragged counts once it is dropped. */
  _relane(n) {
    if (this._backs.size) {
      const [l, r] = n.stood ?? [n.x, n.x + n.w];
      for (const e of this._backs) if (Math.min(l, n.x) < e.span[1] && Math.max(r, n.x + n.w) > e.span[0]) this._dirtyEdges.add(e);
    }
    n.stood = [n.x, n.x + n.w];
  }

  _drawEdge(e) {
    if (!this.edges.has(e.id)) return;
    const p = this._ends(e);
    if (!p !== !!e.lost) { e.lost = !p; e.g.style.display = p ? '' : 'none'; }
    if (!p) return;
    const lane = p.b.x - p.a.x < 48 ? 120 : 0;
    if (lane) { this._backs.add(e); e.span = [Math.min(p.a.x, p.b.x) - 30, Math.max(p.a.x, p.b.x) + 30]; } else this._backs.delete(e);
    e.box = [Math.min(p.a.x, p.b.x - lane), Math.min(p.a.y, p.b.y), Math.max(p.a.x + lane, p.b.x), Math.max(p.a.y, p.b.y) + lane];
    e.unwritten = true;                               // a line that nobody sees is written when it comes into view
    if (!this._big || e.chip || this.edgeSel === e.id) this._ink(e, p);
  }
  _ink(e, p = this._ends(e)) {
    if (!p) return;
    e.unwritten = false;
    const { d, mx, my } = edgePath(p.a, p.b, (x0, x1, y) => this._lane(x0, x1, y));
    e.line.setAttribute('d', d); e.hit.setAttribute('d', d);
    e.mx = mx; e.my = my;
    if (!e.inked) { e.inked = true; p.o.el.classList.add('is-linked'); p.i.el.classList.add('is-linked'); }
    if (e.chip) e.chip.style.transform = `translate(${mx}px,${my}px) translate(-50%,-50%)`;
    if (this.edgeSel === e.id) this._placeTools();
  }

};
