// The little that plain HTML cannot do. Everything works without it, only less comfortably.

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
document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeMenus(null); });
