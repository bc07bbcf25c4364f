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
  _dirtyNodes = new Set(); _dirtyEdges = new Set(); _raf = 0;
  _pointers = new Map(); _gesture = null;

  get grid() { return +this.getAttribute('grid') || 8; }
  /** Width not covered by a floating panel (the page sets insetRight). */
  get _W() { return this.clientWidth - (this.insetRight || 0); }
  get _H() { return this.clientHeight - (this.insetBottom || 0); }
  get readonly() { return this.hasAttribute('readonly'); }

  connectedCallback() {
    if (this.world) return;
    this.setAttribute('role', 'application');
    this.world = this.querySelector(':scope>.fc-world') || div('fc-world');
    this.svg = svg('svg', { class: 'fc-edges', 'aria-hidden': 'true' }, this.world);
    const defs = svg('defs', {}, this.svg);
    const mk = svg('marker', { id: 'fc-arrow', viewBox: '0 0 10 10', refX: 8, refY: 5, markerWidth: 7, markerHeight: 7, orient: 'auto-start-reverse' }, defs);
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
    this.sync();
    this.mo = new MutationObserver(recs => this._mutated(recs));
    this.mo.observe(this.world, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-x', 'data-y', 'data-from', 'data-out', 'data-to', 'data-count', 'data-label'] });
    this._listen();
    new ResizeObserver(() => this._emit('flow:view', this.view)).observe(this);
    this._applyView();
  }


  /** Rebuild the model from the DOM: only what is new or stands elsewhere is drawn again. */
  sync() {
    const seen = new Set();
    for (const el of this.world.querySelectorAll(':scope>.fc-node')) {
      const id = el.dataset.node; seen.add(id);
      let n = this.nodes.get(id);
      if (!n) this.nodes.set(id, n = { id, edges: new Set(), outs: new Map() });
      const fresh = n.el !== el, x = +el.dataset.x || 0, y = +el.dataset.y || 0;
      if (fresh) { if (n.el) this.ro.unobserve(n.el); n.el = el; n.off = false; n.stale = true; this.ro.observe(el); }
      if (!n.dragging && (fresh || n.x !== x || n.y !== y)) this._place(n, x, y);
      if (!el.hasAttribute('tabindex')) el.tabIndex = 0;
      el.classList.toggle('is-selected', this.selection.has(id));
      el.classList.toggle('is-active', this.active === id);
      el.classList.toggle('was-active', this.trail.has(id));
    }
    for (const [id, n] of this.nodes) if (!seen.has(id)) { if (n.el) this.ro.unobserve(n.el); this.nodes.delete(id); this.selection.delete(id); }
    const seenE = new Set();
    for (const n of this.nodes.values()) n.edges.clear();
    for (const el of this.world.querySelectorAll(':scope>flow-edge')) {
      seenE.add(el.id);
      let e = this.edges.get(el.id);
      if (!e) {
        const g = svg('g', { class: 'fc-edge', 'data-edge': el.id }, this.edgeLayer);
        e = { id: el.id, g, hit: svg('path', { class: 'fc-hit' }, g), line: svg('path', { class: 'fc-line' }, g) };
        this.edges.set(el.id, e);
      }
      const { from, out, to } = el.dataset, look = ['fc-edge', el.className, this.edgeSel === e.id ? 'is-selected' : '', this.trail.has(e.id) ? 'was-active' : '', this.via === e.id ? 'is-active' : '', el.dataset.kind ? 'kind-' + el.dataset.kind : ''].join(' ');
      if (e.look !== look) { e.look = look; e.g.setAttribute('class', look); }
      if (e.el !== el || e.from !== from || e.out !== out || e.to !== to) this._dirtyEdges.add(e);
      Object.assign(e, { el, from, out, to });
      this.nodes.get(e.from)?.edges.add(e); this.nodes.get(e.to)?.edges.add(e);
      this._chip(e, el.dataset.count);
    }
    for (const [id, e] of this.edges) if (!seenE.has(id)) { e.g.remove(); e.chip?.remove(); this.edges.delete(id); }
    this._placeMarks();
    this._writeFresh();
    this._schedule();
  }

  _chip(e, text) {
    if (text == null) { e.chip?.remove(); e.chip = null; return; }
    e.chip ??= div('fc-chip', this.chips);
    e.chip.textContent = text;
    const w = +e.el.dataset.weight || 0;
    e.g.style.setProperty('--w', (1.75 + w * 5).toFixed(2));
  }

  _mutated(recs) {
    let full = false;
    for (const r of recs) {
      if (r.type === 'attributes') {
        if (r.target.matches('.fc-mark')) continue;
        const n = r.target.dataset.node && this.nodes.get(r.target.dataset.node);
        if (n) { if (!n.dragging) this._place(n, +n.el.dataset.x, +n.el.dataset.y); } else full = true;
      } else if (r.target === this.world) {
        for (const x of [...r.addedNodes, ...r.removedNodes]) if (x.nodeType === 1 && x.matches('.fc-node,flow-edge,.fc-mark')) full = true;
      } else {
        const el = r.target.nodeType === 1 && r.target.closest('.fc-node');
        const n = el && this.nodes.get(el.dataset.node);
        if (n) { n.stale = true; this._touch(n); }
      }
    }
    if (full) this.sync();
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
    for (const n of this._dirtyNodes) {
      if (n.stale && n.el?.isConnected) this._measure(n);
      for (const e of n.edges) this._dirtyEdges.add(e);
    }
    this._dirtyNodes.clear();
    for (const e of this._dirtyEdges) this._drawEdge(e);
    this._dirtyEdges.clear();
    this._cull();
    this._drawMinimap();
  }

  /** Big flows: take what is off screen out of layout and paint. Small ones keep every card reachable by Tab. */
  _cull() {
    const on = this.nodes.size > this.constructor.cullAbove, { x, y, k } = this.view, m = 240 / k;
    const l = -x / k - m, t = -y / k - m, r = l + this.clientWidth / k + 2 * m, b = t + this.clientHeight / k + 2 * m;
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
    }
  }
  _cullRaf = 0;

  _measure(n) {
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
    const free = v => !busy.some(([t, b]) => v > t && v < b);
    return [y, ...busy.flat()].filter(free).sort((p, q) => Math.abs(p - y) - Math.abs(q - y))[0] ?? y;
  }

  _drawEdge(e) {
    if (!this.edges.has(e.id)) return;
    const p = this._ends(e);
    if (!p !== !!e.lost) { e.lost = !p; e.g.style.display = p ? '' : 'none'; }
    if (!p) return;
    const lane = p.b.x - p.a.x < 48 ? 120 : 0;
    e.box = [Math.min(p.a.x, p.b.x - lane), Math.min(p.a.y, p.b.y), Math.max(p.a.x + lane, p.b.x), Math.max(p.a.y, p.b.y) + lane];
    const { d, mx, my } = edgePath(p.a, p.b, (x0, x1, y) => this._lane(x0, x1, y));
    e.line.setAttribute('d', d); e.hit.setAttribute('d', d);
    e.mx = mx; e.my = my;
    if (!e.inked) { e.inked = true; p.o.el.classList.add('is-linked'); p.i.el.classList.add('is-linked'); }
    if (e.chip) e.chip.style.transform = `translate(${mx}px,${my}px) translate(-50%,-50%)`;
    if (this.edgeSel === e.id) this._placeTools();
  }

};
