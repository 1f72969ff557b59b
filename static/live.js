// Keeps an open page up to date. The server tells which roll-up is the latest; when it is no longer the one that the
// page's figures came from, the page is fetched again and only what differs is changed, so that nothing moves under
// the reader: place, focus, selection, open details and half-filled forms stay.
(function () {
  "use strict";
  const body = document.body;
  const main = document.getElementById("main");
  const { live, liveState } = body.dataset;
  if (!live || !main) return;

  const POLL = 5_000; // milliseconds, where no stream can be had
  const AGAIN = 60; // polls until a stream is tried once more
  const QUIET = 30_000; // milliseconds between two announcements
  const follows = "run" in body.dataset; // other pages, and those of a past moment, show nothing that changes
  let shown = Number(body.dataset.run || 0);
  let source = null;
  let timer = 0;
  let polls = 0;
  let waiting = 0;
  let isBusy = false;
  let isOver = false;
  let wanted = shown;
  let saidAt = 0;

  // -- Changing only what differs --------------------------------------------------------------

  // What the reader, or a script, has made of these is not to be undone.
  const OWN = "form, .chart-plot[data-drawn], .messages, [data-fresh]";

  function keyOf(node) {
    if (node.nodeType !== Node.ELEMENT_NODE) return node.nodeName;
    if (node.id) return `#${node.id}`;
    if (node.localName === "tr" || node.localName === "li") {
      const link = node.querySelector("a[href]");
      if (link) return `${node.localName} ${link.getAttribute("href")}`;
    }
    return `${node.localName}.${node.classList[0] || ""}`;
  }

  function changeAttributes(old, fresh) {
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  }

  function change(old, fresh) {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    if (old.matches(OWN) || old.isEqualNode(fresh)) return;
    changeAttributes(old, fresh);
    changeChildren(old, fresh);
  }

  function changeChildren(old, fresh) {
    const left = new Map();
    for (const child of old.childNodes) {
      const key = keyOf(child);
      if (!left.has(key)) left.set(key, []);
      left.get(key).push(child);
    }
    const pairs = [...fresh.childNodes].map((child) => [child, left.get(keyOf(child))?.shift()]);
    // First away with what is gone, so that what stays need not be moved.
    for (const gone of left.values()) gone.forEach((child) => child.remove());
    let place = old.firstChild;
    for (const [child, found] of pairs) {
      if (!found) old.insertBefore(document.importNode(child, true), place);
      else {
        if (found === place) place = place.nextSibling;
        else old.insertBefore(found, place);
        change(found, child);
      }
    }
  }

  // -- Keeping the reader's place --------------------------------------------------------------

  function anchor() {
    for (const part of [0.15, 0.35, 0.55, 0.75]) {
      const found = document.elementFromPoint(innerWidth / 2, innerHeight * part)?.closest("main tr, main li, main h2, main p, main figure");
      if (found) return found;
    }
    return null;
  }

  function keepingPlace(work) {
    const focused = document.activeElement;
    const chosen = getSelection();
    const { anchorNode, anchorOffset, focusNode, focusOffset, isCollapsed } = chosen;
    const held = anchor();
    const before = held?.getBoundingClientRect().top;
    work();
    if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
    if (anchorNode?.isConnected && focusNode?.isConnected && !isCollapsed) {
      const within = (node, offset) => Math.min(offset, node.nodeType === Node.TEXT_NODE ? node.length : node.childNodes.length);
      chosen.setBaseAndExtent(anchorNode, within(anchorNode, anchorOffset), focusNode, within(focusNode, focusOffset));
    }
    const moved = held?.isConnected ? held.getBoundingClientRect().top - before : 0;
    if (Math.abs(moved) > 1) scrollBy(0, moved);
  }

  // -- Bringing the figures up to date ---------------------------------------------------------

  async function refresh() {
    waiting = 0;
    if (isBusy || document.hidden) return;
    isBusy = true;
    const asked = location.href;
    const run = wanted;
    try {
      const answer = await fetch(asked, { cache: "no-store", redirect: "manual" });
      const page = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
      const fresh = page?.getElementById("main");
      if (fresh && location.href === asked) {
        keepingPlace(() => changeChildren(main, fresh));
        document.title = page.title;
        document.dispatchEvent(new CustomEvent("twofold:refreshed"));
        say("The figures on this page were brought up to date.");
      }
      shown = Math.max(Number(page?.body.dataset.run || 0), run);
    } catch (failure) {
      shown = run; // the next run tries again; what is shown says from when it is
      console.warn("The figures could not be brought up to date.", failure);
    }
    isBusy = false;
    if (wanted > shown) refresh();
  }

  function say(words) {
    const voice = document.getElementById("live-said");
    if (!voice || Date.now() - saidAt < QUIET) return;
    saidAt = Date.now();
    voice.textContent = words;
  }

  function hear(state) {
    for (const line of document.querySelectorAll("[data-fresh]")) {
      if (line.innerHTML !== state.line) line.innerHTML = state.line;
    }
    tellTime();
    if (state.is_settled) {
      for (const note of document.querySelectorAll("[data-until-fresh]")) note.textContent = note.dataset.untilFresh;
    }
    if (!follows || state.run <= shown) return;
    wanted = Math.max(wanted, state.run);
    // Many pages hear of it at once; each comes for its figures at a moment of its own.
    if (!waiting) waiting = setTimeout(refresh, Math.random() * state.within);
  }

  // -- Listening ---------------------------------------------------------------------------------

  function listen() {
    if (isOver || document.hidden || source || timer) return;
    if (!("EventSource" in window)) return void poll();
    source = new EventSource(live);
    source.addEventListener("state", (event) => hear(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      // The browser comes back by itself, unless the answer was no stream.
      if (source?.readyState !== EventSource.CLOSED) return;
      source = null;
      polls = 0;
      poll();
    });
  }

  async function poll() {
    timer = 0;
    if (isOver || document.hidden) return;
    if (polls === AGAIN && "EventSource" in window) {
      polls = 0;
      listen();
      return;
    }
    polls += 1;
    try {
      const answer = await fetch(liveState, { cache: "no-store", redirect: "manual" });
      if (answer.type === "opaqueredirect") isOver = true; // signed out
      else if (answer.ok) hear(await answer.json());
    } catch (failure) {
      // Away from the network, or the server is: asked again.
    }
    if (!timer && !source) timer = setTimeout(poll, POLL * (0.8 + 0.4 * Math.random()));
  }

  function rest() {
    source?.close();
    clearTimeout(timer);
    source = null;
    timer = 0;
  }

  // A page that nobody sees holds no connection (a browser has six for a site); it hears all when it is seen again.
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
  addEventListener("pagehide", rest);
  addEventListener("pageshow", (event) => event.persisted && listen());

  // -- How long ago ------------------------------------------------------------------------------

  const UNITS = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

  function ago(seconds) {
    for (const [unit, length] of UNITS) {
      // Sixty days read better than one month.
      if (seconds >= (length > 86400 ? 2 : 1) * length) {
        const count = Math.floor(seconds / length);
        return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
      }
    }
    return "just now";
  }

  function tellTime() {
    for (const time of document.querySelectorAll("time[data-ago]")) {
      const words = ago((Date.now() - Date.parse(time.dateTime)) / 1000);
      if (time.textContent !== words) time.textContent = words;
    }
  }

  setInterval(() => document.hidden || tellTime(), 10_000);
  if (document.readyState === "complete") listen();
  else addEventListener("load", listen); // what is on the page comes first
})();
