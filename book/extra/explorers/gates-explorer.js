// <gates-explorer src="…/gates-explorer.json">: move the channel gates of a trained network, watch its class scores.
//
// The lesson squeeze-and-excitation gives six pictures with the network's last feature maps, their means and gates, and the linear
// layer behind them, so that the scores follow exactly: weight · (gates × means) + bias.  What stands inside the element is its
// fallback: shown until the data are here, and where there is no script.

import { Explorer, html, inPageLanguage, radios, show, tile } from "./shared.js";

const TEXT = {
  en: {
    picture: "Picture", scores: "Scores of the eight classes", class: "class", share: "probability", score: "score",
    true: "true class", leads: "leads", keys: "● true class   ▸ leads",
    own: "network's gates", open: "all open", closed: "all closed",
    order: "Order of the maps", byNumber: "by number", byUse: (label) => `by use for ${label}`,
    how: "Each map is multiplied by its gate. Move a slider, or tap a map to close it and once more to give it the network's gate. The stroke on a slider marks that gate.",
    gate: (k) => `Gate of channel ${k}`, value: (gate, own) => `${gate}, the network's is ${own}`,
    start: (label, leader, share) => `A picture of ${label}. With the network's gates ${leader} leads with ${share} %.`,
    channel: (k, from, to) => `Channel ${k} from ${from} to ${to}`, all: { own: "The network's gates", open: "All gates open", closed: "All gates closed" },
    stays: (label, to) => `${label} stays at ${to} %`, moves: (label, from, to, up) => `${label} ${up ? "rises" : "falls"} from ${from} % to ${to} %`,
    now: (leader) => `, now ${leader} leads`, still: (leader) => `, and ${leader} still leads`,
  },
};
const T = inPageLanguage(TEXT);
const percent = (share) => (100 * share).toFixed(0);

/** Scores of each class: weight (classes, channels) · (gates × means) + bias. */
export const scoresOf = ({ weight, bias }, gates, means) => weight.map((row, c) => row.reduce((sum, w, k) => sum + w * gates[k] * means[k], bias[c]));

/** Probabilities of scores. */
export function softmax(scores) {
  const top = Math.max(...scores), grown = scores.map((score) => Math.exp(score - top)), total = grown.reduce((a, b) => a + b, 0);
  return grown.map((g) => g / total);
}

/** The place of the largest entry. */
export const largest = (values) => values.indexOf(Math.max(...values));

/** A picture of rows of numbers from 0 (black) to 1 (white), one pixel each. */
function canvas(rows) {
  const node = html("canvas", { width: rows[0].length, height: rows.length }), context = node.getContext("2d");
  const grey = rows.flat().flatMap((value) => [255 * value, 255 * value, 255 * value, 255]);
  context.putImageData(new ImageData(Uint8ClampedArray.from(grey), rows[0].length), 0, 0);
  return node;
}

