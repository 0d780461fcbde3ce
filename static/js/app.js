// "/" goes to the search box; filters that say so send themselves; fragments wait while somebody works in them.
(function () {
  "use strict";
  document.addEventListener("keydown", (event) => {
    const busy = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || busy || event.ctrlKey || event.metaKey || event.altKey) return;
    const box = document.querySelector("[data-shortcut='/']");
    if (!box || box.offsetParent === null) return;
    event.preventDefault();
    box.focus();
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-send-on-change]");
    if (form && event.target.matches("select")) form.requestSubmit();
  });
  // Numbers are asked for again every few seconds: not while the page is hidden, or a person is reading or moving in there.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const box = event.target;
    if (!(box.getAttribute("hx-trigger") || "").startsWith("every")) return;
    const inside = box !== document.activeElement && box.contains(document.activeElement);
    if (document.hidden || inside || box.querySelector("details[open]")) event.preventDefault();
  });
})();
