// A key is made of the name above it as one types (as web/settings/names.py would), until somebody
// writes their own. And a form that others depend on asks before a change that hurts them.
const plain = (words, joint) => words.normalize("NFKD").replace(/[^\x00-\x7f]/g, "").toLowerCase()
  .replace(/[^a-z0-9]+/g, joint).replace(/^[-_]+|[-_]+$/g, "");
const keyOf = (words, joint) => {
  const key = plain(words, joint);
  return (joint === "_" && /^\d/.test(key) ? `v_${key}` : key).slice(0, 64);
};
const shows = new WeakMap();

const show = (key) => {
  const place = key.closest("details").querySelector("[data-made-shown]");
  if (!shows.has(place)) shows.set(place, place.textContent);
  place.textContent = key.value || shows.get(place);
};

const keyFor = (it) => it.form.elements[it.dataset.makes];
const make = (it) => {
  const key = keyFor(it);
  if (key.dataset.own) return;
  key.value = keyOf(it.value, key.dataset.made);
  if (it.value.trim() && !key.value) key.closest("details").open = true;
  show(key);
};

// What was written before this script came.
for (const it of document.querySelectorAll("[data-makes]")) if (it.value && !keyFor(it).value) make(it);

document.addEventListener("input", ({ target: it }) => {
  if (it.matches("[data-makes]")) {
    make(it);
  } else if (it.matches("[data-made]")) {
    if (it.value) it.dataset.own = "1"; else delete it.dataset.own;
    show(it);
  }
});

// form[data-sure]: asked before it is sent, where more than what is only shown ([data-mild]) changed.
const changed = (it) => {
  if (it.matches("[data-mild], [type=hidden]")) return false;
  if (it.matches("select")) return [...it.options].some((each) => each.selected !== each.defaultSelected);
  return it.matches("[type=checkbox]") ? it.checked !== it.defaultChecked : it.value !== it.defaultValue;
};
const weigh = ({ target }) => {
  const form = target.closest?.("form[data-sure]");
  if (!form) return;
  if ([...form.querySelectorAll("input, select, textarea")].some(changed)) form.setAttribute("hx-confirm", form.dataset.sure);
  else form.removeAttribute("hx-confirm");
};
document.addEventListener("input", weigh);
document.addEventListener("change", weigh);
