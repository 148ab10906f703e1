// <fixation-explorer src="…/fixation-explorer.json">: fixate a photograph, see what one look keeps of it, compare with a model.
//
// Photographs, saliency maps and the model's scanpaths come from the lesson saliency-map, with one number that must come out
// here, too (`check`).  What stands inside the element is its fallback: shown until the data are here, and where there is no script.

import { Explorer, inPageLanguage, radios, svg } from "./shared.js";

const TEXT = {
  en: {
    photograph: "Photograph", width: "it is", degrees: (n) => `${n}° wide`, map: "saliency map", blur: "foveate", next: "Model: next look", clear: "Start again",
    handle: "Where you look. Arrow keys move it, Shift makes the steps bigger, Enter counts the look.", at: (x, y) => `${x} % from the left, ${y} % from the top`,
    one: "this look keeps", all: (n) => (n === 1 ? "your 1 look together" : `your ${n} looks together`), salience: "more salient than", ofDetail: "of the detail", ofPlaces: "of the photograph",
    how: "Click or drag on the photograph. Blue: your looks. Orange: the model’s.",
    says: (x, y, one, n, all, rank) => `Looking ${x} % from the left, ${y} % from the top. This look keeps ${one} % of the detail${n ? `; ${n} ${n === 1 ? "look" : "looks"} together ${all} %` : ""}. The place is more salient than ${rank} % of the photograph.`,
    model: (k, n) => `Look ${k} of the model’s ${n}. `,
  },
};
const T = inPageLanguage(TEXT);
const STOPS = [0, 0.4, 0.7, 1.2, 2.1, 3.7, 6.5, 11.4, 20]; // standard deviations of the blurred copies, in pixels

/** Resolution left at `eccentricity` degrees, as a share of the fovea's. */
export const resolution = (eccentricity, e2) => e2 / (e2 + eccentricity);

/** For each pixel of a picture [rows, columns], `f(index, resolution)` with the eye at `fixation` [row, column]. */
function everywhere([rows, columns], [row, column], degrees, e2, f) {
  const angle = degrees / columns;
  for (let y = 0, i = 0; y < rows; y++) for (let x = 0; x < columns; x++, i++) f(i, resolution(Math.hypot(y - row, x - column) * angle, e2));
}

/** The share of a picture's detail that looks at `fixations` keep, each pixel at the best resolution it had. */
export function kept(size, fixations, degrees, e2) {
  const best = new Float64Array(size[0] * size[1]);
  for (const fixation of fixations) everywhere(size, fixation, degrees, e2, (i, r) => { if (r > best[i]) best[i] = r; });
  return best.reduce((sum, r) => sum + r * r, 0) / best.length;
}

/** One line of `n` numbers, `step` apart from `start`, under a box of 2·reach + 1, from `from` to `to`. */
function box(from, to, start, step, n, reach) {
  const at = (i) => from[start + step * Math.min(n - 1, Math.max(0, i))];
  let sum = 0;
  for (let i = -reach; i <= reach; i++) sum += at(i);
  for (let i = 0; i < n; i++) {
    to[start + step * i] = sum / (2 * reach + 1);
    sum += at(i + reach + 1) - at(i - reach);
  }
}

/** One line under a Gaussian's weights. */
function bell(from, to, start, step, n, weights) {
  const reach = (weights.length - 1) / 2;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let k = -reach; k <= reach; k++) sum += weights[k + reach] * from[start + step * Math.min(n - 1, Math.max(0, i + k))];
    to[start + step * i] = sum;
  }
}

/** `pixels` (RGBA) blurred with a standard deviation of `sigma`: exact where that is small, three boxes where it is large. */
function blurred(pixels, [rows, columns], sigma) {
  let from = Float32Array.from(pixels), to = new Float32Array(pixels.length);
  const boxes = sigma > 3, reach = boxes ? Math.max(1, Math.round((Math.sqrt(4 * sigma * sigma + 1) - 1) / 2)) : Math.ceil(3 * sigma);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-((k - reach) ** 2) / (2 * sigma * sigma)));
  const total = weights.reduce((a, b) => a + b, 0);
  weights.forEach((w, k) => { weights[k] = w / total; });
  for (let pass = 0; pass < (boxes ? 3 : 1); pass++) {
    for (const [lines, between, n, step] of [[rows, 4 * columns, columns, 4], [columns, 4, rows, 4 * columns]]) {
      for (let line = 0; line < lines; line++) for (let c = 0; c < 3; c++) (boxes ? box : bell)(from, to, line * between + c, step, n, boxes ? reach : weights);
      [from, to] = [to, from];
    }
  }
  return Uint8ClampedArray.from(from);
}

