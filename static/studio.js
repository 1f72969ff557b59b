// The studio: each edit is saved as it is made, what it would do follows, and others' edits are merged in place.
// Without this the page is a form with a button, and loses nothing but comfort.
(function () {
  "use strict";
  const studio = document.getElementById("studio");
  const form = document.getElementById("split");
  if (!studio?.dataset.api || !form) return;

  const WAIT = 350; // ms after the last key or slide
  const said = document.getElementById("studio-said");
  const effects = document.getElementById("effects");
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  let version = Number(studio.dataset.version);
  const waiting = new Map(); // by line: what was changed and is not sent yet
  let timer = 0;
  let sending = null;
  let asked = 0; // how often effects were asked for: only the latest answer is shown

  const rowOf = (element) => element.closest("tr[data-line]");
  const rowFor = (line) => document.getElementById(`line-${line}`);
  const boxOf = (row) => row.querySelector("input[type=text]");
  const slideOf = (row) => row.querySelector("input[type=range]");
  const lockOf = (row) => row.querySelector("input[type=checkbox]");
  const nameOf = (row) => `${row.querySelector("th a").textContent}, from ${row.querySelector("th small").textContent}`;
  const grouped = (amount) => Number(amount).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

  function say(words) {
    said.textContent = "";
    requestAnimationFrame(() => { said.textContent = words; });
  }

  // -- What stands in a row ----------------------------------------------------------------------

  function show(row, amount, isLocked) {
    row.dataset.amount = amount;
    boxOf(row).value = grouped(amount);
    slideOf(row).value = amount;
    lockOf(row).checked = isLocked;
  }

  function mark(row, words) {
    const box = boxOf(row);
    let note = row.querySelector(".field-error");
    row.classList.toggle("wrong", Boolean(words));
    if (!words) {
      note?.remove();
      box.removeAttribute("aria-invalid");
      box.removeAttribute("aria-describedby");
      return;
    }
    if (!note) {
      note = document.createElement("span");
      note.className = "field-error";
      note.id = `wrong-${row.dataset.line}`;
      box.parentElement.append(note);
    }
    note.textContent = words;
    box.setAttribute("aria-invalid", "true");
    box.setAttribute("aria-describedby", note.id);
  }

  // -- Saving ------------------------------------------------------------------------------------

  function change(row, field, value, wait) {
    const line = Number(row.dataset.line);
    waiting.set(line, { ...waiting.get(line), line, [field]: value });
    clearTimeout(timer);
    timer = setTimeout(save, wait ?? WAIT);
  }

  async function call(method, address, body, isVersioned) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
    if (isVersioned) headers["If-Match"] = `"${version}"`;
    const answer = await fetch(address, { method, headers, body: JSON.stringify(body), credentials: "same-origin" });
    return [answer, await answer.json().catch(() => ({}))];
  }

  async function save() {
    clearTimeout(timer);
    if (sending) await sending;
    if (!waiting.size) return;
    const lines = [...waiting.values()];
    waiting.clear();
    sending = send(lines);
    await sending;
    sending = null;
    if (waiting.size) await save();
  }

  async function send(lines) {
    let answer, found;
    try {
      [answer, found] = await call("PATCH", studio.dataset.api, { lines, merge: true }, true);
    } catch {
      for (const line of lines) waiting.set(line.line, { ...line, ...waiting.get(line.line) });
      say("Not saved: the server does not answer. It is tried again with your next change, or when you press Enter.");
      studio.dataset.state = "offline";
      return;
    }
    studio.dataset.state = "";
    if (answer.ok) return taken(found, lines);
    if (answer.status === 412) return moved(found, lines);
    refused(found, lines);
  }

  function taken(found, lines) {
    const before = version;
    version = found.version;
    form.elements.version.value = version;
    const mine = new Set(lines.map((line) => line.line));
    const others = update(found.lines, mine);
    const told = lines.map((line) => rowFor(line.line)).filter(Boolean).map((row) => {
      mark(row, "");
      return `${nameOf(row)}: ${boxOf(row).value}${lockOf(row).checked ? ", locked" : ""}`;
    });
    const merged = (found.merged || []).map(
      (step) => `${step.by} changed ${step.changes.map((one) => `${one.name || "the settings"} to ${one.new}`).join("; ")}`,
    );
    if (version !== before || others) {
      say([`Saved. ${told.slice(0, 3).join(". ")}`, ...merged].join(". "));
      refresh();
    }
  }

  // Puts what the server has into every row that nobody is working in; returns how many of others' changed.
  function update(lines, mine) {
    let others = 0;
    for (const line of lines) {
      const row = rowFor(line.id);
      if (!row) continue;
      const isNew = Number(row.dataset.amount) !== Number(line.monthly_amount) || lockOf(row).checked !== line.is_locked;
      if (waiting.has(line.id)) {
        row.dataset.amount = line.monthly_amount;
      } else if (mine.has(line.id) || isNew) {
        show(row, line.monthly_amount, line.is_locked);
        if (!mine.has(line.id)) {
          others += 1;
          row.classList.add("theirs");
        }
      }
    }
    return others;
  }

  // Somebody else changed the same: theirs is what stands; mine stays in its box, with theirs beside it.
  async function moved(problem, lines) {
    const conflicts = new Map((problem.conflicts || []).map((one) => [one.line, one]));
    const [answer, found] = await call("GET", studio.dataset.api).catch(() => [{}, {}]);
    if (answer.ok) {
      version = found.version;
      form.elements.version.value = version;
      update(found.lines, new Set());
    }
    const rest = lines.filter((line) => !conflicts.has(line.line));
    for (const [line, conflict] of conflicts) {
      const row = rowFor(line);
      if (!row) continue;
      if (conflict.field === "monthly_amount") boxOf(row).value = conflict.yours;
      const who = (problem.steps || []).map((step) => step.by).join(", ");
      mark(row, `${who} made it ${conflict.theirs} meanwhile; yours is ${conflict.yours}. Enter saves yours, Esc keeps theirs.`);
    }
    say(`${conflicts.size === 1 ? "One line was" : `${conflicts.size} lines were`} changed by somebody else meanwhile. ${problem.detail || ""}`);
    refresh();
    for (const line of rest) waiting.set(line.line, { ...line, ...waiting.get(line.line) });
  }

  function refused(problem, lines) {
    const words = problem.errors?.map((error) => error.detail).join(" ") || problem.detail || "It was not saved.";
    const named = words.match(/^Line (\d+): (.*)$/s);
    const rows = named ? [rowFor(named[1])] : lines.length === 1 ? [rowFor(lines[0].line)] : [];
    for (const row of rows) if (row) mark(row, named ? named[2] : words);
    // What is right is sent without what is wrong.
    const rest = named ? lines.filter((line) => line.line !== Number(named[1])) : [];
    for (const line of rest) waiting.set(line.line, { ...line, ...waiting.get(line.line) });
    say(`Not saved. ${named ? named[2] : words}`);
  }

  // -- What it would do --------------------------------------------------------------------------

  async function refresh() {
    const number = ++asked;
    effects.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(studio.dataset.effects + location.search, { credentials: "same-origin" });
      const text = await answer.text();
      if (number !== asked || !answer.ok) return;
      effects.innerHTML = text; // our own template, escaped there
      for (const part of effects.querySelectorAll("[data-into]")) {
        document.getElementById(part.dataset.into)?.replaceChildren(...part.childNodes);
      }
      const figures = JSON.parse(document.getElementById("new-figures")?.textContent || "{}");
      for (const [line, texts] of Object.entries(figures.rows || {})) {
        for (const cell of rowFor(line)?.querySelectorAll("[data-figure]") || []) {
          const new_text = texts[cell.dataset.figure];
          if (cell.textContent !== new_text) cell.textContent = new_text;
        }
      }
      for (const [line, words] of Object.entries(figures.changes || {})) {
        const cell = rowFor(line)?.querySelector("[data-change]");
        if (cell && cell.textContent !== words) cell.textContent = words;
      }
      const verdict = effects.querySelector(".verdict")?.textContent.trim();
      const left = effects.querySelector(".left strong")?.textContent;
      if (verdict) said.textContent = `${said.textContent} ${left} ${verdict}`.trim();
    } catch {
      // The figures shown are a step behind; the next edit brings them.
    } finally {
      if (number === asked) effects.removeAttribute("aria-busy");
    }
  }

  // -- Hands on the table ------------------------------------------------------------------------

  form.addEventListener("input", (event) => {
    const row = rowOf(event.target);
    if (!row) return;
    row.classList.remove("theirs");
    if (event.target.type === "range") {
      boxOf(row).value = grouped(event.target.value);
      change(row, "monthly_amount", event.target.value);
    }
  });

  form.addEventListener("change", (event) => {
    const row = rowOf(event.target);
    if (!row) return;
    if (event.target.type === "checkbox") change(row, "is_locked", event.target.checked, 0);
    if (event.target.type === "text") take(row);
  });

  // An amount is sent when its box is left or Enter is pressed: half of a number is another number.
  function take(row) {
    const typed = boxOf(row).value.trim();
    if (typed === grouped(row.dataset.amount) && !row.classList.contains("wrong")) return;
    if (typed) change(row, "monthly_amount", typed, 0);
    else show(row, row.dataset.amount, lockOf(row).checked);
  }

  function beside(row, step) {
    const rows = [...form.querySelectorAll("tr[data-line]")];
    const next = rows[rows.indexOf(row) + step];
    if (!next) return;
    boxOf(next).focus();
    boxOf(next).select();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });

  form.addEventListener("keydown", (event) => {
    const row = rowOf(event.target);
    if (!row || event.target.type !== "text" || event.altKey || event.ctrlKey || event.metaKey) return;
    switch (event.key) {
      case "ArrowDown":
      case "ArrowUp":
        event.preventDefault();
        beside(row, event.key === "ArrowDown" ? 1 : -1);
        break;
      case "Enter":
        event.preventDefault();
        take(row);
        beside(row, 1);
        save();
        break;
      case "Escape":
        waiting.delete(Number(row.dataset.line));
        show(row, row.dataset.amount, lockOf(row).checked);
        mark(row, "");
        break;
    }
  });

  async function back(action, words) {
    await save();
    const [answer, found] = await call("POST", `${studio.dataset.api}${action}/`, {}).catch(() => [{}, {}]);
    if (!answer.ok) return say(found.detail || "The server does not answer.");
    version = found.version;
    form.elements.version.value = version;
    update(found.lines, new Set(found.lines.map((line) => line.id)));
    for (const row of form.querySelectorAll("tr.theirs")) row.classList.remove("theirs");
    say(words);
    refresh();
  }

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "z") return;
    // In a box that holds something not sent yet, the browser's own undo is what is meant.
    const row = rowOf(event.target);
    if (row && event.target.type === "text" && event.target.value !== grouped(row.dataset.amount)) return;
    event.preventDefault();
    back(event.shiftKey ? "redo" : "undo", event.shiftKey ? "Redone." : "Undone.");
  });

  for (const [attribute, action, words] of [["data-undo", "undo", "Undone."], ["data-redo", "redo", "Redone."]]) {
    document.querySelector(`[${attribute}]`)?.closest("form").addEventListener("submit", (event) => {
      event.preventDefault();
      back(action, words);
    });
  }

  // What is typed and not sent goes along when the page is left.
  addEventListener("pagehide", () => {
    const active = document.activeElement && rowOf(document.activeElement);
    if (active && document.activeElement.type === "text") take(active);
    clearTimeout(timer);
    if (!waiting.size) return;
    fetch(studio.dataset.api, {
      method: "PATCH", keepalive: true, credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token, "If-Match": `"${version}"` },
      body: JSON.stringify({ lines: [...waiting.values()], merge: true }),
    });
  });
})();
