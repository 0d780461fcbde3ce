// The box in the head of a table marks all rows.
(function () {
  "use strict";
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-mark-all]")) return;
    const boxes = event.target.closest("table").querySelectorAll("tbody input[type=checkbox]");
    boxes.forEach((box) => { box.checked = event.target.checked; });
  });
})();
