// <heads-explorer src="…/heads-explorer.json">: what every head of a trained Transformer looks at.
//
// The lesson transformer gives sentences with the weights of all heads, kind → layer → head → row → column, and one weight that
// must be seen here, too (`check`).  What stands inside the element is its fallback: shown until the data are here, and where
// there is no script.

import { errorRate } from "./alignment-explorer.js";
import { Explorer, html, inPageLanguage, radios, svg, tile } from "./shared.js";

const TEXT = {
  en: {
    kind: "Which attention", kinds: { "encoder self": "encoder, self", "decoder self": "decoder, self", cross: "cross" }, item: "sentence",
    gold: "gold alignment", heads: "Layer and head", layer: (l) => `layer ${l}`, head: (k) => `head ${k}`, mean: "mean",
    name: (l, k) => (k === undefined ? `Layer ${l}, mean of its heads` : `Layer ${l}, head ${k}`),
    corner: { "encoder self": "reads ↓\nlooks at →", "decoder self": "writes ↓\nlooks at →", cross: "writes ↓\nlooks at →" },
    grid: (name) => `${name}. Arrow keys walk through the cells.`, cell: (q, k, weight) => `${q} looks at ${k}: ${weight} %`,
    future: (q, k) => `${q} may not look at ${k}, which comes later`, links: { sure: ", a gold link", possible: ", a possible gold link" },
    hint: "weights in percent", how: "Choose a head by its small map. Point at a cell, tap it, or reach the large map with Tab and the arrow keys.",
    keys: "Solid frame: a gold link. Dashed: a possible one.", rate: (aer) => `Alignment error rate of this map: ${aer}.`,
    unlike: "The translation is wrong; there is no gold alignment for it.",
    says: { "encoder self": (q, parts) => `At ${q} the head looks at ${parts}.`, "decoder self": (q, parts) => `To write ${q} the head looks back at ${parts}.`, cross: (q, parts) => `To write ${q} the head looks at ${parts}.` },
    here: (q, k, weight) => `${q} gives ${k} ${weight} %.`, part: (k, weight) => `${k} (${weight} %)`, marked: (words) => ` Gold: ${words}.`,
  },
};
const T = inPageLanguage(TEXT);
const BOS = "⟨bos⟩", EOS = "⟨eos⟩";
const percent = (weight) => (100 * weight).toFixed(0);

/** The mean of several maps of one shape. */
export const mean = (maps) => maps[0].map((row, q) => row.map((_, k) => maps.reduce((sum, map) => sum + map[q][k], 0) / maps.length));

/** The words at the rows and the columns of a map: a decoder's row is the word that is written, its columns what stands there. */
export function axes({ source, output }, kind) {
  const written = [...output, EOS];
  return kind === "encoder self" ? [source, source] : kind === "cross" ? [written, source] : [written, [BOS, ...output]];
}

const STYLE = `
:host { --g: var(--v); }
.choice { flex: 1 1 100%; min-width: 0; }
.side { display: grid; gap: .75rem 1.5rem; align-items: center; } @container (min-width: 40rem) { .side { grid-template-columns: 24rem minmax(0, 1fr); } }
.tiles { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: .3rem; max-width: 24rem; } .tiles .row { grid-column: 1 / -1; font-size: .85em; color: var(--muted); }
.tile { font-size: .72em; } .tile svg { display: block; width: 100%; height: auto; background: var(--pst-color-surface, #f5f6f8); }
rect { fill: var(--k); }
table { width: 100%; max-width: 44rem; border-collapse: separate; border-spacing: 1px; table-layout: fixed; font-size: .78rem; line-height: 1.2; font-variant-numeric: tabular-nums; margin: 0; }
caption { text-align: left; padding-bottom: .25rem; font-size: .95rem; } caption b { font-weight: 600; } caption span { color: var(--muted); font-size: .85em; }
th { font-weight: normal; padding: 0 .3rem 0 0; text-align: right; white-space: nowrap; } thead th { text-align: center; vertical-align: bottom; padding: 0; height: 5.4rem; }
thead th > span { writing-mode: vertical-rl; transform: rotate(180deg); display: inline-block; padding-top: .2rem; }
thead .corner { text-align: left; } thead .corner > span { writing-mode: horizontal-tb; transform: none; white-space: pre-line; color: var(--muted); font-size: .9em; }
.label { width: 5rem; } th.at { font-weight: 700; } tbody th.at { color: var(--q); } thead th.at { color: var(--k); }
td { height: 1.75rem; text-align: center; padding: 0; cursor: pointer; user-select: none; -webkit-user-select: none; outline: none; border: 1px solid var(--line); background: color-mix(in srgb, var(--k) calc(var(--w, 0) * 48%), transparent); overflow: hidden; touch-action: manipulation; }
td.later { background: repeating-linear-gradient(45deg, transparent 0 4px, color-mix(in srgb, var(--muted) 28%, transparent) 4px 5.5px); }
td.sure { border: 2px solid var(--g); } td.possible { border: 2px dashed var(--g); } td.here { box-shadow: inset 0 0 0 2px var(--q); } td:focus-visible { outline: 3px solid var(--pst-color-accent, var(--q)); outline-offset: -1px; }
@container (max-width: 39.99rem) { table { font-size: .72rem; border-spacing: 0; } .label { width: 4.6rem; } td { height: 1.6rem; font-size: 0; background: color-mix(in srgb, var(--k) calc(var(--w, 0) * 92%), transparent); } }
.rate { margin: .5rem 0 0; font-size: .92em; } .rate:empty { display: none; }
.says { min-height: 4.6em; }
`;

