// What the preview shows: the chat, the variables, and the way along the canvas up to a moment.

const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
const STEP = 130, LONGEST = 900;  // ms: a step of the way, and all of what is new

export class View {
  at = -1;
  said = null;
  back = false;                           // somebody went back: what they do now happens there

  constructor(panel, canvas) {
    this.panel = panel;
    this.canvas = canvas;
  }

  $(selector) { return this.panel.querySelector(selector); }
  get last() { return (this.said?.moments.length ?? 0) - 1; }
  get atEnd() { return this.at >= this.last; }

  /** How many acts had been done by the moment that is shown. */
  actsBefore() {
    const row = this.said.moments[this.at]?.[3] ?? -1;
    return this.said.rows.filter((rows) => rows <= row + 1).length;
  }

  forget() { this.at = -1; this.said = null; this.back = false; clearTimeout(this.walking); }

  show(said, fresh) {
    const before = fresh ? Math.min(this.last, said.moments.length - 1) : said.moments.length - 1;
    this.said = said;
    this.back = false;
    this.$('#pv-chat').innerHTML = said.chat;
    this.$('#pv-foot').innerHTML = said.foot;
    this.$('#pv-clock').textContent = said.stands.clock;
    this.$('#pv-range').max = Math.max(0, this.last);
    const due = this.$('#pv-due');
    due.hidden = !said.stands.due;
    due.dataset.actAfter = said.stands.due;
    due.textContent = due.dataset.words.replace('…', said.stands.due_words);
    this.problem(said.problem);
    this.walk(before);
  }

  problem(words) {
    const place = this.$('#pv-problem');
    place.hidden = !words;
    place.textContent = words;
  }

  /** Through what is new, a step at a time, so that one sees the way. */
  walk(from) {
    clearTimeout(this.walking);
    const steps = this.last - from;
    if (steps <= 1 || still()) return this.go(this.last);
    this.go(from + 1);
    this.walking = setTimeout(() => this.walk(from + 1), Math.min(STEP, LONGEST / steps));
  }

  /** To a moment, by hand: it stays there. */
  look(to) {
    clearTimeout(this.walking);
    this.go(to);
    this.back = !this.atEnd;
  }

  /** To a moment: what was said later is hidden, the way up to there is lit. */
  go(to) {
    this.at = Math.max(this.last < 0 ? -1 : 0, Math.min(to, this.last));
    const moment = this.said?.moments[this.at], shown = this.atEnd ? Infinity : moment?.[2] ?? 0;
    for (const item of this.panel.querySelectorAll('#pv-chat > [data-item]')) item.hidden = +item.dataset.item >= shown;
    this.$('#pv-range').value = Math.max(0, this.at);
    this.$('[data-pv=back]').disabled = this.at <= 0;
    this.$('[data-pv=forth]').disabled = this.atEnd;
    this.$('#pv-foot').hidden = !this.atEnd;
    this.light();
    this.caption(moment);
    this.values(this.atEnd ? this.said?.values.at(-1) : this.said?.values[moment[3]]);
    const screen = this.$('.screen');
    screen.scrollTop = screen.scrollHeight;
  }

  light() {
    const { canvas } = this, all = (this.said?.moments ?? []).slice(0, this.at + 1), here = all.at(-1);
    const way = all.filter((moment) => moment[5] === here[5]);    // what went before another beginning is another way
    canvas.trail.clear();
    for (const [node, via] of way) { if (node) canvas.trail.add(node); if (via) canvas.trail.add(via); }
    canvas.active = here?.[0] || null;
    canvas.via = here?.[1] || null;
    canvas.redraw();
    if (here?.[0]) canvas.reveal(here[0]);
  }

  caption(moment) {
    const box = document.createElement('template');
    box.innerHTML = moment?.[4] ?? '';
    const words = box.content.textContent || (this.atEnd ? this.said?.stands.words : '') || '';
    this.$('#pv-where').textContent = this.last < 0 ? '' : `${this.at + 1}/${this.last + 1}${words ? ` · ${words}` : ''}`;
  }

  values(listed) {
    const box = this.$('#pv-values'), values = listed ?? [];
    this.$('#pv-count').textContent = values.length || '';
    if (box.contains(document.activeElement)) return;
    box.replaceChildren();
    if (!values.length) box.textContent = box.dataset.none;
    for (const [name, value] of values) {
      const row = document.createElement('label'), label = document.createElement('code'), field = document.createElement('input');
      label.textContent = name;
      field.value = value;
      field.dataset.name = name;
      field.disabled = !this.atEnd || document.body.classList.contains('look-replay');
      row.append(label, field);
      box.append(row);
    }
  }
}
