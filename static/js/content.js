// The editor of content: the preview follows the typing, counters count, values go where the cursor was, nothing gets lost.
(function () {
  "use strict";
  let last = null; // the text field where somebody wrote last
  let dirty = false;
  let waiting = 0;
  const editor = () => document.getElementById("editor");

  function written() {
    clearTimeout(waiting);
    waiting = setTimeout(() => htmx.trigger(document.body, "written"), 400);
  }
  function count(field) {
    document.querySelectorAll(`[data-counts="${field.id}"]`).forEach((place) => (place.textContent = field.value.length));
  }
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-text]")) last = event.target;
  });
  document.addEventListener("input", (event) => {
    if (!editor() || event.target.form !== editor()) return;
    if (event.target.matches("[data-text]")) count(event.target);
    if (!event.target.closest(".look, .add-variant")) dirty = true;
    written();
  });
  document.addEventListener("change", (event) => {
    if (editor() && event.target.form === editor()) written();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    const field = last && last.isConnected ? last : document.querySelector("#editor [data-text]");
    if (!field) return;
    field.focus();
    field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  // Buttons that lead to another page send the form the plain way.
  document.addEventListener("htmx:confirm", (event) => {
    const asked = event.detail.triggeringEvent && event.detail.triggeringEvent.submitter;
    if (!asked || !asked.matches("[data-plain]")) return;
    event.preventDefault();
    dirty = false;
    const form = asked.form;
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "do", value: asked.value });
    form.append(field);
    form.submit();
  });
  // An answer that says no (another person saved meanwhile, a text that is too long) is shown like any other.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "content-editor" && [400, 409].includes(event.detail.xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "content-editor") dirty = !event.detail.xhr || event.detail.xhr.status !== 200;
  });
  document.addEventListener("submit", (event) => {
    if (event.target === editor()) dirty = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (dirty) event.preventDefault();
  });
})();
