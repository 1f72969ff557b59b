// The board of a roadmap: items are moved by hand, by touch or by keys. A card is put down where it is let go at once,
// but what counts is the server's answer: it brings the board as it is now. Without this each card has a form.
(function () {
  "use strict";
  const said = document.getElementById("board-said");
  if (!said || !document.getElementById("board")) return;

  const NEXT = { ArrowRight: 1, ArrowLeft: -1 };
  const NEAR = 60; // px from the window's edge at which it moves along
  let taken = null; // the card that is held: what it was, and where

  const board = () => document.getElementById("board");
  const columns = () => [...document.querySelectorAll(".board-column")];
  const columnOf = (card) => card.closest(".board-column");
  const listOf = (column) => column.querySelector(".cards");
  const labelOf = (column) => column.querySelector("h2").firstChild.textContent.trim();
  const cardsOf = (column) => [...listOf(column).children];
  const grabOf = (card) => card.querySelector(".grab");

  function say(words) {
    said.textContent = "";
    requestAnimationFrame(() => { said.textContent = words; });
  }

  function whereIs(card) {
    const cards = cardsOf(columnOf(card));
    return `${labelOf(columnOf(card))}, ${cards.indexOf(card) + 1} of ${cards.length}`;
  }

  // -- Taking a card and putting it down -----------------------------------------------------------

  function take(card) {
    taken = { card, list: card.parentElement, before: card.nextElementSibling };
    card.classList.add("taken");
    grabOf(card).setAttribute("aria-pressed", "true");
  }

  function release() {
    const { card } = taken;
    card.classList.remove("taken");
    grabOf(card).setAttribute("aria-pressed", "false");
    taken = null;
    return card;
  }

  function putBack() {
    taken.list.insertBefore(taken.card, taken.before);
    return release();
  }

  function isMoved() {
    return taken.card.parentElement !== taken.list || taken.card.nextElementSibling !== taken.before;
  }

  function drop() {
    const moved = isMoved();
    const { list, before } = taken;
    const card = release();
    if (moved) send(card, () => list.insertBefore(card, before));
    else say(`${card.dataset.name} stays in ${whereIs(card)}.`);
  }

  // -- What the server says ------------------------------------------------------------------------

  async function send(card, undo) {
    const body = new FormData();
    body.set("horizon", columnOf(card).dataset.horizon);
    // Beside another card, not at a number: of moves made at the same time both count.
    const after = card.previousElementSibling, before = card.nextElementSibling;
    if (after) body.set("after", after.dataset.code);
    else if (before) body.set("before", before.dataset.code);
    body.set("csrfmiddlewaretoken", card.querySelector("[name=csrfmiddlewaretoken]").value);
    await post(card.dataset.move, body, card.dataset.code, undo);
  }

  const asked = () => (board().dataset.query ? `?${board().dataset.query}` : "");

  async function post(address, body, code, undo) {
    board().querySelector(".board")?.classList.add("busy");
    let answer;
    try {
      answer = await fetch(address + asked(), {
        method: "POST", body, headers: { "HX-Request": "true" }, credentials: "same-origin",
      });
    } catch {
      await reload("Not moved: the server does not answer. Try again in a while.", code, undo);
      return;
    }
    if (answer.headers.get("Content-Type")?.startsWith("text/html") && [200, 400, 409, 422].includes(answer.status)) {
      show(await answer.text(), code);
    } else {
      const why = answer.status === 403 ? "you may not change this roadmap any more" : `the server answered ${answer.status}`;
      await reload(`Not moved: ${why}. The board is shown as it is.`, code, undo);
    }
  }

  // What is shown may be wrong now: ask for the board again; if that fails too, the card goes back to where it was.
  async function reload(words, code, undo) {
    try {
      const answer = await fetch(location.pathname + asked(), {
        headers: { "HX-Request": "true" }, credentials: "same-origin",
      });
      if (!answer.ok) throw new Error(answer.status);
      show(await answer.text(), code, words);
    } catch {
      board().querySelector(".board")?.classList.remove("busy");
      undo?.();
      complain(words);
    }
  }

  function complain(words) {
    board().querySelector(".messages")?.remove();
    const box = document.createElement("div");
    const message = document.createElement("p");
    box.className = "messages";
    box.setAttribute("role", "alert");
    message.className = "message error";
    message.textContent = words;
    box.append(message);
    board().prepend(box);
  }

  function show(text, code, words) {
    const found = new DOMParser().parseFromString(text, "text/html").getElementById("board");
    if (!found) {
      complain(words || "The server's answer cannot be read. Load the page again.");
      return;
    }
    // Of two answers that pass each other on the way, the later board stays.
    if (Number(found.dataset.version) < Number(board().dataset.version)) return;
    taken = null; // whatever is held is of the board that goes
    board().replaceWith(document.adoptNode(found));
    if (words) complain(words);
    // What went wrong is an alert, which is said by itself.
    else if (board().dataset.said) say(board().dataset.said);
    const card = code && document.getElementById(`card-${code}`);
    if (card) grabOf(card)?.focus();
  }

  // -- By keys -------------------------------------------------------------------------------------

  function step(key) {
    const { card } = taken;
    if (key === "ArrowUp" && card.previousElementSibling) card.previousElementSibling.before(card);
    else if (key === "ArrowDown" && card.nextElementSibling) card.nextElementSibling.after(card);
    else if (NEXT[key]) {
      const all = columns(), from = all.indexOf(columnOf(card)), to = all[from + NEXT[key]];
      if (!to) return;
      const place = cardsOf(all[from]).indexOf(card);
      listOf(to).insertBefore(card, cardsOf(to)[place] || null);
    } else return;
    grabOf(card).focus();
    card.scrollIntoView({ block: "nearest" });
    say(whereIs(card));
  }

  document.addEventListener("keydown", (event) => {
    const grab = event.target.closest?.(".grab");
    if (!grab) return;
    const card = grab.closest(".card");
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      if (taken) drop();
      else {
        take(card);
        say(`${card.dataset.name} is taken. ${whereIs(card)}. Arrow keys move it, Space puts it down, Escape leaves it.`);
      }
    } else if (taken && event.key === "Escape") {
      event.preventDefault();
      putBack();
      grabOf(card).focus();
      say(`${card.dataset.name} is left in ${whereIs(card)}.`);
    } else if (taken && event.key.startsWith("Arrow")) {
      event.preventDefault();
      step(event.key);
    }
  });

  // Going elsewhere leaves a card where it was; moving it about takes the focus off for a moment.
  document.addEventListener("focusout", (event) => {
    if (!taken || taken.pointer || event.target !== grabOf(taken.card)) return;
    setTimeout(() => {
      if (!taken || document.activeElement === grabOf(taken.card)) return;
      const card = putBack();
      say(`${card.dataset.name} is left in ${whereIs(card)}.`);
    });
  });

  // -- By mouse, pen or finger ---------------------------------------------------------------------

  document.addEventListener("pointerdown", (event) => {
    const grab = event.target.closest?.(".grab");
    if (!grab || event.button) return;
    event.preventDefault();
    if (taken) putBack();
    take(grab.closest(".card"));
    taken.pointer = event.pointerId;
    grab.focus();
  });

  document.addEventListener("pointermove", (event) => {
    if (taken?.pointer !== event.pointerId) return;
    event.preventDefault();
    if (event.clientY < NEAR) scrollBy(0, -12);
    else if (event.clientY > innerHeight - NEAR) scrollBy(0, 12);
    const column = document.elementFromPoint(event.clientX, event.clientY)?.closest(".board-column");
    if (!column) return;
    const others = cardsOf(column).filter((card) => card !== taken.card);
    const below = others.find((card) => {
      const box = card.getBoundingClientRect();
      return event.clientY < box.top + box.height / 2;
    });
    if (taken.card.parentElement !== listOf(column) || taken.card.nextElementSibling !== (below || null)) {
      listOf(column).insertBefore(taken.card, below || null);
    }
  });

  document.addEventListener("pointerup", (event) => {
    if (taken?.pointer === event.pointerId) drop();
  });
  document.addEventListener("pointercancel", (event) => {
    if (taken?.pointer === event.pointerId) putBack();
  });

  // -- The forms of the cards, without a new page ----------------------------------------------------

  document.addEventListener("submit", (event) => {
    const form = event.target.closest(".card-move form, .column-order form");
    if (!form) return;
    event.preventDefault();
    post(new URL(form.action).pathname, new FormData(form), form.closest(".card")?.dataset.code);
  });
})();