const percent = (share) => (100 * share).toFixed(share < 0.0995 ? 1 : 0);

const STYLE = `
:host { --you: var(--k); --model: var(--q); }
input[type=range] { width: 7rem; }
output { min-width: 4.5em; }
@container (min-width: 40rem) { .panes { grid-template-columns: minmax(0, 1.5fr) minmax(0, 1fr); } }
.stage { position: relative; max-width: 36rem; touch-action: pan-y; cursor: crosshair; line-height: 0; user-select: none; }
canvas { width: 100%; height: auto; border-radius: .4rem; } .stage svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.side { display: flex; flex-direction: column; gap: .5rem; align-items: flex-start; }
.buttons { display: flex; flex-wrap: wrap; gap: .5rem; }
.handle { touch-action: none; cursor: grab; outline: none; } .handle:active { cursor: grabbing; }
.ring { fill: none; stroke: #fff; stroke-width: 5; } .ring.ink { stroke: #111; stroke-width: 2; }
.focus { fill: none; stroke: none; } .handle:focus-visible .focus { stroke: #fff; stroke-width: 3; stroke-dasharray: 5 3; }
.path { fill: none; stroke: #fff; stroke-width: 3.5; } .path.ink { stroke-width: 1.8; } .model.ink { stroke: #b84f00; } .you.ink { stroke: #0068a3; }
circle.model { fill: #b84f00; stroke: #fff; stroke-width: 1.5; } circle.you { fill: #0068a3; stroke: #fff; stroke-width: 1.5; }
.number { fill: #fff; font: 600 12px system-ui, sans-serif; pointer-events: none; }
dl { display: grid; grid-template-columns: auto auto; justify-content: start; gap: .15rem .9rem; margin: .5rem 0; padding-top: .5rem; border-top: 1px solid var(--line); font-variant-numeric: tabular-nums; }
dt, dd { margin: 0; } dd { font-weight: 600; }
`;

class FixationExplorer extends Explorer {
  static style = STYLE;

  async take([file]) {
    Object.assign(this, file);
    await Promise.all(this.photographs.map(async (photograph) => {
      photograph.picture = new Image();
      photograph.picture.src = photograph.image;
      await photograph.picture.decode();
    }));
  }

  markup() {
    return `
      <div class="panes"><div class="stage"><canvas role="img"></canvas><svg></svg></div>
        <div class="side"><fieldset><legend>${T.photograph}</legend></fieldset>
          <label>${T.width} <input type="range" class="degrees" min="8" max="60" step="1"><output></output></label>
          <label><input type="checkbox" class="blur" checked> ${T.blur}</label>
          <label><input type="checkbox" class="map"> ${T.map}</label>
          <div class="buttons"><button type="button" class="next">${T.next}</button><button type="button" class="clear">${T.clear}</button></div>
          <dl><dt>${T.one}</dt><dd class="one"></dd><dt class="looks"></dt><dd class="all"></dd><dt>${T.salience}</dt><dd class="rank"></dd></dl>
          <p class="how">${T.how}</p></div></div>
      <p class="says" role="status" aria-live="polite"></p>`;
  }

  start() {
    radios(this.$("fieldset"), "photograph", this.photographs.map(({ id, label }) => [id, label]), (id) => this.choose(id));
    this.$(".degrees").addEventListener("input", (event) => { this.degrees = Number(event.target.value); this.update(); });
    for (const name of [".blur", ".map"]) this.$(name).addEventListener("change", () => this.update());
    this.$(".next").addEventListener("click", () => this.step());
    this.$(".clear").addEventListener("click", () => this.choose(this.shown.id));
    const stage = this.$(".stage");
    stage.addEventListener("pointerdown", (event) => { this.drag = true; stage.setPointerCapture(event.pointerId); this.follow(event); });
    stage.addEventListener("pointermove", (event) => this.drag && this.follow(event));
    stage.addEventListener("pointerup", () => { if (this.drag) this.look(); this.drag = false; });
    stage.addEventListener("pointercancel", () => { this.drag = false; });
    this.choose(this.photographs[0].id);
  }

