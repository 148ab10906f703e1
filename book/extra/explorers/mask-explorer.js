// <mask-explorer src="…/mask-explorer.json">: switch masks on a trained layer's scores, see weights and outputs.
//
// Scores and values of one sentence, padded behind or before, come from the lesson causal-mask, which also says what one mask
// must give (`check`).  What stands inside the element is its fallback: shown until the data are here, and where there is no script.

import { Explorer, html, inPageLanguage, radios, show } from "./shared.js";

const TEXT = {
  en: {
    scene: "Where the padding stands", scenes: { behind: "padding behind", before: "padding before" },
    padding: "padding mask", length: "words", causal: "causal", window: "window", size: "places", clear: "Undo single cells",
    query: "asks ↓ looks at →", sum: "Σ",
    panels: {
      scores: ["1 · scores", "before any mask"], masked: ["2 · masked scores", "click a cell to change it"],
      weights: ["3 · weights", "percent, and the sum of the row"], outputs: ["4 · outputs", "weights times values"],
    },
    grid: "Masked scores. Arrow keys walk through the cells, Enter or Space allows or forbids one.",
    cell: (q, k, score, allowed, single, weight) => `${q} looks at ${k}: ${allowed ? `score ${score}, weight ${weight} %` : "forbidden"}${single ? ", set by hand" : ""}`,
    none: "no key: zero by choice",
    says: (q, count, n, k, share, z) => `${q} may look at ${count} of ${n} places and gives most to ${k}, ${share} %. Its output is (${z}).`,
    empty: (q) => `${q} may look at nothing. Every score is −∞, and the softmax would be 0/0. Here its weights are zero by choice, their sum is 0, and its output is (0, 0).`,
    pads: (share) => ` Padding gets ${share} %.`,
    rows: (rows) => (rows.length ? ` ${rows.length === 1 ? "One row is" : `${rows.length} rows are`} empty.` : " No row is empty."),
  },
};
const T = inPageLanguage(TEXT);
const PAD = "⟨pad⟩";

/** Who may look at whom, true = may: n rows of n. `padding` is {length, before}, `window` a size; each may be missing. */
export function maskOf(n, { padding, causal, window } = {}) {
  const real = (k) => !padding || (padding.before ? k >= n - padding.length : k < padding.length);
  const at = Array.from({ length: n }, (_, i) => i);
  return at.map((q) => at.map((k) => real(k) && (!causal || k <= q) && (!window || Math.abs(q - k) < window)));
}

/** Masked scores, weights (n, n) and outputs (n, 2) of scores (n, n) and values (n, 2). A row of nothing gives zeros. */
export function attend(scores, values, mask) {
  const masked = scores.map((row, q) => row.map((score, k) => (mask[q][k] ? score : -Infinity)));
  const weights = masked.map((row) => {
    const top = Math.max(...row);
    if (top === -Infinity) return row.map(() => 0);
    const grown = row.map((score) => Math.exp(score - top)), total = grown.reduce((a, b) => a + b, 0);
    return grown.map((g) => g / total);
  });
  const outputs = weights.map((row) => values[0].map((_, i) => row.reduce((sum, w, k) => sum + w * values[k][i], 0)));
  return { masked, weights, outputs };
}


