"""The only script on the page: under the pointer, the drawing says time, equity and drawdown.

It reads the points that the drawing carries; without it nothing on the page is missing.
"""

from typing import Final

SCRIPT: Final = """
for (const area of document.querySelectorAll(".hover")) {
  const svg = area.ownerSVGElement;
  const points = area.dataset.points.split(";").map(p => p.split("|"));
  const number = name => Number(area.getAttribute(name));
  const top = number("y"), height = number("height"), right = number("x") + number("width");
  const set = (node, given) => { for (const k in given) node.setAttribute(k, given[k]); return node };
  const make = (name, given) => set(document.createElementNS(svg.namespaceURI, name), given);
  const group = make("g", {style: "display:none;pointer-events:none"});
  const line = make("line", {class: "cursor", y1: top, y2: top + height});
  const dot = make("circle", {class: "dot", r: 4.5});
  const tip = make("rect", {class: "tip", rx: 6, width: 228, height: 46, y: top + 6});
  const first = make("text", {class: "said strong", y: top + 24});
  const second = make("text", {class: "said", y: top + 42});
  group.append(line, dot, tip, first, second);
  svg.append(group);
  area.addEventListener("pointerleave", () => { group.style.display = "none" });
  area.addEventListener("pointermove", event => {
    const matrix = svg.getScreenCTM(), x = (event.clientX - matrix.e) / matrix.a;
    let low = 0, high = points.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (Number(points[middle][0]) < x) low = middle + 1; else high = middle;
    }
    const [px, py, time, equity, down] = points[low];
    const left = Number(px) + 242 > right ? Number(px) - 238 : Number(px) + 10;
    set(line, {x1: px, x2: px});
    set(dot, {cx: px, cy: py});
    set(tip, {x: left});
    set(first, {x: left + 10}).textContent = time;
    set(second, {x: left + 10}).textContent = `${equity}, ${down} below the high`;
    group.style.display = "";
  });
}
"""
