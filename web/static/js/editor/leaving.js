// Who goes away in the middle of writing leaves nothing unsent: the page closed or loaded anew, another
// tab chosen, a phone put away. What is being written then ends as if one had gone elsewhere.

/** `finish` sends what is written and not sent yet. Called before the queue asks whether to leave. */
export function beforeLeaving(finish) {
  addEventListener('beforeunload', finish, { capture: true });
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') finish(); });
}
