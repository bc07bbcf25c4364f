// A step put on a line: which line it is, where the step stands there, and what makes room for it.

/** A card that is not there yet, with the air around it. */
const WIDE = 292, HIGH = 132, AIR = 44;
/** As many cards as may move at once; behind more of them nothing moves. */
const MOST = 150;

export const Inserting = (Base) => class extends Base {
  _listenInserting() {
    const carries = (e, what) => e.dataTransfer.types.includes(`application/x-flow-${what}`);
    const line = (e) => (carries(e, 'between') ? this.edges.get(e.target.closest('.fc-edge')?.dataset.edge) ?? null : null);
    this.addEventListener('dragover', (e) => {
      if (!carries(e, 'node')) return;
      e.preventDefault();
      e.dataTransfer.dropEffect = 'copy';
      this.classList.add('is-placing');
      this._aim(line(e));
    });
    const over = () => { this.classList.remove('is-placing'); this._aim(null); };
    this.addEventListener('dragleave', (e) => { if (!this.contains(e.relatedTarget)) over(); });
    document.addEventListener('dragend', over);
    this.addEventListener('drop', (e) => {
      const type = e.dataTransfer.getData('application/x-flow-node'), on = type && line(e);
      over();
      if (!type) return;
      e.preventDefault();
      const at = this.toWorld(e.clientX, e.clientY);
      if (on) this._emit('flow:add', { type, from: on.from, exit: on.out, to: on.to, ...this.room(on.from, on.to, at) });
      else this._emit('flow:add', { type, x: this._snap(at.x - 130), y: this._snap(at.y - 30) });
    });
  }
  _snap(value) { return Math.round(value / this.grid) * this.grid; }

  /** The line that a step would go into is lit. */
  _aim(edge) {
    if (edge === this._aimed) return;
    this._aimed?.g.classList.remove('is-target');
    edge?.g.classList.add('is-target');
    this._aimed = edge;
  }

  /** Where a new step stands between two cards, near a place of their line, and what goes to the
      right for it: the card that it leads to with all behind, where they would lie on each other. */
  room(from, to, at) {
    const source = this.nodes.get(from), target = this.nodes.get(to), y = this._snap(at.y - 37);
    let x = this._snap(at.x - WIDE / 2);
    if (!source || !target || target.x < source.x + source.w) return { x, y, moves: '[]' };
    const beside = (n) => y < n.y + n.h && y + HIGH > n.y;
    if (beside(source)) x = Math.max(x, this._snap(source.x + source.w + AIR));
    const by = beside(target) ? Math.max(0, this._snap(x + WIDE + AIR - target.x)) : 0, behind = by ? this._behind(target, source) : [];
    const moves = behind.length > MOST ? [] : behind.map((n) => ({ op: 'move', id: n.id, at: [n.x + by, n.y] }));
    return { x, y, moves: JSON.stringify(moves) };
  }
  /** A card and what it leads to, not further left than itself. */
  _behind(first, without) {
    const found = new Set([first]);
    for (const n of found) {
      for (const e of n.edges) {
        const next = e.from === n.id && this.nodes.get(e.to);
        if (next && next !== without && next.x >= first.x) found.add(next);
      }
    }
    return [...found];
  }
};
