// <script src="https://.../static/js/slots.js" data-key="PUBLIC KEY" async></script> <div data-slot="home-teaser">what stands here until
// something better comes</div>. Nothing is kept in the browser before journey.consent(true) or data-consent="true".
(function () {
  "use strict";
  const me = document.currentScript, before = window.journey || {}, KEPT = "visitor", own = new Map();
  const base = (me.dataset.address || new URL(me.src).origin) + "/v1/decide/";
  let agreed = before.consented === true || me.dataset.consent === "true";
  let id = null; // in memory, and in localStorage once somebody agreed
  let turn = 0;

  const random = () =>
    [...crypto.getRandomValues(new Uint8Array(16))].map((n) => (n + 256).toString(16).slice(1)).join("");

  function visitor() {
    if (!agreed || id) return id;
    try {
      id = localStorage.getItem(KEPT);
      if (!id) localStorage.setItem(KEPT, (id = random()));
    } catch {
      id = id || random(); // storage is closed: it holds for this page
    }
    return id;
  }

  function web(url) {
    try {
      return /^https?:$/.test(new URL(url).protocol);
    } catch {}
  }

  function make(kind, name, text, more) {
    const node = document.createElement(kind);
    node.className = "journey-" + name;
    node.textContent = text || "";
    return Object.assign(node, more);
  }

  const picture = (src, alt) => make("img", "image", "", { src, alt, loading: "lazy" });

  function draw(place, said) {
    const { content, tracking } = said, { image, button } = content, box = make("section", said.kind), told = {};
    box.lang = said.language;
    box.setAttribute("aria-label", content.title);
    function tell(what, product) {
      const path = what + (product ? "?product=" + encodeURIComponent(product) : "");
      if (!tracking || told[path]) return;
      told[path] = 1;
      fetch(base + tracking + "/" + path, { method: "POST", keepalive: true, credentials: "omit" }).catch(() => {});
    }
    function link(label, href, name, product) {
      const node = make("a", name, label, { href });
      node.addEventListener("click", () => tell("clicked", product));
      return node;
    }
    if (image && web(image.url)) box.append(picture(image.url, image.alt));
    box.append(make("strong", "title", content.title));
    for (const line of content.text.split(/\n+/)) if (line) box.append(make("p", "text", line));
    if (content.items) {
      const list = make("ul", "items");
      for (const item of content.items) {
        const row = make("li", "item");
        const name = web(item.url) ? link(item.title, item.url, "name", item.product) : make("span", "name", item.title);
        if (web(item.image)) name.prepend(picture(item.image, ""));
        row.append(name);
        if (item.price) row.append(" ", make("span", "price", item.price + " " + item.currency));
        list.append(row);
      }
      box.append(list);
    }
    if (button && web(button.url)) box.append(link(button.label, button.url, "button"));
    if (said.touch) {
      const close = make("button", "close", "×", { type: "button", ariaLabel: said.language === "de" ? "Schließen" : "Close" });
      close.addEventListener("click", () => (tell("dismissed"), place.replaceChildren()));
      box.append(close);
    }
    place.replaceChildren(box);
    if (tracking) watch(box, () => tell("shown"));
  }

  // Seen: half of it is in the window, or it fills half of the window.
  function watch(box, seen) {
    const eye = new IntersectionObserver((all) => {
      if (!all.some((one) => one.intersectionRatio >= 0.5 || one.intersectionRect.height >= innerHeight / 2)) return;
      eye.disconnect();
      seen();
    }, { threshold: [0.1, 0.25, 0.5] });
    eye.observe(box);
  }

  function ask(place, now) {
    const { slot, product } = place.dataset, given = new URLSearchParams({ writeKey: me.dataset.key }), who = visitor();
    if (!own.has(place)) own.set(place, [...place.childNodes]);
    if (who) given.set("anonymousId", who);
    if (product) given.set("product", product);
    return fetch(base + encodeURIComponent(slot) + "?" + given, { credentials: "omit" })
      .then((answer) => answer.ok ? answer.json() : {})
      .catch(() => ({}))
      .then((said) => {
        if (now !== turn) return;
        if (said.content) draw(place, said);
        else place.replaceChildren(...own.get(place)); // what the page itself says
      });
  }

  function refresh() {
    turn += 1;
    return Promise.all([...document.querySelectorAll("[data-slot]")].map((place) => ask(place, turn)));
  }

  function consent(yes) {
    agreed = yes === true;
    if (!agreed) {
      id = null;
      try {
        localStorage.removeItem(KEPT);
      } catch {} // nothing was kept
    }
    return refresh();
  }

  window.journey = Object.assign(before, { consent, refresh, visitor });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", refresh);
  else refresh();
})();