  /** Start the photograph `id` afresh, the eye in its middle. */
  choose(id) {
    this.shown = this.photographs.find((photograph) => photograph.id === id);
    const { size: [rows, columns], picture, alt } = this.shown, canvas = this.$("canvas");
    [canvas.width, canvas.height] = [columns, rows];
    canvas.setAttribute("aria-label", alt);
    this.pen = canvas.getContext("2d", { willReadFrequently: true });
    if (!this.shown.copies) {
      this.pen.drawImage(picture, 0, 0, columns, rows);
      const sharp = this.pen.getImageData(0, 0, columns, rows).data;
      this.shown.copies = STOPS.map((sigma) => (sigma ? blurred(sharp, this.shown.size, sigma) : sharp));
      this.shown.sorted = this.shown.saliency.flat().sort((a, b) => a - b);
    }
    this.degrees = this.shown.degrees;
    this.fixation = [Math.round(rows / 2), Math.round(columns / 2)];
    [this.yours, this.models] = [[], 0];
    this.$(`input[value="${id}"]`).checked = true;
    this.draw();
    this.update();
  }

  /** The drawing over the photograph: both paths and the handle. */
  draw() {
    const [rows, columns] = this.shown.size, over = this.$("svg");
    over.setAttribute("viewBox", `0 0 ${columns} ${rows}`);
    const lines = (points, who) => {
      const d = points.map(([y, x], i) => `${i ? "L" : "M"}${x} ${y}`).join("");
      const dots = points.flatMap(([y, x], i) => [svg("circle", { class: who, cx: x, cy: y, r: 10 }), svg("text", { class: "number", x, y: y + 4.5, "text-anchor": "middle" }, i + 1)]);
      return [svg("path", { class: `path ${who}`, d }), svg("path", { class: `path ink ${who}`, d }), ...dots];
    };
    if (!this.handle) {
      this.handle = svg("g", { class: "handle", tabindex: 0, role: "slider", "aria-label": T.handle });
      this.handle.append(svg("circle", { r: 24, fill: "transparent" }), svg("circle", { class: "focus", r: 21 }), svg("circle", { class: "ring", r: 14 }), svg("circle", { class: "ring ink", r: 14 }));
      this.handle.addEventListener("keydown", (event) => this.press(event));
    }
    this.marks ??= svg("g", { "aria-hidden": "true" });
    this.marks.replaceChildren(...lines(this.shown.path.slice(0, this.models), "model"), ...lines(this.yours, "you"));
    if (!this.handle.isConnected) over.append(this.marks, this.handle); // moving it would take the focus away
  }

