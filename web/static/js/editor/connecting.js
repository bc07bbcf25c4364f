// Joining an exit to a step: by dragging, or by choosing first the exit and then the step.
import { edgePath } from './geometry.js';
import { word } from './words.js';

export const Connecting = (Base) => class extends Base {
  _startConnect(base, from, out) {
    const n = this.nodes.get(from), p = n.outs.get(out);
    this._gesture = { ...base, kind: 'connect', from, out, a: { x: n.x + p.dx, y: n.y + p.dy } };
    for (const m of this.nodes.values()) m.el.classList.toggle('is-refused', m.id !== from && !this.canConnect(from, out, m.id) && base.relink?.to !== m.id);
    p.el.classList.add('is-source');
    base.relink?.g.classList.add('is-lifted');
  }
  _dragConnect(g, e) {
    const hit = document.elementFromPoint(e.clientX, e.clientY)?.closest?.('.fc-node');
    const id = hit && this.contains(hit) ? hit.dataset.node : null;
    const ok = id && id !== g.from && !hit.classList.contains('is-refused');
    if (g.target !== (ok ? id : null)) {
      this.nodes.get(g.target)?.el.classList.remove('is-target');
      g.target = ok ? id : null;
      this.nodes.get(g.target)?.el.classList.add('is-target');
    }
    const t = g.target && this.nodes.get(g.target);
    const b = t ? { x: t.x + t.ins.dx - 7, y: t.y + t.ins.dy } : this.toWorld(e.clientX, e.clientY);
    this.ghost.setAttribute('d', edgePath(g.a, b).d);
    this.ghost.classList.toggle('is-ok', !!t);
  }
  _endConnect(g, e) {
    this.ghost.removeAttribute('d');
    this.nodes.get(g.from)?.outs.get(g.out)?.el.classList.remove('is-source');
    for (const m of this.nodes.values()) m.el.classList.remove('is-refused', 'is-target');
    g.relink?.g.classList.remove('is-lifted');
    if (e.type === 'pointercancel') return;
    if (!g.moved) { if (!g.relink) this._armKeyboardConnect(g.from, g.out); return; }
    if (g.target) { if (g.relink?.to !== g.target) this.connect(g.from, g.out, g.target); }
    else if (g.relink) this.disconnect(g.from, g.out);
    else { const p = this.toWorld(e.clientX, e.clientY); this._emit('flow:drop', { from: g.from, out: g.out, x: p.x, y: p.y, clientX: e.clientX, clientY: e.clientY }); }
  }
  /** Click or Enter on a port, then click or Enter on a step: the no-drag way to connect. */
  _armKeyboardConnect(from, out) {
    this._disarm();
    this.armed = { from, out };
    this.classList.add('is-armed');
    this.nodes.get(from).outs.get(out).el.classList.add('is-source');
    for (const m of this.nodes.values()) m.el.classList.toggle('is-refused', m.id !== from && !this.canConnect(from, out, m.id));
    this.say(word('choose'));
    this.armedClick = ev => {
      const n = ev.target.closest('.fc-node');
      if (ev.target.closest('.fc-port[data-out]')) return;
      ev.stopPropagation(); ev.preventDefault();
      this._disarm();
      if (n) this.connect(from, out, n.dataset.node);
    };
    // After the press that armed it; a key may have gone on already.
    const click = this.armedClick;
    setTimeout(() => { if (this.armed && this.armedClick === click) this.addEventListener('pointerdown', click, { capture: true, once: true }); });
  }
  _disarm() {
    if (!this.armed) return;
    this.nodes.get(this.armed.from)?.outs.get(this.armed.out)?.el.classList.remove('is-source');
    for (const m of this.nodes.values()) m.el.classList.remove('is-refused');
    this.removeEventListener('pointerdown', this.armedClick, { capture: true });
    this.armed = null; this.classList.remove('is-armed');
  }


};
