// Pages work without this file. It copies, asks in place instead of on a page of its own, and lets the history come in by itself.
"use strict";

document.addEventListener("click", async event => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    const label = copy.textContent;
    try {
      await navigator.clipboard.writeText(copy.dataset.copy);
      copy.textContent = copy.dataset.copied;
    } catch {
      copy.textContent = copy.dataset.byHand;
    }
    setTimeout(() => { copy.textContent = label; }, 2000);
    return;
  }

  if (event.target.closest("dialog [data-cancel]")) {
    event.preventDefault();
    event.target.closest("dialog").close();
    return;
  }

  const link = event.target.closest("a[data-ask]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    ask(link);
  }
});

// The question is a page of its own; its content is shown in a dialog. Whatever goes wrong, the page itself is opened.
async function ask(link) {
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    const question = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-question]");
    if (!answer.ok || !question) {
      location.assign(link.href);
      return;
    }

    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", question.querySelector("h1").id);
    dialog.append(question);
    document.body.append(dialog);
    dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
    dialog.showModal();
  } catch {
    location.assign(link.href);
  }
}

const live = document.querySelector("[data-live]");
if (live)
  follow(live);

// Puts further events on top of the list as they come. After a broken connection the browser connects again by itself and names the last
// event that it has. After an error status, such as a proxy's 502 while the Portal restarts, it gives up; then this opens
// a new stream from the last event on, with growing pauses.
function follow(list) {
  const address = new URL(list.dataset.live, location.href);
  const [firstPause, longestPause] = [1000, 30000];
  let pause = firstPause;
  let source, reopening;

  function open() {
    source = new EventSource(address);
    source.addEventListener("open", () => { pause = firstPause; });
    source.addEventListener("entry", event => {
      address.searchParams.set("after", event.lastEventId);
      show(list, event.data);
    });
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED)
        return;

      reopening = setTimeout(open, pause);
      pause = Math.min(2 * pause, longestPause);
    });
  }

  addEventListener("pagehide", () => { clearTimeout(reopening); source.close(); });
  addEventListener("pageshow", event => { if (event.persisted) open(); });
  open();
}

function show(list, html) {
  const entry = new DOMParser().parseFromString(html, "text/html").querySelector("li");
  if (!entry || document.getElementById(entry.id))
    return;

  entry.classList.add("new");
  list.prepend(entry);
  document.querySelector("[data-live-empty]")?.remove();
}