const STYLE = `
canvas { display: block; width: 100%; aspect-ratio: 1; image-rendering: pixelated; border-radius: .2rem; }
.controls { row-gap: .6rem; } .pictures { flex: 1 1 100%; display: grid; grid-template-columns: repeat(6, minmax(0, 4.5rem)); gap: .3rem; }
.buttons { display: flex; flex-wrap: wrap; gap: .4rem; } .order label { min-height: 1.75rem; }
.top { display: grid; grid-template-columns: 5rem minmax(0, 1fr); gap: .3rem 1rem; align-items: center; padding: .4rem 0; background: var(--pst-color-background, #fff); border-bottom: 1px solid var(--line); }
@media (min-height: 40rem) { .top { position: sticky; z-index: 1; top: 3.5rem; } input[type=range] { scroll-margin: 21rem 0 2rem; } } /* scores and sentence stay in sight */
@container (min-width: 40rem) { .top { grid-template-columns: 9rem minmax(0, 1fr); gap: .4rem 1.75rem; } }
table { width: 100%; border-collapse: separate; border-spacing: 0 1px; table-layout: fixed; margin: 0; font-size: .82rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
th, td { padding: 0; font-weight: normal; text-align: right; white-space: nowrap; } tbody th { text-align: left; } thead th { font-size: .85em; color: var(--muted); }
.name { width: 4.6rem; } .percent { width: 2.9rem; } .raw { width: 3.2rem; }
.track { display: block; height: .7rem; background: var(--pst-color-surface, #f3f3f3); border-radius: 2px; } .bar { display: block; height: 100%; background: var(--k); border-radius: 2px; }
.lead { display: inline-block; width: .9em; } tr.leads :is(th, td) { font-weight: 700; } tr.leads .bar { background: var(--q); } tr.leads .name-of { color: var(--q); }
.unseen { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
.keys { grid-column: 2; margin: 0; color: var(--muted); font-size: .78em; white-space: pre-wrap; }
.maps { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: .5rem .6rem; } @container (min-width: 40rem) { .maps { grid-template-columns: repeat(8, minmax(0, 1fr)); } }
.map { min-width: 0; } .black { background: #000; border-radius: .2rem; cursor: pointer; touch-action: manipulation; }
.line { display: flex; flex-wrap: wrap; justify-content: space-between; font-size: .76rem; line-height: 1.3; font-variant-numeric: tabular-nums; } .line b { font-weight: 600; } .moved output { color: var(--q); font-weight: 700; } .use { flex: 1 1 100%; color: var(--muted); text-align: right; } .use:empty { display: none; }
.slider { position: relative; height: 1.75rem; } .own { position: absolute; top: .2rem; bottom: .2rem; left: calc(.5rem - 1px + (100% - 1rem) * var(--own)); border-left: 2px solid currentColor; pointer-events: none; }
input[type=range] { appearance: none; position: relative; display: block; width: 100%; height: 100%; background: none; cursor: pointer; touch-action: pan-y; border-radius: .4rem; }
input::-webkit-slider-runnable-track { height: .3rem; border-radius: .15rem; background: var(--muted); } input::-moz-range-track { height: .3rem; border-radius: .15rem; background: var(--muted); }
input::-webkit-slider-thumb { appearance: none; width: 1rem; height: 1rem; margin-top: -.35rem; border-radius: 50%; background: var(--q); border: 2px solid var(--pst-color-background, #fff); }
input::-moz-range-thumb { box-sizing: border-box; width: 1rem; height: 1rem; border-radius: 50%; background: var(--q); border: 2px solid var(--pst-color-background, #fff); }
.says { grid-column: 1 / -1; margin: 0; padding: 0; border: 0; min-height: 3em; } @container (min-width: 40rem) { .says { min-height: 1.5em; } }
`;

class GatesExplorer extends Explorer {
  static style = STYLE;

  take([file]) {
    Object.assign(this, file); // classes, levels, images, labels, maps, units, means, gates, weight, bias, scores
    this.own = file.gates; // (pictures, channels); `gates` are those of the picture that is shown, as they stand
  }

  markup() {
    return `
      <div class="controls"><fieldset class="pictures"><legend>${T.picture}</legend></fieldset>
        <div class="buttons">${["own", "open", "closed"].map((name) => `<button type="button" class="${name}-gates">${T[name]}</button>`).join("")}</div>
        <fieldset class="order"><legend>${T.order}</legend></fieldset></div>
      <div class="panes"><div class="top"><div class="picture"></div>
          <table aria-label="${T.scores}"><colgroup><col class="name"><col><col class="percent"><col class="raw"></colgroup>
            <thead class="unseen"><tr><th scope="col">${T.class}</th><th></th><th scope="col">${T.share}</th><th scope="col">${T.score}</th></tr></thead><tbody></tbody></table>
          <p class="keys">${T.keys}</p><p class="says" role="status" aria-live="polite"></p></div>
        <p class="how">${T.how}</p><div class="maps"></div></div>`;
  }

  start() {
    this.$(".pictures").append(...this.labels.map((c, i) => tile("picture", i, this.classes[c], this.image(i), () => this.choose(i))));
    radios(this.$(".order"), "order", [["number", T.byNumber], ["use", ""]], (order) => { this.order = order; this.arrange(); });
    for (const name of ["own", "open", "closed"]) this.$(`.${name}-gates`).addEventListener("click", () => this.setAll(name));
    this.order = "number";
    this.$("input[value=number]").checked = true;
    this.$("tbody").append(...this.classes.map((name) => html("tr", {}, html("th", { scope: "row" }, html("span", { className: "lead", ariaHidden: true }), html("span", { className: "name-of", textContent: name }), html("span", { className: "unseen" }), html("span", { ariaHidden: true })),
      html("td", {}, html("span", { className: "track" }, html("span", { className: "bar" }))), html("td"), html("td"))));
    this.channels = this.own[0].map((_, k) => this.channel(k));
    this.choose(0);
  }

  image(i) {
    return canvas(this.images[i].map((row) => row.map((value) => value / 255)));
  }

  /** Number, map, gate and slider of channel k. */
  channel(k) {
    const input = html("input", { type: "range", min: 0, max: 1, step: 0.01 }), black = html("div", { className: "black" }), own = html("span", { className: "own" });
    input.setAttribute("aria-label", T.gate(k + 1));
    input.addEventListener("input", () => this.move(k, Number(input.value)));
    black.addEventListener("click", () => this.move(k, this.gates[k] > 0 ? 0 : this.own[this.at][k]));
    const output = html("output"), use = html("span", { className: "use" });
    const node = html("div", { className: "map" }, black, html("div", { className: "line" }, html("b", { textContent: k + 1 }), output, use), html("div", { className: "slider" }, own, input));
    return { node, input, black, own, output, use };
  }

