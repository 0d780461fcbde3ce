// "/" goes to the search box; filters that say so send themselves when they change.
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
})();
