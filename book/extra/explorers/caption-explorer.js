// <caption-explorer src="…/caption-explorer.json">: where a captioning network looks for each word that it writes.
//
// The lesson captioning gives scenes of handwritten digits with the network's words, its weights over the regions for each word,
// and the boxes of the digits that the true caption names.  What stands inside the element is its fallback: shown until the data
// are here, and where there is no script.

import { Explorer, html, inPageLanguage, svg, tile } from "./shared.js";

const TEXT = {
  en: {
    scene: "scene", option: (i, words) => `${i}: ${words}`, words: "Words of the caption", boxes: "boxes of the digits",
    picture: (word) => `The scene, with the weights for “${word}”`,
    how: "Choose a word, by its small map or with the arrow keys. The more orange a region, the more weight it has for that word. White frame: the heaviest region.",
    keys: "Blue: the box of the digit that this word stands for. Dashed: the other digits.", unlike: "Dashed: the digits of the true caption.",
    says: (word, percent, row, column) => `For “${word}” the heaviest region, row ${row}, column ${column}, has ${percent} % of the weight.`,
    within: " It lies in the box of the digit that the word stands for", beyond: " It lies outside the box of the digit that the word stands for",
    named: ", and the name is right.", misnamed: (word) => `, but that digit is ${word}.`, none: " The word names no digit, so there is no box to hit.",
    right: " The caption is right.", wrong: (caption) => ` The caption is wrong; the true one is “${caption}”.`,
  },
};
const T = inPageLanguage(TEXT);
const MARGIN = 2; // pixels by which the lesson widens a box before it asks whether a region lies in it

/** [row, column, weight] of the largest entry of a map. */
export const peak = (map) => map.flatMap((row, r) => row.map((w, c) => [r, c, w])).reduce((best, one) => (one[2] > best[2] ? one : best));

/** Whether the centre of the region lies in the box (top, left, bottom, right), widened. */
export function inside([top, left, bottom, right], row, column, stride) {
  const y = (row + 0.5) * stride, x = (column + 0.5) * stride;
  return y >= top - MARGIN && y <= bottom + MARGIN && x >= left - MARGIN && x <= right + MARGIN;
}

const STYLE = `
.choice { flex: 0 1 auto; min-width: 0; }
@container (min-width: 40rem) { .panes { grid-template-columns: minmax(0, 20rem) minmax(0, 1fr); } }
svg { display: block; width: 100%; height: auto; background: #000; border-radius: .2rem; shape-rendering: crispEdges; } .scene svg { max-width: 22rem; border-radius: .4rem; margin: 0 auto; }
.ink { fill: #fff; } .heat { fill: #ff7a1a; } .box { fill: none; stroke: #6cc8ff; stroke-width: .3; stroke-dasharray: .7 .5; } .box.here { stroke-width: .55; stroke-dasharray: none; } .peak { fill: none; stroke: #fff; stroke-width: .4; }
.words { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: .35rem; max-width: 26rem; } .tile { font-size: .85em; } .tile .ink { fill: #bbb; }
.how { margin-top: .8rem; }
.says { min-height: 4.6em; }
`;

class CaptionExplorer extends Explorer {
  static style = STYLE;

  take([file]) {
    Object.assign(this, file); // levels, stride, scenes
    this.relations = new Set(this.scenes.flatMap(({ caption, boxes }) => caption.filter((_, t) => !boxes[t])));
  }

  markup() {
    return `
      <div class="controls"><label class="choice">${T.scene} <select></select></label><label><input type="checkbox" class="show-boxes" checked> ${T.boxes}</label></div>
      <div class="panes"><div class="scene"></div><div><fieldset class="words"><legend>${T.words}</legend></fieldset><p class="how">${T.how} <span class="keys"></span></p></div></div>
      <p class="says" role="status" aria-live="polite"></p>`;
  }

  start() {
    this.$("select").append(...this.scenes.map(({ words }, i) => new Option(T.option(i + 1, words.join(" ")), i)));
    this.$("select").addEventListener("change", (event) => this.choose(this.scenes[event.target.value]));
    this.$(".show-boxes").addEventListener("change", () => this.draw());
    this.choose(this.scenes[0]);
  }

  /** Show another scene, from its first word on. */
  choose(scene) {
    const { words, caption, alpha } = scene, blot = (list) => list.map((word) => (this.relations.has(word) ? word : "")).join();
    this.scene = scene;
    this.alike = blot(words) === blot(caption); // the same places for digits: the boxes belong to the written words, too
    this.at = 0;
    this.$(".words").replaceChildren(this.$(".words legend"), ...words.map((word, t) => tile("word", t, word, this.picture(alpha[t]), () => { this.at = t; this.draw(); })));
    this.$(".words input").checked = true;
    this.draw();
  }

  /** The scene under the weights of a map. */
  picture(map) {
    const { image } = this.scene, { stride, levels } = this, [, , most] = peak(map), picture = svg("svg", { viewBox: `0 0 ${image[0].length} ${image.length}`, "aria-hidden": "true" });
    const square = (name, x, y, size, opacity) => opacity > 0 && picture.append(svg("rect", { class: name, x, y, width: size, height: size, "fill-opacity": opacity }));
    image.forEach((row, y) => row.forEach((ink, x) => square("ink", x, y, 1, ink / levels)));
    map.forEach((row, r) => row.forEach((w, c) => square("heat", c * stride, r * stride, stride, 0.75 * (w / most))));
    return picture;
  }

  /** The box of the digit that the chosen word stands for, if it is known. */
  get box() {
    return this.alike ? this.scene.boxes[this.at] : null;
  }

  draw() {
    const { words, alpha, boxes } = this.scene, { stride } = this, picture = this.picture(alpha[this.at]), [top, left] = peak(alpha[this.at]), boxed = this.$(".show-boxes").checked;
    picture.removeAttribute("aria-hidden");
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", T.picture(words[this.at]));
    for (const box of boxed ? boxes.filter(Boolean) : []) {
      const [y, x, bottom, right] = box;
      picture.append(svg("rect", { class: box === this.box ? "box here" : "box", x, y, width: right - x, height: bottom - y }));
    }
    picture.append(svg("rect", { class: "peak", x: left * stride, y: top * stride, width: stride, height: stride }));
    this.$(".scene").replaceChildren(picture);
    this.$(".keys").textContent = boxed ? (this.alike ? T.keys : T.unlike) : "";
    this.sayLater();
  }

  say() {
    const { words, caption, alpha } = this.scene, { at, box } = this, [row, column, most] = peak(alpha[at]), right = words.join(" ") === caption.join(" ");
    const place = !this.alike ? "" : !box ? T.none : (inside(box, row, column, this.stride) ? T.within : T.beyond) + (words[at] === caption[at] ? T.named : T.misnamed(caption[at]));
    this.$(".says").textContent = T.says(words[at], (100 * most).toFixed(0), row + 1, column + 1) + place + (right ? T.right : T.wrong(caption.join(" ")));
  }
}

customElements.define("caption-explorer", CaptionExplorer);
