// Every edit ends in one event: the page sends it, the server answers with what changed.
import { word } from './words.js';

export const Editing = (Base) => class extends Base {
  moveBy(ids, dx, dy) {
    const ops = [];
    for (const id of ids) {
      const n = this.nodes.get(id);
      if (n) ops.push(this._moved(n, n.x + dx, n.y + dy));
    }
    this._ops(ops, word('move'));
  }

  /** A card stands elsewhere now; gives the operation that says so. */
  _moved(n, x, y) {
    this._place(n, x, y);
    n.el.dataset.x = x; n.el.dataset.y = y;
    return { op: 'move', id: n.id, at: [x, y] };
  }

  canConnect(from, exit, to) {
    const n = this.nodes.get(to);
    if (!n?.ins || from === to) return false;
    for (const e of n.edges) if (e.from === from && e.out === exit && e.to === to) return false;
    return true;
  }

  connect(from, exit, to) {
    if (this.readonly || !this.canConnect(from, exit, to)) return false;
    this._ops([{ op: 'connect', from, exit, to }], word('connect'));
    this.say(`${word('linked')}: ${this._label(from)} → ${this._label(to)}`);
    return true;
  }

  disconnect(from, exit) { this._ops([{ op: 'disconnect', from, exit }], word('disconnect')); }

  /** Takes away these cards, else the chosen line, else the chosen cards. */
  remove(these) {
    if (this.readonly) return;
    if (these) { this._ops(these.filter((id) => this.nodes.has(id)).map((id) => ({ op: 'remove', id })), word('remove')); return; }
    const line = this.edges.get(this.edgeSel);
    const ids = [...this.selection];
    this.select([]);
    if (line) this.disconnect(line.from, line.out);
    else this._ops(ids.map((id) => ({ op: 'remove', id })), word('remove'));
  }

  duplicate() { if (this.selection.size && !this.readonly) this._emit('flow:duplicate', { ids: [...this.selection] }); }

  _label(id) { return this.nodes.get(id)?.el.getAttribute('aria-label') || id; }

  /** How every card was measured: what tidying up needs to know. */
  sizes() {
    const found = {};
    this._measure(this.nodes.values());
    for (const n of this.nodes.values()) {
      found[n.id] = { w: n.w, h: n.h, inlet: n.ins?.dy ?? n.h / 2, ports: Object.fromEntries([...n.outs].map(([exit, port]) => [exit, port.dy])) };
    }
    return found;
  }
};
