// Journeys in order: dragged by the mouse, or moved by their buttons without leaving the page; saving is one click.
(function () {
  "use strict";
  const form = document.querySelector("form[data-ranks]");
  if (!form) return;
  const list = form.querySelector("ol"), news = form.querySelector("[data-news]");
  let held = null;
  for (const row of list.children) row.draggable = true;
  list.addEventListener("dragstart", (event) => {
    held = event.target.closest("li");
    held.classList.add("dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("li");
    if (!held) return;
    event.preventDefault();
    if (!over || over === held) return;
    const box = over.getBoundingClientRect();
    list.insertBefore(held, event.clientY < box.top + box.height / 2 ? over : over.nextSibling);
  });
  list.addEventListener("drop", (event) => event.preventDefault());
  list.addEventListener("dragend", () => {
    if (held) held.classList.remove("dragged");
    held = null;
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=up], button[name=down]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest("li"), up = button.name === "up";
    if (up && row.previousElementSibling) list.insertBefore(row, row.previousElementSibling);
    if (!up && row.nextElementSibling) list.insertBefore(row.nextElementSibling, row);
    button.focus();
    news.textContent = `${row.querySelector(".row-name").textContent}: ${up ? form.dataset.up : form.dataset.down} (${[...list.children].indexOf(row) + 1})`;
  });
})();
