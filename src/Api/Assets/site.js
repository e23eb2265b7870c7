// Pages work without this file. It copies, asks in place instead of on a page of its own, and shows changes as they happen.
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

  if (event.target.closest("[data-print]")) {
    window.print();
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

// A notice belongs to one visit: a reload does not show it again, and its offer to undo goes when it is no longer valid.
if (document.getElementById("done")) {
  const address = new URL(location.href);
  ["done", "undo"].forEach(name => address.searchParams.delete(name));
  history.replaceState(history.state, "", address);
}
for (const button of document.querySelectorAll("[data-vanishes-after]"))
  setTimeout(() => button.remove(), 1000 * button.dataset.vanishesAfter);

// On the owner's pages only. Where it fails, such as in a private window, the pages are the same without it.
if (document.body.dataset.live && "serviceWorker" in navigator)
  navigator.serviceWorker.register("/worker.js").catch(() => {});

// Live pages. The server tells an open page that something has changed, and nothing else. The page then fetches itself again and takes over what
// is different. A form that is being filled in stays as it is, and so does everything in an element with data-live-keep.
if (document.body.dataset.live)
  live(document.body.dataset.live, document.body.dataset.livePage);

// page: where the parts come from, if the page is a form's answer. Then only its elements with data-live-part are live, by their ids.
function live(stream, page) {
  const [firstPause, longestPause] = [1000, 30000];
  const address = new URL(stream, location.href);
  let source, reopening, pause = firstPause;

  // The browser connects again by itself after a broken connection, and names the last change that it has heard of. After an error status, such as a
  // proxy's 502 while the Portal restarts, it gives up; then this opens a new stream, with growing pauses.
  function open() {
    if (source && source.readyState !== EventSource.CLOSED)
      return;

    clearTimeout(reopening);
    source = new EventSource(address);
    source.addEventListener("open", () => { pause = firstPause; });
    source.addEventListener("change", event => {
      address.searchParams.set("seen", event.lastEventId);
      look();
    });
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED)
        return;

      reopening = setTimeout(open, pause);
      pause = Math.min(2 * pause, longestPause);
    });
  }

  function close() {
    clearTimeout(reopening);
    source?.close();
  }

  // A stream for each hidden tab would use up the few connections that a browser has for one host.
  const follow = () => document.hidden ? close() : open();
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", close);
  addEventListener("pageshow", event => { if (event.persisted) follow(); });
  follow();

  // A few changes are shown at once. If more follow, the page waits longer, so that nobody who causes changes keeps it and the Portal busy.
  const [atOnce, most, refill, minute] = [250, 10, 5000, 60000];
  let [looks, lastLook, lookAt, fetching, isDue] = [most, Date.now(), 0, false, false];
  setInterval(() => { if (!document.hidden && Date.now() - lastLook > minute) look(); }, minute / 2); // for the times

  function look() {
    isDue = true;
    if (lookAt || fetching)
      return;

    looks = Math.min(most, looks + (Date.now() - lastLook) / refill) - 1;
    lookAt = setTimeout(refresh, atOnce + Math.max(0, -looks * refill));
  }

  async function refresh() {
    [lookAt, fetching, isDue] = [0, true, false];
    try {
      const answer = await fetch(page ?? location.href, { headers: { Accept: "text/html" } });
      if (answer.status === 401 || answer.status === 404)
        gone();
      else if (answer.ok)
        takeOver(new DOMParser().parseFromString(await answer.text(), "text/html"), page);
    } catch {
      // The next change or the next minute tries again.
    }
    [fetching, lastLook] = [false, Date.now()];
    if (isDue)
      look();
  }

  // What the page shows is removed, or this browser is no longer paired.
  function gone() {
    if (!page && ![...document.forms].some(isInUse))
      location.reload();
  }
}

function takeOver(fresh, page) {
  if (!fresh.querySelector("[data-live-nav]"))
    return; // another kind of page

  const focused = document.activeElement;
  const name = focused?.getAttribute("id");
  for (const part of document.querySelectorAll(page ? "[data-live-nav], [data-live-part]" : "[data-live-nav], main")) {
    const other = part.matches("[data-live-nav]") ? fresh.querySelector("[data-live-nav]") : fresh.getElementById(part.id);
    if (other)
      adapt(part, other);
  }
  if (!page)
    document.title = fresh.title;
  if (focused && !focused.isConnected)
    (document.getElementById(name) ?? document.getElementById("main")).focus({ preventScroll: true });
}