const STYLE = `
.controls { row-gap: .4rem; } fieldset { flex: 1 1 100%; }
.switch { display: flex; align-items: center; gap: .6rem; }
label { white-space: nowrap; }
input[type=range] { width: 5.5rem; }
output { min-width: 1.2em; }
.panes { gap: 1.25rem 1.5rem; }
@container (min-width: 40rem) { .panes { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } }
table { width: 100%; border-collapse: separate; border-spacing: 1px; table-layout: fixed; font-size: .77rem; line-height: 1.2; font-variant-numeric: tabular-nums; margin: 0; }
caption { text-align: left; padding-bottom: .25rem; font-size: .95rem; } caption b { font-weight: 600; } caption span { color: var(--muted); font-size: .85em; }
th { font-weight: normal; padding: 0 .25rem 0 0; text-align: right; white-space: nowrap; } thead th { text-align: center; vertical-align: bottom; padding: 0; height: 4.4rem; }
thead th > span { writing-mode: vertical-rl; transform: rotate(180deg); display: inline-block; padding-top: .2rem; }
thead .corner { text-align: left; } thead .corner > span { writing-mode: horizontal-tb; transform: none; white-space: normal; color: var(--muted); font-size: .85em; }
.label { width: 4rem; } .sum { width: 2.6rem; }
td { height: 1.9rem; text-align: center; padding: 0; white-space: nowrap; overflow-wrap: normal; word-break: normal; border: 1px solid transparent; background: color-mix(in srgb, var(--hue, var(--k)) calc(var(--w, 0) * 42%), transparent); overflow: hidden; }
.scores td, .masked td { border-color: var(--line); } .masked td { cursor: pointer; user-select: none; -webkit-user-select: none; outline: none; touch-action: manipulation; }
.masked td.no { background: repeating-linear-gradient(45deg, transparent 0 4px, color-mix(in srgb, var(--muted) 28%, transparent) 4px 5.5px); }
.masked td.single { border: 2px solid var(--q); } .masked td:focus-visible { outline: 3px solid var(--pst-color-accent, var(--q)); outline-offset: -1px; }
.weights td { border-color: var(--line); } .weights td.total { border-color: transparent; background: none; font-weight: 600; }
tr.at th { font-weight: 700; color: var(--q); } tr.empty .total, .words { color: var(--z); font-weight: 600; }
.outputs td { padding: 0 .4rem; text-align: right; } .outputs thead th { text-align: right; padding-right: .4rem; } .outputs thead th { height: 1.5rem; } @container (min-width: 40rem) { .outputs thead th { height: 4.4rem; } } .outputs thead th:not(.corner) > span { writing-mode: horizontal-tb; transform: none; }
.cell { display: grid; grid-template-columns: 2.6rem minmax(0, 1fr); gap: .4rem; align-items: center; } .track { position: relative; height: .7rem; background: var(--pst-color-surface, #f3f3f3); border-radius: 2px; }
.bar { position: absolute; top: 0; bottom: 0; background: var(--z); border-radius: 2px; } .zero { position: absolute; left: 50%; top: -.15rem; bottom: -.15rem; border-left: 1px solid currentColor; opacity: .6; }
.outputs td.words { text-align: left; }
@container (max-width: 24rem) { table { font-size: .7rem; border-spacing: 0; } .label { width: 3.4rem; } .sum { width: 1.5rem; } }
.says { min-height: 4.6em; }
`;

class MaskExplorer extends Explorer {
  static style = STYLE;

  take([file]) {
    this.scenes = file.scenes;
  }

  markup() {
    const range = (name, label) => `<label><span>${label}</span> <input type="range" class="${name}" step="1"><output></output></label>`;
    return `
      <div class="controls"><fieldset><legend>${T.scene}</legend></fieldset>
        <div class="switch"><label><input type="checkbox" class="padding"> ${T.padding}</label>${range("length", T.length)}</div>
        <label><input type="checkbox" class="causal"> ${T.causal}</label>
        <div class="switch"><label><input type="checkbox" class="window"> ${T.window}</label>${range("size", T.size)}</div>
        <button type="button">${T.clear}</button></div>
      <div class="panes"></div>
      <p class="says" role="status" aria-live="polite"></p>`;
  }

  start() {
    radios(this.$("fieldset"), "scene", this.scenes.map(({ id }) => [id, T.scenes[id] ?? id]), (id) => this.choose(id));
    this.$(".causal").checked = true; // as the network was trained
    for (const name of ["padding", "causal", "window"]) this.$(`.${name}`).addEventListener("change", () => this.update());
    for (const [name, by] of [["length", "padding"], ["size", "window"]]) this.$(`.${name}`).addEventListener("input", () => {
      this.$(`.${by}`).checked = true; // who moves the size wants the mask
      this.update();
    });
    this.$("button").addEventListener("click", () => { this.single.clear(); this.update(); });
    this.choose(this.scenes[0].id);
  }

