// What pages gain from JavaScript: charts, filters that apply themselves, the theme button.
// Every page works without any of it.
(function () {
  "use strict";
  const plotlySource = document.currentScript.dataset.plotly;
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  // -- Charts ----------------------------------------------------------------------------------

  let plotly;

  function loadPlotly() {
    // Four megabytes: only when somebody comes to a chart that needs it.
    plotly ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = plotlySource;
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => reject(new Error("The chart library did not load."));
      document.head.append(script);
    });
    return plotly;
  }

  // Figures name our colours, "var(--value)"; Plotly needs what they stand for in this theme.
  function resolved(part, styles) {
    if (typeof part === "string") {
      return part.replace(/^var\((--[\w-]+)\)$/, (_, name) => styles.getPropertyValue(name).trim());
    }
    if (Array.isArray(part)) return part.map((item) => resolved(item, styles));
    if (part && typeof part === "object") {
      return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, resolved(item, styles)]));
    }
    return part;
  }

  function draw(element, Plotly) {
    const source = document.getElementById(element.dataset.chart);
    const plot = element.querySelector(".chart-plot");
    if (!source || !plot) return;
    if (!plot.dataset.drawn) plot.replaceChildren(); // what the page had drawn itself
    const figure = resolved(JSON.parse(source.textContent), getComputedStyle(root));
    Plotly.react(plot, figure.data, figure.layout, {
      responsive: true, displaylogo: false, displayModeBar: false, doubleClick: false, scrollZoom: false,
    });
    if (!plot.dataset.drawn) {
      plot.dataset.drawn = "yes";
      plot.on("plotly_click", (event) => {
        const data = event.points[0]?.customdata;
        const url = Array.isArray(data) ? data[0] : data;
        if (typeof url === "string" && url.startsWith("/")) location.assign(url);
      });
    }
  }

  async function drawThese(charts) {
    try {
      const Plotly = await loadPlotly();
      charts.forEach((element) => draw(element, Plotly));
    } catch (failure) {
      // The figures are still there to read.
      console.error(failure);
      charts.forEach((element) => {
        element.querySelector(".chart-plot:not([data-on-demand])")?.remove();
        element.querySelector(".chart-data")?.setAttribute("open", "");
      });
    }
  }

  // A chart that the page has drawn itself waits for somebody who wants to point at it; any other, to be seen.
  const seen = new IntersectionObserver((entries) => {
    const here = entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target);
    here.forEach((element) => seen.unobserve(element));
    if (here.length) drawThese(here);
  }, { rootMargin: "150px 0px" });

  function drawAll(within) {
    for (const element of within.querySelectorAll("[data-chart]")) {
      const plot = element.querySelector(".chart-plot");
      if (plot?.dataset.drawn) drawThese([element]);
      else if (plot && "onDemand" in plot.dataset) {
        for (const sign of ["pointerenter", "pointerdown"]) {
          plot.addEventListener(sign, () => plot.dataset.drawn || drawThese([element]), { once: true });
        }
      } else seen.observe(element);
    }
  }

  const recolour = () => drawAll(document);

  // -- Theme -----------------------------------------------------------------------------------

  function changeTheme() {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
    root.dataset.theme = isDark ? "light" : "dark";
    try {
      localStorage.setItem("twofold-theme", root.dataset.theme);
    } catch (refused) {
      // Without storage the choice lasts as long as the page.
    }
    recolour();
  }

  // -- Filters ---------------------------------------------------------------------------------

  function submitFilter(form) {
    // An empty field says nothing; leaving it out keeps addresses short.
    if (!form.hasAttribute("hx-get")) {
      for (const field of form.elements) if (field.name && field.value === "") field.disabled = true;
    }
    form.requestSubmit();
  }

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-auto-submit]");
    if (form) submitFilter(form);
  });

  // -- Small things ------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) changeTheme();
    for (const menu of document.querySelectorAll("details.drop[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.drop[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  // Back from history: a field switched off for a short address works again.
  addEventListener("pageshow", () => {
    for (const field of document.querySelectorAll("form[data-auto-submit] :disabled")) field.disabled = false;
  });

  // A table that htmx replaces stays where the reader had moved it.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const scroll = event.detail.target?.querySelector?.(".scroll");
    if (scroll) event.detail.target.dataset.scrolled = scroll.scrollLeft;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const target = event.detail.target;
    const scroll = target?.querySelector?.(".scroll");
    if (scroll && target.dataset.scrolled) scroll.scrollLeft = Number(target.dataset.scrolled);
    if (target) drawAll(target);
  });

  // Figures that came anew are drawn anew.
  document.addEventListener("twofold:refreshed", recolour);

  dark.addEventListener("change", recolour);
  document.querySelector("[data-focus]")?.focus();
  drawAll(document);
})();
