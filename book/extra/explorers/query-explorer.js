// <query-explorer src="…/query-explorer.json">: drag a query, watch scores, weights and output.
//
// The scenes come from the lesson queries-keys-values, which also says what each must give (`check`).
// What stands inside the element is its fallback: shown until the data are here, and where there is no script.

import { Explorer, inPageLanguage, radios, show, svg } from "./shared.js";

const TEXT = {
  en: {
    scene: "Scene", temperature: "temperature τ", scaled: "divide by √d", reset: "Reset",
    plane: "The plane of queries and keys", query: "Query q. Arrow keys move it, Shift makes the steps bigger.",
    at: (x, y) => `q at ${x}, ${y}`, key: "key", score: "score", weight: "weight", value: "value", output: "output",
    table: "Score, weight and value of each key", line: "values and output z on a line",
    says: (q, top, share, z) => `Query at (${q}). ${top} has the largest weight, ${share} %. Output z = ${z}.`,
    ties: (q, share, z) => `Query at (${q}). All keys have the same weight, ${share} %. Output z = ${z}.`,
  },
};
const T = inPageLanguage(TEXT);
const SIZE = 400, MIDDLE = SIZE / 2, LINE = 72, HOT = Math.log10(20), COLD = Math.log10(0.05);

/** Dot-product attention of one query: softmax(q·k / (√d τ)), the weights, and Σ w v. */
export function attend(query, keys, values, temperature = 1, scaled = true) {
  const by = temperature * (scaled ? Math.sqrt(query.length) : 1);
  const scores = keys.map((key) => key.reduce((sum, k, i) => sum + k * query[i], 0) / by);
  const top = Math.max(...scores); // softmax is unchanged by a shift, and exp no longer overflows
  const grown = scores.map((score) => Math.exp(score - top));
  const total = grown.reduce((a, b) => a + b, 0);
  const weights = grown.map((g) => g / total);
  const output = weights.reduce((sum, w, i) => sum + w * values[i], 0);
  return { scores, weights, output };
}


const STYLE = `
label { white-space: nowrap; }
input[type=range] { width: clamp(5rem, 30cqw, 9rem); }
output { min-width: 3.2em; }
.panes { align-items: stretch; }
.numbers { display: flex; flex-direction: column; justify-content: space-between; }
@container (min-width: 40rem) { .panes { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } }
svg { display: block; width: 100%; height: auto; overflow: visible; }
.plane { max-width: 26rem; margin-inline: auto; border: 1px solid var(--line); border-radius: .5rem; }
text { fill: currentColor; font: 18px system-ui, sans-serif; }
.axis { stroke: var(--line); } .key { stroke: var(--k); stroke-width: 2.5; } .tip { fill: var(--k); } .halo { fill: var(--k); fill-opacity: .22; stroke: var(--k); }
.query { stroke: var(--q); stroke-width: 4; } .dot { fill: var(--q); stroke: var(--pst-color-background, #fff); stroke-width: 2; }
.name { font-weight: 600; paint-order: stroke; stroke: var(--pst-color-background, #fff); stroke-width: 4px; stroke-linejoin: round; }
.key-name { fill: var(--k); } .query-name { fill: var(--q); }
.handle { cursor: grab; touch-action: none; outline: none; } .handle:active { cursor: grabbing; }
.ring { fill: none; stroke: none; } .handle:focus-visible .ring { stroke: var(--pst-color-text-base, #222); stroke-width: 2.5; stroke-dasharray: 5 3; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; table-layout: fixed; }
th, td { padding: .4rem .6rem; text-align: right; font-weight: normal; border-bottom: 1px solid var(--line); }
thead th { font-size: .85em; vertical-align: bottom; line-height: 1.25; } :is(th, td):first-child { text-align: left; padding-left: 0; } :is(th, td):last-child { padding-right: 0; } tbody th { color: var(--k); font-weight: 600; }
.slim { width: 2.4em; } .digits { width: 3.3em; } .formula { display: block; white-space: nowrap; } .number { display: block; line-height: 1.3; } .few td { padding-block: .7rem; } .few .track { height: 1.1rem; } .track { display: block; position: relative; height: .6rem; background: var(--pst-color-surface, #f3f3f3); border-radius: 2px; }
.bar { position: absolute; left: 0; top: 0; bottom: 0; background: var(--k); border-radius: 2px; min-width: 2px; }
.score .bar { background: var(--q); } .zero { position: absolute; left: 50%; top: -.15rem; bottom: -.15rem; border-left: 1px solid currentColor; opacity: .6; }
.value { color: var(--v); font-weight: 600; }
.number-line { margin-top: 1rem; } .pin { fill: var(--v); } .stem { stroke: var(--v); stroke-width: 1.5; } .out { fill: var(--z); } .out-name { fill: var(--z); font-weight: 600; } .value-name { fill: var(--v); }
`;

