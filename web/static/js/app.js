// The little that plain HTML cannot do. Everything works without it, only less comfortably.
import "./moved.js";
import "./naming.js";

// Steps that somebody copied are nobody's after them at this browser, whether they sign out or their
// session ends by itself, which is seen where one signs in again.
const emptyClipboard = () => { try { localStorage.removeItem("flowengine.clip"); } catch { /* not allowed */ } };
document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("action") === "/sign-out") emptyClipboard();
});
if (document.querySelector("form[action='/sign-in']")) emptyClipboard();

// "Copiar": puts the text of data-copy (or of the input before it) on the clipboard.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = button.dataset.copy || button.previousElementSibling?.value || button.previousElementSibling?.textContent;
  await navigator.clipboard.writeText(text.trim());
  const label = button.querySelector("span");
  if (!label || !button.dataset.done) return;
  const before = label.textContent;
  label.textContent = button.dataset.done;
  setTimeout(() => { label.textContent = before; }, 1500);
});

// An open <details class="menu"> closes when one clicks elsewhere or presses Escape.
const closeMenus = (except) => document.querySelectorAll("details.menu[open]").forEach((menu) => {
  if (menu !== except) menu.open = false;
});
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !document.querySelector("details.menu[open]")) return;
  event.preventDefault();                 // it was meant for the menu, not for what the menu is in
  event.target.closest?.("details.menu[open]")?.querySelector("summary").focus();
  closeMenus(null);
});

// A sheet over the page keeps the cursor: Tab goes round in it. Escape closes it and goes back, as
// the browser does for every popover.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Tab") return;
  const sheet = [...document.querySelectorAll("[popover]:popover-open")].at(-1);
  if (!sheet) return;
  const stops = [...sheet.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter((it) => !it.disabled && it.type !== "hidden" && it.checkVisibility());
  if (!stops.length) return;
  const at = stops.indexOf(document.activeElement), last = stops.length - 1;
  if (at > (event.shiftKey ? 0 : -1) && at < (event.shiftKey ? last + 1 : last)) return;
  event.preventDefault();
  stops[event.shiftKey ? last : 0].focus();
});

// [data-stick]: stays at its end when something is added, unless somebody scrolled up to read.
for (const box of document.querySelectorAll("[data-stick]")) {
  let atEnd = true, end = 0;
  const toEnd = () => { end = box.scrollHeight; if (atEnd) box.scrollTop = end; };
  // Told late: by then a picture may have come, and the end that was reached is not the end any more.
  box.addEventListener("scroll", () => { atEnd = Math.min(end, box.scrollHeight) - box.scrollTop - box.clientHeight < 60; }, { passive: true });
  new MutationObserver(toEnd).observe(box, { childList: true, subtree: true });
  new ResizeObserver(toEnd).observe(box);
  box.addEventListener("load", toEnd, true);
  toEnd();
}

// [data-clear]: a form that empties itself when it is sent and keeps the cursor; what could not be
// sent comes back, unless something else was written meanwhile.
const words = (form) => form.querySelector("textarea, input:not([type=hidden])");
const unsent = new WeakMap();
document.addEventListener("htmx:before:request", (event) => {
  const form = event.target.closest?.("form[data-clear]");
  if (!form) return;
  unsent.set(form, words(form).value);
  form.reset();
  words(form).focus();
});
for (const name of ["htmx:response:error", "htmx:error"]) {
  document.addEventListener(name, (event) => {
    const form = event.target.closest?.("form[data-clear]");
    if (form && !words(form).value) words(form).value = unsent.get(form) ?? "";
  });
}

// Enter sends a message; Shift+Enter begins a new line.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  const area = event.target.closest?.("textarea[data-send]");
  if (!area) return;
  event.preventDefault();
  if (area.value.trim()) area.form.requestSubmit();
});

// A tap closes the list that it was in, and the menu.
document.addEventListener("htmx:before:request", (event) => {
  event.target.closest?.("details.menu[open], details.sheet-list[open]")?.removeAttribute("open");
});
