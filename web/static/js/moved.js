// A page is of the workspace that it was made in. Who switches in another tab is told here, before
// anything is sent (the server would refuse it), and may go back without losing what is written.
const token = JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}")["X-CSRF-Token"] ?? "";
const here = token.split(".")[0], place = document.querySelector("#toast");

const show = () => {
  const words = document.querySelector("#moved");
  if (words && !place.querySelector(".stay")) place.replaceChildren(words.content.cloneNode(true));
};
const hide = () => place.querySelector(".stay")?.remove();

/** Tells the other tabs; where nothing may be kept, they hear of it by what they send. */
const tell = () => {
  try {
    // Steps that somebody copied are nobody's after them: also where they never signed out.
    if (localStorage.getItem("person") !== document.body.dataset.person) localStorage.removeItem("flowengine.clip");
    localStorage.setItem("workspace", here);
    localStorage.setItem("person", document.body.dataset.person);
  } catch { /* not allowed */ }
};
const now = () => { try { return localStorage.getItem("workspace") ?? here; } catch { return here; } };

async function goBack(form) {
  const answer = await fetch(form.action, {
    method: "POST", body: new FormData(form), redirect: "manual", headers: { "X-CSRF-Token": token },
  }).catch(() => null);
  if (!answer) return;                    // nobody there: the button stays
  if (answer.type !== "opaqueredirect") { location.reload(); return; }
  tell();
  hide();
  document.dispatchEvent(new CustomEvent("workspace:back"));
}

if (here && place) {
  tell();
  addEventListener("storage", ({ key, newValue }) => {
    if (key !== "workspace" || !newValue) return;
    if (newValue !== here) { show(); return; }
    hide();
    document.dispatchEvent(new CustomEvent("workspace:back"));
  });
  addEventListener("pageshow", ({ persisted }) => { if (persisted && now() !== here) show(); });
  document.addEventListener("workspace:moved", show);
  document.addEventListener("htmx:sse:error", ({ detail }) => { if (detail.status === 409) show(); });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-switch]")) return;
    event.preventDefault();
    goBack(event.target);
  });
}