class QueryExplorer extends Explorer {
  static style = STYLE;

  take([file]) {
    this.scenes = file.scenes;
  }

  markup() {
    return `
      <div class="controls">
        <fieldset><legend>${T.scene}</legend></fieldset>
        <label>${T.temperature} <input type="range" class="temperature" min="${COLD}" max="${HOT}" step="0.001"><output></output></label>
        <label><input type="checkbox" class="scaled" checked> ${T.scaled}</label>
        <button type="button">${T.reset}</button>
      </div>
      <div class="panes"><svg class="plane" viewBox="0 0 ${SIZE} ${SIZE}" role="group" aria-label="${T.plane}"></svg>
        <div class="numbers"><table aria-label="${T.table}"><colgroup><col class="slim"><col><col><col class="digits"></colgroup><thead><tr><th scope="col">${T.key}</th><th scope="col">${T.score} <span class="formula"></span></th>
          <th scope="col">${T.weight}</th><th scope="col">${T.value}</th></tr></thead><tbody></tbody></table>
          <svg class="number-line" viewBox="0 0 ${SIZE} ${LINE + 46}" role="img" aria-label="${T.line}"></svg></div></div>
      <p class="says" role="status" aria-live="polite"></p>`;
  }

  start() {
    radios(this.$("fieldset"), "scene", this.scenes.map(({ id, label }) => [id, label]), (id) => this.choose(id));
    this.$(".temperature").addEventListener("input", (event) => { this.temperature = 10 ** event.target.value; this.update(); });
    this.$(".scaled").addEventListener("change", (event) => { this.scaled = event.target.checked; this.update(); });
    this.$("button").addEventListener("click", () => this.choose(this.scene.id));
    this.choose(this.scenes[Math.min(1, this.scenes.length - 1)].id);
  }

  /** Start the scene `id` afresh. */
  choose(id) {
    this.scene = this.scenes.find((scene) => scene.id === id);
    this.query = [...this.scene.query];
    this.temperature = this.scene.temperature;
    this.scaled = true;
    const reach = Math.max(...[...this.scene.keys, this.query].flat().map(Math.abs));
    this.unit = (MIDDLE * 0.78) / reach; // pixels for one unit
    this.$(`input[value="${id}"]`).checked = true;
    this.$(".scaled").checked = true;
    this.draw();
    this.update();
  }

  point([x, y]) { return [MIDDLE + x * this.unit, MIDDLE - y * this.unit]; }

  /** What stays while the query moves: axes, keys, the table's rows. */
  draw() {
    const plane = this.$(".plane");
    plane.replaceChildren(
      svg("path", { class: "axis", d: `M0 ${MIDDLE}H${SIZE}M${MIDDLE} 0V${SIZE}`, fill: "none" }),
    );
    this.halos = this.scene.keys.map((key, i) => {
      const [x, y] = this.point(key), halo = svg("circle", { class: "halo", cx: x, cy: y, r: 0 });
      const [dx, dy] = [x - MIDDLE, y - MIDDLE], far = Math.hypot(dx, dy) || 1;
      plane.append(
        halo,
        svg("line", { class: "key", x1: MIDDLE, y1: MIDDLE, x2: x, y2: y }),
        svg("path", { class: "tip", d: "M0 0L-13 5.5L-13 -5.5Z", transform: `translate(${x} ${y}) rotate(${(Math.atan2(dy, dx) * 180) / Math.PI})` }),
        svg("text", { class: "name key-name", x: x + (dx / far) * 16, y: y + (dy / far) * 16 + 5, "text-anchor": "middle" }, this.scene.labels[i]),
      );
      return halo;
    });
    this.arrow = svg("line", { class: "query", x1: MIDDLE, y1: MIDDLE });
    this.handle = svg("g", { class: "handle", tabindex: 0, role: "slider", "aria-label": T.query });
    this.handle.append(
      svg("circle", { r: 24, fill: "transparent" }), svg("circle", { class: "ring", r: 17 }), svg("circle", { class: "dot", r: 11 }),
      svg("text", { class: "name query-name", x: 0, y: -19, "text-anchor": "middle" }, "q"),
    );
    plane.append(this.arrow, this.handle);
    this.handle.addEventListener("pointerdown", (event) => { this.handle.setPointerCapture(event.pointerId); this.drag = true; });
    this.handle.addEventListener("pointermove", (event) => this.drag && this.follow(event));
    for (const end of ["pointerup", "pointercancel"]) this.handle.addEventListener(end, () => { this.drag = false; });
    this.handle.addEventListener("keydown", (event) => this.press(event));

    this.$("table").className = this.scene.keys.length < 4 ? "few" : "";
    const body = this.$("tbody");
    body.replaceChildren();
    this.rows = this.scene.keys.map((_, i) => {
      const row = body.insertRow();
      row.innerHTML = `<th scope="row"></th><td class="score"><span class="number"></span><span class="track"><span class="bar"></span><span class="zero"></span></span></td>
        <td class="weight"><span class="number"></span><span class="track"><span class="bar"></span></span></td><td class="value"></td>`;
      row.cells[0].textContent = this.scene.labels[i];
      row.cells[3].textContent = show(this.scene.values[i], 1);
      return row;
    });
  }