// Makes an element like a fresh one, and touches only what differs.
function adapt(old, fresh) {
  if (old.isEqualNode(fresh) || old.matches("[data-live-keep]") || (old.matches("form") && isInUse(old)))
    return;

  for (const { name, value } of [...fresh.attributes]) {
    if (name !== "open" && old.getAttribute(name) !== value)
      old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (name !== "open" && !fresh.hasAttribute(name))
      old.removeAttribute(name);
  }
  adaptContent(old, fresh);
}

function adaptContent(old, fresh) {
  // By attributes: the property id of a form is its field of that name.
  const keyOf = node => node.nodeType !== Node.ELEMENT_NODE ? undefined
    : node.getAttribute("id") || node.getAttribute("aria-labelledby") || (node.matches("li, tr") ? node.querySelector("a[href]")?.getAttribute("href") : undefined) || undefined;
  const isAlike = (one, other) => one.nodeName === other.nodeName && keyOf(one) === keyOf(other);
  const named = new Map();
  for (const child of old.children) {
    if (keyOf(child) && !named.has(keyOf(child)))
      named.set(keyOf(child), child);
  }

  const all = [...fresh.childNodes];
  const wanted = new Set(all.map(keyOf));
  let at = old.firstChild;
  const skip = () => {
    const next = at.nextSibling;
    if (!at.matches?.("[data-live-keep]"))
      at.remove();
    at = next;
  };
  all.forEach((child, index) => {
    while (at && keyOf(at) && !wanted.has(keyOf(at)))
      skip();

    let match = keyOf(child) ? named.get(keyOf(child)) : at && isAlike(at, child) ? at : undefined;
    if (!match && !keyOf(child) && at && countFrom(at) > all.length - index) {
      // Something was removed here: the next node that is alike is the one.
      for (match = at; match && !isAlike(match, child) && !wanted.has(keyOf(match) ?? null);)
        match = match.nextSibling;
      while (match && isAlike(match, child) && at !== match)
        skip();
    }
    if (!match || !isAlike(match, child)) {
      old.insertBefore(arrived(document.importNode(child, true)), at);
      return;
    }

    named.delete(keyOf(child));
    if (match === at)
      at = at.nextSibling;
    else
      old.insertBefore(match, at);
    if (match.nodeType === Node.ELEMENT_NODE)
      adapt(match, child);
    else if (match.data !== child.data && !isSelected(match))
      match.data = child.data;
  });
  while (at)
    skip();
}

function countFrom(node) {
  let count = 0;
  for (; node; node = node.nextSibling)
    count++;
  return count;
}

function arrived(node) {
  if (node.nodeName === "LI")
    node.classList.add("new");
  return node;
}

// Whether something was typed, chosen or marked in a form, or the cursor is in one of its fields.
function isInUse(form) {
  return isSelected(form) || [...form.elements].some(control => {
    if (control.type === "hidden")
      return false;
    if (control.matches("select"))
      return control.selectedIndex !== Math.max(0, [...control.options].findIndex(option => option.defaultSelected));
    if (control.type === "checkbox" || control.type === "radio")
      return control.checked !== control.defaultChecked;
    return control.matches("input, textarea") && (control === document.activeElement || control.value !== control.defaultValue);
  });
}

function isSelected(node) {
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && selection.containsNode(node, true);
}

// The address of the visitor's own Portal, remembered in this browser for the next invite. A browser that stores nothing does without.
for (const field of document.querySelectorAll("[data-remember]")) {
  const key = `remember:${field.name}`;
  try {
    field.value ||= localStorage.getItem(key) ?? "";
    field.form.addEventListener("submit", () => localStorage.setItem(key, field.value.trim()));
  } catch {
    // storage is switched off
  }
}

if (navigator.share)
  document.documentElement.classList.add("can-share");

document.addEventListener("click", event => {
  const share = event.target.closest("[data-share]");
  if (share)
    navigator.share({ title: share.dataset.shareTitle, url: share.dataset.share }).catch(() => { /* closed without sharing */ });
});

// Times of the history stand in UTC; here the browser's own time is put before them, in what is loaded later, too.
function showLocalTimes() {
  if (new Date().getTimezoneOffset() === 0)
    return;

  const local = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  for (const time of document.querySelectorAll("time[data-local]")) {
    time.removeAttribute("data-local");
    time.setAttribute("data-live-keep", "");
    time.textContent = `${local.format(new Date(time.dateTime))} · ${time.textContent}`;
  }
}

showLocalTimes();
if (document.querySelector("main"))
  new MutationObserver(showLocalTimes).observe(document.querySelector("main"), { childList: true, subtree: true });

// One box that ticks all others of its form.
document.addEventListener("change", event => {
  const all = event.target.closest("[data-tick]");
  for (const box of all?.form.querySelectorAll(`input[name=${all.dataset.tick}]`) ?? [])
    box.checked = all.checked;
});