  follow(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.$("svg").getScreenCTM().inverse());
    this.move([at.y, at.x]);
  }

  press(event) {
    const step = event.shiftKey ? 32 : 8;
    const move = { ArrowLeft: [0, -step], ArrowRight: [0, step], ArrowUp: [-step, 0], ArrowDown: [step, 0] }[event.key];
    if (move) this.move([this.fixation[0] + move[0], this.fixation[1] + move[1]]);
    else if (event.key === "Enter" || event.key === " ") this.look();
    else return;
    event.preventDefault();
  }

  /** Look at [row, column], within the photograph. */
  move(to, by = "") {
    this.fixation = to.map((x, i) => Math.min(this.shown.size[i] - 1, Math.max(0, Math.round(x))));
    this.update(by);
  }

  /** Count the present fixation as one of yours. */
  look() {
    this.yours.push(this.fixation);
    this.draw();
    this.update();
  }

  /** The model's next fixation; after its last it begins again. */
  step() {
    const { path } = this.shown;
    this.models = (this.models % path.length) + 1;
    this.draw();
    this.move(path[this.models - 1], T.model(this.models, path.length));
  }

  /** Saliency at the fixation as a share of the map's places that have less. */
  rank() {
    const { saliency, size, sorted } = this.shown;
    const [i, j] = this.fixation.map((x, k) => Math.min((k ? saliency[0] : saliency).length - 1, Math.floor((x / size[k]) * (k ? saliency[0] : saliency).length)));
    return sorted.filter((s) => s < saliency[i][j]).length / sorted.length;
  }

  paint() {
    const { size: [rows, columns], copies, saliency } = this.shown, image = this.pen.createImageData(columns, rows), out = image.data;
    const last = STOPS.length - 1, fine = 200, places = new Float32Array(fine * 20 + 1); // place among the copies for each sigma, looked up
    for (let k = 0, n = 0; n < places.length; n++) {
      while (k < last - 1 && n / fine > STOPS[k + 1]) k++;
      places[n] = k + Math.min(1, (n / fine - STOPS[k]) / (STOPS[k + 1] - STOPS[k]));
    }
    const blur = this.$(".blur").checked;
    everywhere(this.shown.size, this.fixation, this.degrees, this.e2, (i, r) => {
      const sigma = blur ? 0.5 * Math.sqrt(1 / (r * r) - 1) : 0, place = places[Math.min(places.length - 1, Math.round(sigma * fine))];
      const low = Math.min(last - 1, Math.floor(place)), share = place - low, from = copies[low], to = copies[low + 1];
      for (let c = 4 * i; c < 4 * i + 3; c++) out[c] = (1 - share) * from[c] + share * to[c];
      out[4 * i + 3] = 255;
    });
    if (this.$(".map").checked) {
      const h = saliency.length, w = saliency[0].length, pixels = [230, 85, 0];
      for (let y = 0, i = 0; y < rows; y++) {
        const v = Math.min(h - 1, (y / rows) * h), a = Math.floor(v), b = Math.min(h - 1, a + 1);
        for (let x = 0; x < columns; x++, i += 4) {
          const u = Math.min(w - 1, (x / columns) * w), p = Math.floor(u), q = Math.min(w - 1, p + 1);
          const s = (1 - v + a) * ((1 - u + p) * saliency[a][p] + (u - p) * saliency[a][q]) + (v - a) * ((1 - u + p) * saliency[b][p] + (u - p) * saliency[b][q]);
          for (let c = 0; c < 3; c++) out[i + c] = out[i + c] * (0.35 + 0.3 * (1 - s)) * (1 - s) + s * pixels[c];
        }
      }
    }
    this.pen.putImageData(image, 0, 0);
  }

  /** Everything that follows from photograph, fixation and width. */
  update(by = "") {
    const { size } = this.shown, { fixation, degrees, yours, e2 } = this, [y, x] = fixation.map((at, i) => Math.round((100 * at) / size[i]));
    this.numbers = { one: kept(size, [fixation], degrees, e2), all: kept(size, yours, degrees, e2), rank: this.rank() };
    this.handle.setAttribute("transform", `translate(${fixation[1]} ${fixation[0]})`);
    const states = { "aria-valuenow": x, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuetext": T.at(x, y) };
    for (const [name, value] of Object.entries(states)) this.handle.setAttribute(name, value);
    this.$(".degrees").value = degrees;
    this.$(".degrees").setAttribute("aria-valuetext", T.degrees(degrees));
    this.$("output").textContent = T.degrees(degrees);
    const { one, all, rank } = this.numbers, show = [percent(one), percent(all), percent(rank)];
    this.$(".one").textContent = `${show[0]} % ${T.ofDetail}`;
    this.$(".looks").textContent = T.all(yours.length);
    this.$(".all").textContent = yours.length ? `${show[1]} %` : "–";
    this.$(".rank").textContent = `${show[2]} % ${T.ofPlaces}`;
    this.waiting ??= requestAnimationFrame(() => { this.waiting = undefined; this.paint(); });
    clearTimeout(this.pause); // one sentence when the eye rests, not one a step
    this.pause = setTimeout(() => { this.$(".says").textContent = by + T.says(x, y, show[0], yours.length, show[1], show[2]); }, 250);
  }
}

customElements.define("fixation-explorer", FixationExplorer);