  follow(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.$(".plane").getScreenCTM().inverse());
    this.move([(at.x - MIDDLE) / this.unit, (MIDDLE - at.y) / this.unit]);
  }

  press(event) {
    const step = event.shiftKey ? 0.5 : 0.1;
    const [dx, dy] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key] ?? [0, 0];
    if (!dx && !dy) return;
    event.preventDefault();
    this.move([this.query[0] + dx, this.query[1] + dy]);
  }

  /** Put the query at `to`, within the plane. */
  move(to) {
    const edge = (MIDDLE * 0.95) / this.unit;
    this.query = to.map((x) => Math.min(edge, Math.max(-edge, x)));
    this.update();
  }

  /** Everything that follows from query, temperature and scaling. */
  update() {
    const { scene, query } = this;
    this.numbers = attend(query, scene.keys, scene.values, this.temperature, this.scaled);
    const { scores, weights, output } = this.numbers;
    const [x, y] = this.point(query), edge = (MIDDLE * 0.95) / this.unit;
    this.arrow.setAttribute("x2", x);
    this.arrow.setAttribute("y2", y);
    this.handle.setAttribute("transform", `translate(${x} ${y})`);
    const states = { "aria-valuenow": query[0].toFixed(2), "aria-valuemin": (-edge).toFixed(2), "aria-valuemax": edge.toFixed(2), "aria-valuetext": T.at(show(query[0]), show(query[1])) };
    for (const [name, value] of Object.entries(states)) this.handle.setAttribute(name, value);

    this.$(".temperature").value = Math.log10(this.temperature);
    this.$(".temperature").setAttribute("aria-valuetext", this.temperature.toPrecision(2));
    this.$("output").textContent = this.temperature.toPrecision(this.temperature < 0.1 ? 1 : 2);
    this.$(".formula").textContent = `q·k / ${this.scaled ? "(√d τ)" : "τ"}`;

    const widest = Math.max(3, ...scores.map(Math.abs));
    this.rows.forEach((row, i) => {
      const part = (50 * scores[i]) / widest, [scoreBar, weightBar] = row.querySelectorAll(".bar"), [score, weight] = row.querySelectorAll(".number");
      scoreBar.style.left = `${part < 0 ? 50 + part : 50}%`;
      scoreBar.style.width = `${Math.abs(part)}%`;
      weightBar.style.width = `${100 * weights[i]}%`;
      score.textContent = show(scores[i]);
      weight.textContent = show(weights[i]);
      this.halos[i].setAttribute("r", 30 * Math.sqrt(weights[i]));
    });
    this.drawLine(weights, output);
    clearTimeout(this.pause); // one sentence when the query rests, not one a step
    this.pause = setTimeout(() => this.say(), 250);
  }

  drawLine(weights, output) {
    const { values, labels } = this.scene, line = this.$(".number-line");
    const low = Math.min(0, ...values), high = Math.max(0, ...values), span = high - low || 1;
    const at = (value) => 25 + ((SIZE - 50) * (value - low)) / span;
    line.replaceChildren(svg("path", { class: "axis", d: `M10 ${LINE}H${SIZE - 10}`, "stroke-width": 1.5 }));
    values.forEach((value, i) => {
      const x = at(value), tall = 44 * weights[i];
      line.append(
        svg("line", { class: "stem", x1: x, x2: x, y1: LINE, y2: LINE - 5 - tall }),
        svg("circle", { class: "pin", cx: x, cy: LINE - 5 - tall, r: 4.5 }),
        svg("text", { class: "value-name", x, y: LINE - 14 - tall, "text-anchor": "middle" }, labels[i].replace("k", "v")),
      );
    });
    const z = at(output);
    line.append(
      svg("path", { class: "out", d: `M${z} ${LINE + 3}l8 9l-8 9l-8 -9Z` }),
      svg("text", { class: "out-name", x: Math.min(SIZE - 46, Math.max(46, z)), y: LINE + 41, "text-anchor": "middle" }, `z = ${show(output)}`),
    );
    line.setAttribute("aria-label", `${T.line}: z = ${show(output)}`);
  }

  say() {
    const { weights, output } = this.numbers, at = this.query.map((x) => show(x)).join(", ");
    const top = Math.max(...weights), share = show(100 * top, 0), even = weights.every((w) => Math.abs(w - top) < 5e-4);
    this.$(".says").textContent = even && weights.length > 1 ? T.ties(at, share, show(output)) : T.says(at, this.scene.labels[weights.indexOf(top)], share, show(output));
  }
}

customElements.define("query-explorer", QueryExplorer);