class HeadsExplorer extends Explorer {
  static style = STYLE;

  take([file]) {
    this.items = file.items;
  }

  markup() {
    return `
      <div class="controls"><fieldset class="kinds"><legend>${T.kind}</legend></fieldset>
        <label class="choice">${T.item} <select></select></label>
        <label><input type="checkbox" class="show-gold"> ${T.gold}</label></div>
      <div class="panes"><div class="side"><fieldset class="tiles"><legend>${T.heads}</legend></fieldset><p class="how">${T.how}</p></div>
        <div class="large"></div></div>
      <p class="says" role="status" aria-live="polite"></p>`;
  }

  start() {
    radios(this.$(".kinds"), "kind", Object.entries(T.kinds), (kind) => this.choose({ kind }));
    this.$("select").append(...this.items.map(({ source }, i) => new Option(source.join(" "), i)));
    this.$("select").addEventListener("change", (event) => this.choose({ item: this.items[event.target.value] }));
    this.$(".show-gold").addEventListener("change", () => this.choose({}));
    this.choose({ item: this.items[0], kind: "cross", layer: 0, head: 0 });
  }

  /** Show another sentence, kind or head; what is not named stays. */
  choose(change) {
    const moved = "item" in change || "kind" in change;
    Object.assign(this, change);
    if (moved) this.at = [0, 0];
    [this.rows, this.columns] = axes(this.item, this.kind);
    this.maps = this.item.weights[this.kind].map((heads) => [...heads, mean(heads)]);
    this.map = this.maps[this.layer][this.head];
    this.$(`input[value="${this.kind}"]`).checked = true;
    this.$("select").value = this.items.indexOf(this.item);
    this.$(".show-gold").disabled = this.kind !== "cross";
    if (moved) this.tiles();
    this.draw();
  }

  named(l, k) {
    return k === this.maps[l].length - 1 ? T.name(l + 1) : T.name(l + 1, k + 1);
  }

  /** A small map of each head, and of the mean of a layer. */
  tiles() {
    const [n, m] = [this.rows.length, this.columns.length];
    const small = (map, l, k) => {
      const picture = svg("svg", { viewBox: `0 0 ${m} ${n}`, preserveAspectRatio: "none", "aria-hidden": "true", style: "aspect-ratio: 1" });
      map.forEach((row, q) => row.forEach((w, i) => w >= 0.02 && picture.append(svg("rect", { x: i, y: q, width: 1, height: 1, "fill-opacity": w }))));
      const label = tile("head", `${l},${k}`, k === this.maps[l].length - 1 ? T.mean : T.head(k + 1), picture, () => this.choose({ layer: l, head: k }));
      label.control.checked = l === this.layer && k === this.head;
      label.control.setAttribute("aria-label", this.named(l, k));
      return label;
    };
    const rows = this.maps.flatMap((heads, l) => [html("span", { className: "row", textContent: T.layer(l + 1) }), ...heads.map((map, k) => small(map, l, k))]);
    this.$(".tiles").replaceChildren(this.$(".tiles legend"), ...rows);
  }