  /** Show the scene `id`; the switches stay, single cells and sizes start afresh. */
  choose(id) {
    this.scene = this.scenes.find((scene) => scene.id === id);
    const { tokens, length } = this.scene, n = tokens.length;
    this.$(`input[value="${id}"]`).checked = true;
    Object.assign(this.$(".length"), { min: 0, max: n, value: length });
    Object.assign(this.$(".size"), { min: 1, max: n, value: 3 });
    this.single = new Map(); // "q,k" -> allowed, where it differs from what the switches say
    this.at = [tokens.findLastIndex((token) => token !== PAD), tokens.findLastIndex((token) => token !== PAD)];
    this.draw();
    this.update();
  }

  /** The four tables, empty. */
  draw() {
    const { tokens } = this.scene, head = (text, name = "") => html("th", { scope: "col", className: name }, html("span", { textContent: text }));
    this.cells = {};
    const table = (name, heads, extra) => {
      const [title, hint] = T.panels[name], body = html("tbody");
      this.cells[name] = tokens.map((token, q) => {
        const row = body.insertRow(), cells = [];
        row.append(html("th", { scope: "row", textContent: token }));
        for (let k = 0; k < heads.length; k++) cells.push(row.insertCell());
        row.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && this.look(q, this.at[1]));
        return cells;
      });
      return html("table", { className: name }, html("caption", {}, html("b", { textContent: title }), " ", html("span", { textContent: hint })),
        html("colgroup", {}, html("col", { className: "label" }), ...heads.map((_, k) => html("col", { className: extra && k === heads.length - 1 ? "sum" : "" }))),
        html("thead", {}, html("tr", {}, head(name === "outputs" ? "" : T.query, "corner"), ...heads.map((text) => head(text)))), body);
    };
    const tables = [table("scores", tokens), table("masked", tokens), table("weights", [...tokens, T.sum], true), table("outputs", ["z₁", "z₂"])];
    tables[1].setAttribute("role", "grid");
    tables[1].setAttribute("aria-label", T.grid);
    tables[1].setAttribute("aria-multiselectable", "true");
    this.cells.masked.forEach((row, q) => row.forEach((cell, k) => {
      cell.setAttribute("role", "gridcell");
      cell.addEventListener("click", () => { this.toggle(q, k); cell.focus(); });
      cell.addEventListener("focus", () => this.look(q, k));
      cell.addEventListener("keydown", (event) => this.press(event, q, k));
    }));
    this.cells.scores.forEach((row, q) => row.forEach((cell, k) => { cell.textContent = show(this.scene.scores[q][k], 1); }));
    this.cells.weights.forEach((row) => row.at(-1).classList.add("total"));
    this.$(".panes").replaceChildren(...tables);
  }

  press(event, q, k) {
    const last = this.scene.tokens.length - 1;
    const to = { ArrowLeft: [q, k - 1], ArrowRight: [q, k + 1], ArrowUp: [q - 1, k], ArrowDown: [q + 1, k], Home: [q, 0], End: [q, last] }[event.key];
    if (event.key === "Enter" || event.key === " ") this.toggle(q, k);
    else if (to) { const [r, c] = to.map((i) => Math.min(last, Math.max(0, i))); this.cells.masked[r][c].focus(); }
    else return;
    event.preventDefault();
  }

  /** Allow what is forbidden, forbid what is allowed. */
  toggle(q, k) {
    const name = `${q},${k}`;
    if (!this.single.delete(name)) this.single.set(name, !this.plain[q][k]);
    this.at = [q, k];
    this.update();
  }

  /** Tell about row q; the grid's Tab stop goes to cell (q, k). */
  look(q, k) {
    this.at = [q, k];
    this.mark();
  }

  /** Everything that follows from scene, switches and single cells. */
  update() {
    const { tokens, scores, values, id } = this.scene, n = tokens.length, on = (name) => this.$(`.${name}`).checked, size = (name) => Number(this.$(`.${name}`).value);
    for (const name of ["length", "size"]) this.$(`.${name} + output`).textContent = size(name);
    this.plain = maskOf(n, {
      padding: on("padding") && { length: size("length"), before: id === "before" }, causal: on("causal"), window: on("window") && size("size"),
    });
    for (const [name, allowed] of this.single) { // what the switches say as well is no longer set by hand
      const [q, k] = name.split(",");
      if (this.plain[q][k] === allowed) this.single.delete(name);
    }
    const mask = this.plain.map((row, q) => row.map((allowed, k) => this.single.get(`${q},${k}`) ?? allowed));
    this.numbers = { mask, ...attend(scores, values, mask), empty: mask.flatMap((row, q) => (row.some(Boolean) ? [] : [q])) };
    const { masked, weights, outputs, empty } = this.numbers, widest = Math.max(...values.flat().map(Math.abs));
    mask.forEach((row, q) => {
      row.forEach((allowed, k) => {
        const cell = this.cells.masked[q][k], single = this.single.has(`${q},${k}`), percent = (100 * weights[q][k]).toFixed(0);
        cell.textContent = show(masked[q][k], 1);
        cell.className = `${allowed ? "" : "no"} ${single ? "single" : ""}`;
        cell.setAttribute("aria-selected", allowed);
        cell.setAttribute("aria-label", T.cell(tokens[q], tokens[k], show(scores[q][k], 1), allowed, single, percent));
        this.cells.weights[q][k].textContent = allowed ? percent : "";
        this.cells.weights[q][k].style.setProperty("--w", weights[q][k]);
      });
      const none = empty.includes(q), [first, second] = this.cells.outputs[q];
      this.cells.weights[q][tokens.length].textContent = show(weights[q].reduce((a, b) => a + b, 0), 0);
      for (const name of ["weights", "outputs"]) this.cells[name][q][0].parentNode.classList.toggle("empty", none);
      first.className = none ? "words" : "";
      first.colSpan = none ? 2 : 1;
      second.hidden = none;
      if (none) first.textContent = T.none;
      else [first, second].forEach((cell, i) => {
        const part = (50 * outputs[q][i]) / widest, bar = html("span", { className: "bar" });
        Object.assign(bar.style, { left: `${part < 0 ? 50 + part : 50}%`, width: `${Math.abs(part)}%` });
        cell.replaceChildren(html("span", { className: "cell" }, html("span", { className: "number", textContent: show(outputs[q][i], 2) }),
          html("span", { className: "track" }, bar, html("span", { className: "zero" }))));
      });
    });
    this.$("button").disabled = this.single.size === 0;
    this.mark();
  }

  /** The chosen row, the grid's one Tab stop, and the sentence about them. */
  mark() {
    const [q, k] = this.at;
    for (const rows of Object.values(this.cells)) rows.forEach((row, i) => row[0].parentNode.classList.toggle("at", i === q));
    this.cells.masked.forEach((row, r) => row.forEach((cell, c) => { cell.tabIndex = r === q && c === k ? 0 : -1; }));
    this.sayLater();
  }

  say() {
    const { tokens } = this.scene, { mask, weights, outputs, empty } = this.numbers, [q] = this.at, row = weights[q];
    const quoted = (i) => `“${tokens[i]}”`, top = row.indexOf(Math.max(...row));
    const pads = row.reduce((sum, w, k) => sum + (tokens[k] === PAD ? w : 0), 0);
    this.$(".says").textContent = (empty.includes(q) ? T.empty(quoted(q))
      : T.says(quoted(q), mask[q].filter(Boolean).length, tokens.length, quoted(top), (100 * row[top]).toFixed(0), outputs[q].map((z) => show(z, 2)).join(", "))
        + (pads >= 0.005 ? T.pads((100 * pads).toFixed(0)) : "")) + T.rows(empty);
  }
}

customElements.define("mask-explorer", MaskExplorer);
