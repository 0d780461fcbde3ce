// The consent of the demo shop: what a real shop's consent manager would say to the script of slots.
(function () {
  "use strict";
  const visitor = document.getElementById("shop-visitor").dataset.visitor;
  document.querySelectorAll("[data-consent]").forEach((button) => {
    if (button.tagName !== "BUTTON") return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const yes = button.dataset.consent === "yes";
      if (yes && visitor) localStorage.setItem("visitor", visitor);
      window.journey.consent(yes);
    });
  });
})();
