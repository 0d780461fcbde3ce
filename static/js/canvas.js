// The canvas of a journey: asks the server for every change; here are only the hands: clicks, keys, dragging, focus.
(function () {
  "use strict";
  const box = document.getElementById("canvas");
  if (!box || !window.htmx) return;
  const REFRESH = 10000, NUMBERS = 30000, NEAR = 90, SLACK = 6, PRESS = 400; // milliseconds and pixels

  // --- the live flow: numbers come anew; focus, scroll and what is unfolded stay
  if (box.dataset.refresh) {
    window.setInterval(() => {
      const here = document.activeElement;
      const reading = box.querySelector("details[open]") || (box !== here && box.contains(here) && !here.id);
      if (document.hidden || reading) return;
      const left = box.scrollLeft, top = window.scrollY;
      window.htmx.ajax("GET", box.dataset.refresh, { source: box, target: box, select: "#canvas-content", swap: "innerHTML" }).then(() => {
        box.scrollLeft = left;
        window.scrollTo({ top, behavior: "instant" });
      });
    }, REFRESH);
  }

  const editor = document.getElementById("editor");
  if (!editor) return;
  const panel = document.getElementById("panel"), dialog = document.getElementById("ask"), news = document.getElementById("canvas-news");
  const texts = editor.dataset, format = new Intl.NumberFormat(document.documentElement.lang);
  const find = (id) => document.getElementById(id);
  const say = (text) => { news.textContent = ""; window.setTimeout(() => { news.textContent = text; }, 50); };
  let placing = null, drag = null, dragged = 0, dirty = false, pressed = "", sent = "", opener = null, current = null, numbers = {};

  // --- talking to the server
  const token = () => document.querySelector("#draft-bar input[name=revision]").value;
  const keeps = () => !dirty || window.confirm(texts.unsaved);
  const ask = (address) => {
    opener = document.activeElement;
    return window.htmx.ajax("GET", address, { source: editor, target: "#ask-body", swap: "innerHTML" });
  };
  const openPanel = (address) => {
    if (!keeps()) return;
    window.htmx.ajax("GET", address, { source: editor, target: "#panel", swap: "innerHTML" });
  };
  const act = (address, values) => {
    sent = token();
    window.htmx.ajax("POST", address, { source: editor, target: "#panel", swap: "innerHTML", values: { revision: sent, ...values } });
  };
  const closePanel = () => {
    const shown = panel.querySelector(".panel-box");
    if (!shown || !keeps()) return;
    const back = find(`open-${shown.dataset.step || shown.dataset.part}`) || box.querySelector(".step-open");
    panel.replaceChildren();
    dirty = false;
    if (back) back.focus();
  };

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 409) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  document.addEventListener("htmx:sendError", () => say(texts.failed));
  document.addEventListener("htmx:responseError", () => say(texts.failed));
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "ask-body" && !dialog.open) dialog.showModal();
    if (event.detail.target.id !== "panel") return;
    const verb = event.detail.requestConfig.verb, saved = panel.querySelector(".panel-saved");
    dirty = verb === "post" && event.detail.requestConfig.path.includes("/edit/panel/") && !saved;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "ask-body") {
      const wanted = ["input[type=radio]:checked", ".kinds button", "select", "button.btn-danger", "button.btn-primary", "a.btn"];
      const first = wanted.map((one) => dialog.querySelector(one)).find(Boolean);
      if (first) first.focus();
    }
    if (event.detail.target.id === "panel" && panel.firstElementChild && !panel.contains(document.activeElement)) focusPanel();
    fill();
    rove();
  });
  const focusPanel = () => {
    const rows = panel.querySelectorAll(".step-row");
    const added = pressed.startsWith("add_") && rows.length ? rows[rows.length - 1].querySelector("input:not([type=hidden])") : null;
    const wrong = panel.querySelector(".invalid-feedback, .alert");
    const field = wrong && wrong.closest(".field") ? wrong.closest(".field").querySelector("input, select, textarea") : null;
    pressed = "";
    (added || field || find("panel-title")).focus();
  };
  document.addEventListener("canvas:changed", (event) => {
    const told = event.detail;
    opener = null; // the focus goes to what changed
    if (dialog.open) dialog.close();
    stopPlacing(false);
    const kept = panel.querySelector("input[name=revision]");
    if (kept && kept.value === sent) kept.value = told.token; // what changed was changed here
    say(told.news);
    if (panel.querySelector(".panel-box") && told.panel) return focusPanel();
    const card = find(`open-${told.focus}`);
    if (card && !panel.contains(document.activeElement)) { card.focus(); card.scrollIntoView({ block: "nearest", inline: "nearest" }); }
  });

  // --- clicks and forms
  document.addEventListener("click", (event) => {
    if (dragged && event.timeStamp - dragged < 50) { event.preventDefault(); return; } // the click that ends a drag
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest("a");
    if (link && link.matches(".plus")) {
      event.preventDefault();
      if (placing) put(link); else ask(link.href);
    } else if (link && link.matches("[data-close]")) {
      event.preventDefault();
      if (dialog.contains(link)) dialog.close(); else closePanel();
    } else if (link && link.matches("[data-ask]")) {
      event.preventDefault();
      ask(link.href);
    } else if (link && link.matches(".step-open, [data-panel]")) {
      event.preventDefault();
      if (link.matches("[data-forget]")) dirty = false;
      openPanel(link.href);
    } else if (!link) {
      const card = event.target.closest(".step-edit");
      const title = card && card.querySelector(".step-open");
      if (title && !window.getSelection().toString()) { title.focus({ preventScroll: true }); openPanel(title.href); }
    }
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-panel-form]")) { pressed = (event.submitter && event.submitter.name) || ""; return; }
    if (!form.matches("[data-act]")) return;
    event.preventDefault();
    if (!form.action.endsWith("/add/") && !panel.querySelector(".panel-box")) dirty = false;
    if (/\/(add|undo|redo|delete)\/$/.test(form.action) && !keeps()) return;
    const values = {};
    for (const [name, value] of new FormData(form, event.submitter)) values[name] = value;
    sent = values.revision = token(); // what this page shows, not what the dialog saw
    window.htmx.ajax("POST", form.action, { source: editor, target: "#panel", swap: "innerHTML", values });
  });
  panel.addEventListener("input", () => { dirty = true; });
  dialog.addEventListener("close", () => { if (opener && opener.isConnected) opener.focus(); opener = null; });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

  // --- from card to card
  const placeOf = (one) => one.closest("li.place");
  const cardIn = (place) => place && place.querySelector(":scope > .step .step-open");
  const firstIn = (root) => root && root.querySelector(".step .step-open");
  const onward = (open) => {
    const place = placeOf(open);
    if (!place) return firstIn(box.querySelector(".sequence"));
    const inside = firstIn(place.querySelector(":scope > .fork"));
    if (inside) return inside;
    for (let here = place; here; here = here.parentElement.closest("li.place")) {
      for (let next = here.nextElementSibling; next; next = next.nextElementSibling) if (cardIn(next)) return cardIn(next);
    }
    return null;
  };
  const backward = (open) => {
    const place = placeOf(open);
    if (!place) return null;
    const before = place.previousElementSibling;
    if (before) {
      const inside = before.querySelectorAll(":scope > .fork > .ways > .way:first-child .step-open");
      return inside.length ? inside[inside.length - 1] : cardIn(before);
    }
    const above = place.parentElement.closest("li.place");
    return above ? cardIn(above) : find("open-entry");
  };
  const beside = (open, by) => {
    for (let way = open.closest("li.way"); way; way = way.parentElement.closest("li.way")) {
      for (let next = way; (next = by > 0 ? next.nextElementSibling : next.previousElementSibling);) if (firstIn(next)) return firstIn(next);
    }
    return null;
  };
  const plusesOf = (open) => {
    const place = placeOf(open);
    return place ? [...place.querySelectorAll(":scope > a.plus, :scope > .fork > .ways > .way > a.plus")] : [...box.querySelectorAll("#canvas-content > a.plus")];
  };
  // Tab goes to one card and its plus signs only; the arrows go to the others.
  const rove = () => {
    if (!current || !current.isConnected) current = (current && find(current.id)) || box.querySelector(".step-open");
    for (const one of box.querySelectorAll(".step-open, a.plus")) one.tabIndex = -1;
    if (!current) return;
    current.tabIndex = 0;
    for (const one of plusesOf(current)) one.tabIndex = 0;
  };
  box.addEventListener("focusin", (event) => {
    if (!event.target.matches(".step-open") || event.target === current) return;
    if (current) for (const one of [current, ...plusesOf(current)]) one.tabIndex = -1;
    current = event.target;
    for (const one of [current, ...plusesOf(current)]) one.tabIndex = 0;
  });
  const go = (to) => { if (to) { to.focus(); to.scrollIntoView({ block: "nearest", inline: "nearest" }); } };

  // --- keys
  const MOVES = { ArrowDown: onward, ArrowUp: backward, ArrowLeft: (one) => beside(one, -1), ArrowRight: (one) => beside(one, 1) };
  const onCard = (event, card) => {
    const key = card.closest(".step").dataset.key;
    if (MOVES[event.key]) go(MOVES[event.key](card));
    else if (event.key === "+" || event.key === "Insert") { const plus = plusesOf(card); if (plus.length) ask(plus[plus.length - 1].href); }
    else if (event.key === "?") find("keys").showPopover();
    else if (!key) return;
    else if (event.key === "Delete" || event.key === "Backspace") ask(`${texts.edit}delete/?step=${encodeURIComponent(key)}`);
    else if (event.key.toLowerCase() === "c") ask(`${texts.edit}copy/?step=${encodeURIComponent(key)}`);
    else if (event.key.toLowerCase() === "m") startPlacing(key);
    else return;
    event.preventDefault();
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !typing && !dialog.open && ["z", "y"].includes(event.key.toLowerCase())) {
      const button = find(event.key.toLowerCase() === "y" || event.shiftKey ? "redo" : "undo");
      event.preventDefault();
      if (!button.disabled) button.form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (event.key === "Escape") {
      if (placing) stopPlacing(true);
      else if (!document.querySelector("[popover]:popover-open, .dropdown-menu.show")) closePanel();
      return;
    }
    if (placing && MOVES[event.key]) {
      const spots = targets(), at = spots.indexOf(document.activeElement);
      const by = ["ArrowDown", "ArrowRight"].includes(event.key) ? 1 : -1;
      event.preventDefault();
      go(spots[Math.min(spots.length - 1, Math.max(0, at + by))]);
    } else if (!placing && event.target.matches(".step-open") && box.contains(event.target)) onCard(event, event.target);
  });

  // --- another place for a step: by keys, a click or dragging
  const targets = () => [...box.querySelectorAll("a.plus")].filter((plus) => !plus.closest(".moving-branch"));
  const startPlacing = (key) => {
    const card = find(`step-${key}`), fork = placeOf(card) && placeOf(card).querySelector(":scope > .fork");
    placing = { key, card, fork };
    card.classList.add("moving");
    if (fork) fork.classList.add("moving-branch");
    editor.classList.add("placing");
    say(texts.moving.replace("%s", card.querySelector(".step-open").textContent));
    const spots = targets(), after = plusesOf(card.querySelector(".step-open")).filter((plus) => spots.includes(plus));
    if (!drag) go(after[after.length - 1] || spots[0]);
  };
  const stopPlacing = (told) => {
    if (!placing) return;
    const { key, card, fork } = placing;
    placing = null;
    card.classList.remove("moving");
    if (fork) fork.classList.remove("moving-branch");
    editor.classList.remove("placing");
    for (const one of box.querySelectorAll(".plus-near")) one.classList.remove("plus-near");
    if (told) { say(texts.stopped); go(find(`open-${key}`)); }
  };
  const put = (plus) => {
    const { key } = placing;
    stopPlacing(false);
    act(`${texts.edit}move/`, { step: key, at: plus.dataset.at });
  };

  const nearest = (x, y) => {
    let best = null, least = NEAR;
    for (const plus of targets()) {
      const spot = plus.getBoundingClientRect();
      const away = Math.hypot(spot.left + spot.width / 2 - x, spot.top + spot.height / 2 - y);
      if (away < least) { best = plus; least = away; }
    }
    return best;
  };
  const beginDrag = () => {
    drag.on = true;
    startPlacing(drag.key);
    drag.ghost = document.createElement("div");
    drag.ghost.className = "ghost";
    drag.ghost.textContent = drag.card.querySelector(".step-open").textContent;
    editor.append(drag.ghost);
    moveDrag(drag.x, drag.y);
  };
  const moveDrag = (x, y) => {
    drag.ghost.style.transform = `translate(${x + 12}px, ${y + 8}px)`;
    const near = nearest(x, y);
    if (near !== drag.near) {
      if (drag.near) drag.near.classList.remove("plus-near");
      if (near) near.classList.add("plus-near");
      drag.near = near;
    }
    const frame = box.getBoundingClientRect(), EDGE = 48;
    if (y < EDGE) window.scrollBy(0, -16); else if (y > window.innerHeight - EDGE) window.scrollBy(0, 16);
    if (x < frame.left + EDGE) box.scrollLeft -= 16; else if (x > frame.right - EDGE) box.scrollLeft += 16;
  };
  const endDrag = (drop, event) => {
    if (!drag) return;
    const { on, near, ghost, timer } = drag;
    window.clearTimeout(timer);
    if (ghost) ghost.remove();
    drag = null;
    if (!on) return;
    dragged = event ? event.timeStamp : 0;
    if (drop && near) put(near); else stopPlacing(true);
  };
  box.addEventListener("dragstart", (event) => event.preventDefault());
  box.addEventListener("pointerdown", (event) => {
    const card = event.target.closest(".step-edit[data-key]");
    if (!card || event.button || placing) return;
    drag = { key: card.dataset.key, card, x: event.clientX, y: event.clientY, on: false, touch: event.pointerType === "touch" };
    if (drag.touch) drag.timer = window.setTimeout(() => { if (drag) beginDrag(); }, PRESS);
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const far = Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > SLACK;
    if (drag.on) moveDrag(event.clientX, event.clientY);
    else if (far && drag.touch) endDrag(false);
    else if (far) beginDrag();
  });
  document.addEventListener("pointerup", (event) => endDrag(true, event));
  document.addEventListener("pointercancel", () => endDrag(false));
  document.addEventListener("touchmove", (event) => { if (drag && drag.on) event.preventDefault(); }, { passive: false });

  // --- numbers of the live version on the cards of the draft
  const fill = () => {
    for (const spot of document.querySelectorAll("[data-numbers]")) {
      const listed = spot === editor ? null : numbers[spot.dataset.numbers];
      if (!listed) continue;
      spot.replaceChildren(...listed.map(([name, n]) => {
        const one = document.createElement("span"), strong = document.createElement("strong");
        strong.textContent = format.format(n);
        one.append(`${name} `, strong);
        return one;
      }));
      spot.hidden = false;
    }
  };
  const load = async () => {
    if (document.hidden) return;
    const answer = await fetch(texts.numbers, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    numbers = (await answer.json()).steps;
    fill();
  };
  load();
  window.setInterval(load, NUMBERS);
  rove();
})();