  /** Show picture i with the network's gates. */
  choose(i) {
    this.at = i;
    this.label = this.labels[this.at];
    this.$(`.pictures input[value="${this.at}"]`).checked = true;
    this.$(".picture").replaceChildren(this.image(this.at));
    this.gates = [...this.own[this.at]];
    this.moving = this.before = undefined;
    const units = this.units[this.at], loudest = Math.max(...units); // one scale of brightness for all maps of a picture
    this.channels.forEach(({ black, own }, k) => {
      black.replaceChildren(canvas(this.maps[this.at][k].map((row) => row.map((value) => Math.sqrt((value / this.levels) * (units[k] / loudest))))));
      own.style.setProperty("--own", this.own[this.at][k]);
    });
    this.$(".order label:last-child").lastChild.textContent = ` ${T.byUse(this.classes[this.label])}`;
    this.arrange();
    this.update();
  }

  /** What channel k adds to the score of the true class, under `gates`. */
  use(k, gates) {
    return this.weight[this.label][k] * gates[k] * this.means[this.at][k];
  }

  /** The maps in the order chosen; that of use is the order under the network's gates, so that no map runs away from the hand. */
  arrange() {
    const own = this.own[this.at], order = this.channels.map((_, k) => k);
    if (this.order === "use") order.sort((a, b) => this.use(b, own) - this.use(a, own));
    this.$(".maps").replaceChildren(...order.map((k) => this.channels[k].node));
    this.uses();
  }

  /** In the order of use, what each map adds at the moment. */
  uses() {
    this.channels.forEach(({ use }, k) => {
      const adds = show(this.use(k, this.gates));
      use.textContent = this.order === "number" ? "" : adds.startsWith("−") ? adds : `+${adds}`;
    });
  }

  /** Set the gate of channel k; what is said compares with the time before this channel began to move. */
  move(k, gate) {
    this.remember(k);
    this.gates[k] = gate;
    this.update();
  }

  setAll(name) {
    this.remember(name);
    this.gates = name === "own" ? [...this.own[this.at]] : this.gates.map(() => Number(name === "open"));
    this.update();
  }

  remember(moving) {
    if (this.moving === moving && typeof moving === "number") return;
    this.moving = moving;
    this.before = { gates: [...this.gates], ...this.numbers };
  }

  /** Everything that follows from picture and gates. */
  update() {
    const own = this.own[this.at], scores = scoresOf(this, this.gates, this.means[this.at]), shares = softmax(scores), leader = largest(scores);
    this.numbers = { scores, shares, leader };
    this.channels.forEach(({ node, input, black, output }, k) => {
      const gate = this.gates[k].toFixed(2);
      input.value = gate;
      input.setAttribute("aria-valuetext", T.value(gate, own[k].toFixed(2)));
      output.textContent = gate;
      node.classList.toggle("moved", this.gates[k] !== own[k]);
      black.firstChild.style.opacity = Math.sqrt(this.gates[k]);
    });
    [...this.$("tbody").rows].forEach((row, c) => {
      const [lead, , words, mark] = row.cells[0].children, is = [c === this.label && T.true, c === leader && T.leads].filter(Boolean);
      row.className = c === leader ? "leads" : "";
      lead.textContent = c === leader ? "▸" : "";
      mark.textContent = c === this.label ? " ●" : "";
      words.textContent = is.length ? ` (${is.join(", ")})` : "";
      row.querySelector(".bar").style.width = `${100 * shares[c]}%`;
      row.cells[2].textContent = `${percent(shares[c])} %`;
      row.cells[3].textContent = show(scores[c]);
    });
    this.uses();
    this.sayLater();
  }

  say() {
    const { shares, leader } = this.numbers, { before, moving } = this, label = this.classes[this.label], to = percent(shares[this.label]);
    if (!before) {
      this.$(".says").textContent = T.start(label, this.classes[leader], percent(shares[leader]));
      return;
    }
    const what = typeof moving === "number" ? T.channel(moving + 1, before.gates[moving].toFixed(2), this.gates[moving].toFixed(2)) : T.all[moving];
    const from = percent(before.shares[this.label]), change = from === to ? T.stays(label, to) : T.moves(label, from, to, Number(to) > Number(from));
    const who = leader !== before.leader ? T.now(this.classes[leader]) : leader === this.label ? "" : T.still(this.classes[leader]);
    this.$(".says").textContent = `${what}: ${change}${who}.`;
  }
}

customElements.define("gates-explorer", GatesExplorer);
