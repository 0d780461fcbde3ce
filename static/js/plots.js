// Draws every [data-plot] with plotly, in the colours of the page, again when the theme changes or a fragment arrives.
(function () {
  "use strict";
  const layoutOf = (box) => {
    const colours = getComputedStyle(box);
    const grid = colours.getPropertyValue("--plot-grid").trim();
    const axis = { gridcolor: grid, zerolinecolor: grid, linecolor: grid, fixedrange: true, automargin: true };
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", height: 220,
      margin: { l: 40, r: 12, t: 8, b: 28 }, barmode: "overlay", bargap: 0.25,
      font: { family: colours.fontFamily, size: 12, color: colours.getPropertyValue("--plot-text").trim() },
      legend: { orientation: "h", x: 0, y: 1.18 }, xaxis: { ...axis, type: "date", tickformat: document.documentElement.lang === "de" ? "%-d.%-m." : "%-d %b" }, yaxis: { ...axis, rangemode: "tozero" },
      hoverlabel: { font: { family: colours.fontFamily } },
    };
  };
  const draw = (box) => {
    const source = document.getElementById(box.dataset.plot);
    if (!source || !window.Plotly) return;
    const figure = JSON.parse(source.textContent);
    window.Plotly.react(box, figure.data, { ...layoutOf(box), ...figure.layout }, { displayModeBar: false, responsive: true });
  };
  const drawAll = () => document.querySelectorAll("[data-plot]").forEach(draw);
  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("htmx:afterSettle", drawAll);
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
})();
