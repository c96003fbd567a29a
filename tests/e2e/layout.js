// Runs in the page; answers a list of sentences, one for each thing that does not fit or cannot be hit.
() => {
  const TARGET = 44;
  const problems = [];
  const name = (element) => {
    const text = (element.textContent || element.getAttribute("aria-label") || element.id).trim().replace(/\s+/g, " ");
    return `<${element.tagName.toLowerCase()}> « ${text.slice(0, 40)} »`;
  };
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  // Read aloud only: clipped to a point on purpose.
  const spoken = (element) => {
    for (let at = element; at; at = at.parentElement) {
      if (getComputedStyle(at).clipPath !== "none" || getComputedStyle(at).clip !== "auto") return true;
    }
    return false;
  };

  const root = document.scrollingElement;
  if (root.scrollWidth > window.innerWidth) problems.push(`scrolls sideways: ${root.scrollWidth} px wide`);

  for (const element of document.body.querySelectorAll("*")) {
    if (!shown(element) || element.closest("svg, .skip") || spoken(element)) continue;
    const box = element.getBoundingClientRect();
    if (box.width && (box.right > window.innerWidth + 1 || box.left < -1)) {
      problems.push(`${name(element)} leaves the window (${Math.round(box.left)} to ${Math.round(box.right)})`);
    }
    const style = getComputedStyle(element);
    if (style.overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1 && element.tagName !== "INPUT") {
      problems.push(`${name(element)} is cut off`);
    }
  }

  // Links inside a sentence are as high as its line (WCAG 2.5.8); everything else is a target.
  for (const element of document.querySelectorAll("button, input:not([type=hidden]), select, summary, nav a, footer a, a.button")) {
    if (!shown(element) || spoken(element) || element.tabIndex < 0) continue;
    const area = element.labels?.[0]?.contains(element) ? element.labels[0] : element;
    const box = area.getBoundingClientRect();
    if (box.height < TARGET - 0.5) problems.push(`${name(area)} is ${box.height.toFixed(1)} px high`);
    if (box.width < TARGET - 0.5) problems.push(`${name(area)} is ${box.width.toFixed(1)} px wide`);
  }

  const actions = [...document.querySelectorAll("main :is(.actions :is(button, .button), .pf-m-primary)")].filter(shown);
  if (document.querySelector("form[method=post], .actions") && !actions.length) problems.push("no visible button");
  return problems;
}
