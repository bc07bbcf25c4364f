// A step put on a line: which line it is, where the step stands there, and what makes room for it.
import { freePlace } from './free.js';

/** A card that is not there yet, with the air around it. */
const WIDE = 292, HIGH = 132, AIR = 44;
/** Between a card that was pushed and what pushed it. */
const GAP = 32;
/** As many cards as keep their distances; of more only those move that would be covered. */
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

  /** Where a step stands between two cards, near a place of their line, and what makes room for it.
      The card that it leads to goes to the right with all behind; where they would be too many, as
      few as need to. What stands in the way else goes down. `card`: one that is there already. */
  room(from, to, at, card) {
    const source = this.nodes.get(from), target = this.nodes.get(to), { w, h } = card ?? { w: WIDE, h: HIGH };
    let x = this._snap(at.x - w / 2), y = this._snap(at.y - 37);
    if (!source || !target) return { x, y, moves: '[]' };
    const ahead = target.x >= source.x + source.w, below = !ahead && target.y >= source.y + source.h, beside = (n) => y < n.y + n.h && y + h > n.y;
    if (!ahead && !below) {                // on a line back nothing is moved aside
      const spot = freePlace({ x, y, w, h }, [...this.nodes.values()].filter((n) => n !== card));
      return { x: this._snap(spot.x), y: this._snap(spot.y), moves: '[]' };
    }
    if (ahead && beside(source)) x = Math.max(x, this._snap(source.x + source.w + AIR));
    if (below && x < source.x + source.w && x + w > source.x) y = Math.max(y, this._snap(source.y + source.h + AIR));
    const by = ahead && beside(target) ? Math.max(0, this._snap(x + w + AIR - target.x)) : 0, behind = by ? this._behind(target, source) : [];
    const spots = new Map(behind.length > MOST ? [] : behind.map((n) => [n, { x: n.x + by, y: n.y, w: n.w, h: n.h }]));
    const fixed = new Set([source, card]), here = { x, y, w, h };
    if (behind.length > MOST) this._push(target, { ...target, x: target.x + by }, 'x', 'w', spots, fixed);
    for (const spot of [here, ...spots.values()]) this._clear(spot, 'y', 'h', spots, fixed);
    const moves = [...spots].map(([n, spot]) => ({ op: 'move', id: n.id, at: [spot.x, spot.y] }));
    return { x, y, moves: JSON.stringify(moves) };
  }
  /** A card goes to a place, and whatever it would cover there goes on along the same axis. */
  _push(n, { x, y }, axis, long, spots, fixed) {
    const spot = { x, y, w: n.w, h: n.h };
    spots.set(n, spot);
    this._clear(spot, axis, long, spots, fixed);
  }
  _clear(spot, axis, long, spots, fixed) {
    const touch = (m) => spot.x < m.x + m.w && spot.x + spot.w > m.x && spot.y < m.y + m.h && spot.y + spot.h > m.y;
    for (const m of this.nodes.values()) {
      const stands = spots.get(m) ?? m;
      if (stands === spot || fixed.has(m) || !touch(stands)) continue;
      const past = Math.ceil((spot[axis] + spot[long] + GAP) / this.grid) * this.grid;
      this._push(m, { x: stands.x, y: stands.y, [axis]: past }, axis, long, spots, fixed);
    }
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

  /** Where the next step is joined: a step's first exit that needs a line and has none, else into
      the line of its first. Exits that need none (no reply, failed) are joined by hand. */
  onward(n) {
    const lines = new Map([...n.edges].filter((e) => e.from === n.id).map((e) => [e.out, e.to]));
    const exits = [...n.outs].filter(([, port]) => !port.el.closest('li')?.classList.contains('spare')).map(([exit]) => exit);
    const out = exits.find((exit) => !lines.has(exit)) ?? exits[0];
    return out && { out, to: lines.get(out) };
  }

  /** A card that no line leads to and that leads nowhere goes into the line that it is dropped on;
      one that is joined is only moved, for it crosses lines all the time. */
  _isLoose(n) {
    const next = n.ins && this.onward(n);
    return !!next && !next.to && ![...n.edges].some((e) => e.to === n.id);
  }
  /** The line beneath a card that is dragged: at the pointer, or at the card's middle. */
  _lineUnder(n, e) {
    const { left, top, width, height } = n.el.getBoundingClientRect();
    for (const [x, y] of [[e.clientX, e.clientY], [left + width / 2, top + height / 2]]) {
      const hit = document.elementsFromPoint(x, y).find((el) => el.closest('.fc-edge') && this.contains(el));
      const edge = hit && this.edges.get(hit.closest('.fc-edge').dataset.edge);
      if (edge && edge.from !== n.id) return edge;
    }
    return null;
  }
  /** The operations that put a card into a line, where it stands by now. */
  _into(edge, n) {
    const { x, y, moves } = this.room(edge.from, edge.to, { x: n.x + n.w / 2, y: n.y + 37 }, n), others = JSON.parse(moves);
    for (const { id, at } of others) this._moved(this.nodes.get(id), ...at);
    return [
      this._moved(n, x, y), ...others,
      { op: 'connect', from: edge.from, exit: edge.out, to: n.id },
      { op: 'connect', from: n.id, exit: this.onward(n).out, to: edge.to },
    ];
  }
};
