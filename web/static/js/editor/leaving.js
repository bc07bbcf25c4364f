// Who goes away in the middle of writing leaves nothing unsent: the page closed or loaded anew, another
// tab chosen, a phone put away. What is being written then ends as if one had gone elsewhere.

/** `finish` sends what is written and not sent yet. Called before the queue asks whether to leave. */
export function beforeLeaving(finish) {
  addEventListener('beforeunload', finish, { capture: true });
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') finish(); });
}

const PATIENCE = 5000;

/** A link of this page waits until what was just written is answered, and goes then: nobody is asked
    whether to leave what is about to be saved. Where nobody answers it goes, and the browser asks. */
export function linksWait(queue, finish) {
  document.addEventListener('click', async (event) => {
    const link = event.target.closest?.('a[href]');
    if (!link || link.target || link.origin !== location.origin || link.pathname === location.pathname) return;
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    finish();
    if (!queue.waiting.length) return;
    event.preventDefault();
    await Promise.race([queue.quiet(), new Promise((done) => setTimeout(done, PATIENCE))]);
    setTimeout(() => { location.href = link.href; });   // once the queue knows that it is empty
  });
}
