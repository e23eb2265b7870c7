() => {
  const faults = [];
  const fault = (element, what) => faults.push(`${what}: ${element.outerHTML.slice(0, 140)}`);
  const seen = element => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const name = element => (element.getAttribute("aria-label") || element.innerText || "").trim();

  if (!document.documentElement.lang) faults.push("the page has no language");
  if (!document.title.trim()) faults.push("the page has no title");
  if (document.querySelectorAll("h1").length !== 1) faults.push(`the page has ${document.querySelectorAll("h1").length} h1`);
  if (document.querySelectorAll("main").length !== 1) faults.push("the page has no main part, or several");
  if (document.documentElement.scrollWidth > innerWidth) faults.push(`wider than the window: ${document.documentElement.scrollWidth} > ${innerWidth}`);

  const ids = new Set();
  for (const element of document.querySelectorAll("[id]")) {
    if (ids.has(element.id)) fault(element, "id given twice");
    ids.add(element.id);
  }
  for (const element of document.querySelectorAll("[aria-describedby], [aria-labelledby]"))
    for (const id of `${element.getAttribute("aria-describedby") || ""} ${element.getAttribute("aria-labelledby") || ""}`.split(" ").filter(Boolean))
      if (!document.getElementById(id)) fault(element, `names ${id}, which is not there`);
  for (const element of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!element.labels.length && !element.getAttribute("aria-label")) fault(element, "control without a label");
  for (const element of document.querySelectorAll("button, a[href], summary"))
    if (seen(element) && !name(element)) fault(element, "nothing to call it by");
  for (const element of document.querySelectorAll("img"))
    if (!element.hasAttribute("alt")) fault(element, "picture without a text");
  for (const element of document.querySelectorAll("svg"))
    if (element.getAttribute("aria-hidden") !== "true" && !element.getAttribute("aria-label")) fault(element, "drawing without a text");
  for (const element of document.querySelectorAll("[tabindex]"))
    if (element.tabIndex > 0) fault(element, "jumps the queue of the tab key");
  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) fault(heading, `heading skips from ${level} to ${next}`);
    level = next;
  }

  const parse = text => (text.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number).concat(1).slice(0, 4);
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const ground = element => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const light = colour => {
    const [r, g, b] = colour.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => (Math.max(light(one), light(other)) + 0.05) / (Math.min(light(one), light(other)) + 0.05);
  const legible = (element, style, what) => {
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const below = ground(element);
    const ratio = contrast(over(parse(style.color), below), below);
    if (ratio < (large ? 3 : 4.5)) fault(element, `${what} has a contrast of ${ratio.toFixed(2)}`);
  };
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const element = words.currentNode.parentElement;
    if (words.currentNode.data.trim() && seen(element) && !element.closest("svg, script, option")) legible(element, getComputedStyle(element), "text");
  }
  for (const element of document.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio]), textarea, select")) {
    if (!seen(element)) continue;
    legible(element, getComputedStyle(element), "typed text");
    if (element.placeholder) legible(element, getComputedStyle(element, "::placeholder"), "placeholder");
    const ratio = contrast(parse(getComputedStyle(element).borderTopColor), ground(element.parentElement));
    if (ratio < 3) fault(element, `its rim has a contrast of ${ratio.toFixed(2)}`);
  }
  return faults;
}