  /** The large map, with gold links where they are wanted. */
  draw() {
    const { item, kind, rows, columns, map } = this, gold = kind === "cross" && this.$(".show-gold").checked, name = this.named(this.layer, this.head);
    const language = kind === "decoder self" ? "fr" : "en", body = html("tbody", { lang: kind === "encoder self" ? "en" : "fr" });
    this.link = (q, k) => (!gold ? "" : item.gold[q].includes(k) ? "sure" : item.possible[q].includes(k) ? "possible" : "");
    this.cells = rows.map((word, q) => {
      const row = body.insertRow();
      row.append(html("th", { scope: "row", textContent: word }));
      return columns.map((other, k) => {
        const cell = row.insertCell(), later = kind === "decoder self" && k > q, link = this.link(q, k);
        cell.className = later ? "later" : link;
        cell.textContent = later ? "" : percent(map[q][k]);
        cell.style.setProperty("--w", map[q][k]);
        cell.setAttribute("role", "gridcell");
        cell.setAttribute("aria-label", later ? T.future(word, other) : T.cell(word, other, percent(map[q][k])) + (T.links[link] ?? ""));
        cell.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && this.look(q, k));
        cell.addEventListener("click", () => { this.look(q, k); cell.focus(); });
        cell.addEventListener("focus", () => this.look(q, k));
        cell.addEventListener("keydown", (event) => this.press(event, q, k));
        return cell;
      });
    });
    const head = (text, className = "") => html("th", { scope: "col", className }, html("span", { textContent: text }));
    const table = html("table", {}, html("caption", {}, html("b", { textContent: name }), " ", html("span", { textContent: T.hint })),
      html("colgroup", {}, html("col", { className: "label" }), ...columns.map(() => html("col"))),
      html("thead", { lang: language }, html("tr", {}, head(T.corner[kind], "corner"), ...columns.map((word) => head(word)))), body);
    table.querySelector(".corner").lang = document.documentElement.lang || "en";
    table.setAttribute("role", "grid");
    table.setAttribute("aria-label", T.grid(name));
    const judged = { ...item, weights: map.slice(0, item.output.length), gold: item.gold.slice(0, item.output.length) };
    const rate = !gold ? "" : item.right ? `${T.keys} ${T.rate(errorRate(judged).toFixed(2))}` : T.unlike;
    this.$(".large").replaceChildren(table, html("p", { className: "rate", textContent: rate }));
    this.mark();
  }

  press(event, q, k) {
    const [bottom, right] = [this.rows.length - 1, this.columns.length - 1];
    const to = { ArrowLeft: [q, k - 1], ArrowRight: [q, k + 1], ArrowUp: [q - 1, k], ArrowDown: [q + 1, k], Home: [q, 0], End: [q, right] }[event.key];
    if (!to) return;
    event.preventDefault();
    this.cells[Math.min(bottom, Math.max(0, to[0]))][Math.min(right, Math.max(0, to[1]))].focus();
  }

  /** Tell about cell (q, k), which is the grid's one Tab stop from now on. */
  look(q, k) {
    this.at = [q, k];
    this.mark();
  }

  mark() {
    const [q, k] = this.at, root = this.$("table");
    root.querySelectorAll("tbody th").forEach((node, i) => node.classList.toggle("at", i === q));
    root.querySelectorAll("thead th:not(.corner)").forEach((node, i) => node.classList.toggle("at", i === k));
    this.cells.forEach((row, r) => row.forEach((cell, c) => {
      cell.tabIndex = r === q && c === k ? 0 : -1;
      cell.classList.toggle("here", r === q && c === k);
    }));
    this.sayLater();
  }

  say() {
    const [q, k] = this.at, { rows, columns, kind } = this, row = this.map[q], quoted = (word) => `“${word}”`;
    const order = row.map((w, i) => [w, i]).sort(([a], [b]) => b - a).filter(([w], rank) => w >= 0.05 || rank === 0).slice(0, 4);
    const parts = order.map(([w, i]) => T.part(quoted(columns[i]), percent(w))).join(", ");
    const later = kind === "decoder self" && k > q, marked = columns.filter((_, i) => this.link(q, i) === "sure").map(quoted).join(", ");
    this.$(".says").textContent = `${this.named(this.layer, this.head)}: ${later ? `${T.future(quoted(rows[q]), quoted(columns[k]))}.` : T.here(quoted(rows[q]), quoted(columns[k]), percent(row[k]))} `
      + T.says[kind](quoted(rows[q]), parts) + (marked && T.marked(marked));
  }
}

customElements.define("heads-explorer", HeadsExplorer);
