// The comparator in the browser: photos of one site at several visits, moved and zoomed together.
// Nothing here talks to a network; finer parts of the photos are asked of the page by an event.
//
// Places: "frame" is on the baseline, "photo" on one photo, both as shares of that photo's longer
// side; "view" is in CSS pixels of a panel. A photo's mesh leads from the frame into the photo.

// ------------------------------------------------------------------------------ geometry

/** A smooth map from the frame into a photo, straight between the nodes of a grid. */
export class Mesh {
  constructor({ step, rows, columns, nodes }) {
    Object.assign(this, { step, rows, columns });
    const bytes = Uint8Array.from(atob(nodes), (sign) => sign.charCodeAt(0));
    this.nodes = new Float32Array(bytes.buffer);
  }

  map({ x, y }) {
    const across = x / this.step;
    const down = y / this.step;
    const column = Math.min(Math.max(Math.floor(across), 0), this.columns - 2);
    const row = Math.min(Math.max(Math.floor(down), 0), this.rows - 2);
    const u = across - column;
    const v = down - row;
    const at = 2 * (row * this.columns + column);
    const below = at + 2 * this.columns;
    const { nodes } = this;
    const part = (i) =>
      (1 - v) * ((1 - u) * nodes[at + i] + u * nodes[at + 2 + i]) +
      v * ((1 - u) * nodes[below + i] + u * nodes[below + 2 + i]);
    return { x: part(0), y: part(1) };
  }
}

/** Two photos that nothing is known of lie on each other middle to middle. */
class Middles {
  constructor(base, photo) {
    this.dx = (photo.w - base.w) / 2;
    this.dy = (photo.h - base.h) / 2;
  }

  map({ x, y }) {
    return { x: x + this.dx, y: y + this.dy };
  }
}

/** The turn and zoom of a map about a place of the frame: photo - q = m * (frame - c). */
function about(map, c) {
  const reach = 0.02;
  const q = map.map(c);
  const right = map.map({ x: c.x + reach, y: c.y });
  const down = map.map({ x: c.x, y: c.y + reach });
  const a = (right.x - q.x + down.y - q.y) / (2 * reach);
  const b = (right.y - q.y - down.x + q.x) / (2 * reach);
  return { c, q, a, b, power: a * a + b * b };
}

function toPhoto({ c, q, a, b }, p) {
  const x = p.x - c.x;
  const y = p.y - c.y;
  return { x: q.x + a * x - b * y, y: q.y + b * x + a * y };
}

function toFrame({ c, q, a, b, power }, p) {
  const x = p.x - q.x;
  const y = p.y - q.y;
  return { x: c.x + (a * x + b * y) / power, y: c.y + (a * y - b * x) / power };
}

/** Find the place of the frame that a map leads to a place of the photo. */
export function inverse(map, target) {
  let guess = { x: target.x, y: target.y };
  for (let round = 0; round < 12; round++) {
    const turn = about(map, guess);
    const next = toFrame(turn, target);
    const moved = Math.hypot(next.x - guess.x, next.y - guess.y);
    guess = next;
    if (moved < 1e-7) break;
  }
  return guess;
}

function inside(line, { x, y }) {
  let within = false;
  for (let i = 0, j = line.length - 2; i < line.length; j = i, i += 2) {
    const [x1, y1, x2, y2] = [line[i], line[i + 1], line[j], line[j + 1]];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) within = !within;
  }
  return within;
}

// ------------------------------------------------------------------------------ pictures

const SMALLEST_LEVEL = 500;

function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/** What each byte of sRGB becomes when linear light is multiplied by a factor. */
function tableOf(gain) {
  const table = new Uint8ClampedArray(256);
  for (let byte = 0; byte < 256; byte++) {
    const share = byte / 255;
    const light = gain * (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4);
    const out = light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
    table[byte] = Math.round(255 * out);
  }
  return table;
}

function relit(source, gain) {
  const canvas = canvasOf(source.width, source.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0);
  const image = context.getImageData(0, 0, canvas.width, canvas.height);
  const [red, green, blue] = gain.map(tableOf);
  const { data } = image;
  for (let i = 0; i < data.length; i += 4) {
    data[i] = red[data[i]];
    data[i + 1] = green[data[i + 1]];
    data[i + 2] = blue[data[i + 2]];
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** A decoded picture at a few sizes, raw and in the baseline's light. */
class Picture {
  constructor(bitmap) {
    this.width = bitmap.width;
    this.height = bitmap.height;
    this.side = Math.max(bitmap.width, bitmap.height);
    const whole = canvasOf(bitmap.width, bitmap.height);
    whole.getContext("2d").drawImage(bitmap, 0, 0);
    bitmap.close?.();
    this.raw = this.levels(whole);
    this.lit = null;
  }

  levels(whole) {
    const levels = [whole];
    while (Math.max(levels.at(-1).width, levels.at(-1).height) > 2 * SMALLEST_LEVEL) {
      const last = levels.at(-1);
      const half = canvasOf(last.width >> 1, last.height >> 1);
      half.getContext("2d").drawImage(last, 0, 0, half.width, half.height);
      levels.push(half);
    }
    return levels;
  }

  light(gain) {
    const name = gain.join();
    if (this.litBy !== name) {
      this.lit = this.levels(relit(this.raw[0], gain));
      this.litBy = name;
    }
    return this.lit;
  }

  /** The smallest level that is no coarser than the screen. */
  at(pixels, gain) {
    const levels = gain ? this.light(gain) : this.raw;
    let chosen = levels[0];
    for (const level of levels) if (Math.max(level.width, level.height) >= pixels) chosen = level;
    return chosen;
  }
}

// ------------------------------------------------------------------------------ the comparator

const PREFERENCES = "lesionscope.comparator";
const MOST_RATE = 3;
const LEAST_RATE = 0.5;
const CLOSEST_PX = 24; // CSS pixels of the screen for one pixel of the photo, at most
const DETAIL_AFTER_MS = 180;
const MOST_DETAIL = 2048;
const FEWEST_SPOTS = 2;
const MOST_SPOTS = 6;
const LINE = "#00e5ff";
const CHOSEN = "#ffd400";
const SPOT = "#ffd400";
const MODES = ["side", "slider", "fade", "blink", "change"];
const TOO_FAST = "At most 3 changes a second: faster flicker can set off a seizure.";

class Comparator {
  constructor(section) {
    this.section = section;
    this.find = (selector) => section.querySelector(selector);
    this.stage = this.find(".stage");
    this.visits = [];
    this.lesions = [];
    this.pictures = new Map();
    this.tiles = new Map();
    this.view = { x: 0.5, y: 0.4, k: 500, fitted: true };
    this.mode = "side";
    this.left = 0;
    this.right = 1;
    this.wipe = 0.5;
    this.fade = 0.5;
    this.rate = 1;
    this.blinking = 0;
    this.showsRight = false;
    this.shown = { light: false, outlines: true, taken: false, linked: true };
    this.rawHeld = false;
    this.chosen = null;
    this.cursor = null;
    this.aligning = null;
    this.pointers = new Map();
    this.panels = [];
    this.frame = 0;
    this.painted = 0;
    this.lastPaintMs = 0;
    this.recall();
    this.listen();
  }

  // ---- data

  receive(data, send) {
    const size = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + size)));
    const blobs = data.subarray(4 + size);
    this.send = send;
    this.key = header.key;
    this.mayAlign = header.may_align;
    const before = this.visits.map((visit) => visit.id).join();
    const kept = new Map(this.visits.map((visit) => [visit.id, visit]));
    const [first] = header.visits;
    const base = extent(first);
    this.visits = header.visits.map((visit, number) => {
      const own = extent(visit);
      const map = visit.mesh ? new Mesh(visit.mesh) : new Middles(base, own);
      const offset = kept.get(visit.id)?.offset ?? { x: 0, y: 0, z: 1 };
      const lies = number === 0 || visit.mesh !== null;
      return { ...visit, number, ...own, map, offset, lies };
    });
    this.base = base;
    this.lesions = header.lesions;
    if (!this.lesions.some((lesion) => lesion.number === this.chosen)) this.chosen = null;
    if (before !== this.visits.map((visit) => visit.id).join()) this.begin();
    if (this.aligning && header.received === this.aligning.sent) this.stopAligning();
    this.decode(header.blobs, blobs);
    this.fillPicks();
    this.arrange();
    this.showCard();
  }

  /** Start over with other photos: the last visit beside the first, all in view. */
  begin() {
    this.left = 0;
    this.right = Math.min(Math.max(this.right, 1), this.visits.length - 1);
    this.view.fitted = true;
    this.chosen = null;
    this.aligning = null;
    this.tiles.clear();
    for (const visit of this.visits) visit.offset = { x: 0, y: 0, z: 1 };
  }

  decode(places, blobs) {
    for (const name of this.pictures.keys()) if (!places[name]) this.pictures.delete(name);
    for (const [name, [at, length]] of Object.entries(places)) {
      if (this.pictures.has(name)) continue;
      this.pictures.set(name, null);
      const jpeg = new Blob([blobs.slice(at, at + length)], { type: "image/jpeg" });
      createImageBitmap(jpeg).then((bitmap) => {
        this.pictures.set(name, new Picture(bitmap));
        this.repaint();
        this.lightAhead();
      });
    }
  }

  /** Once all is decoded, prepare the other light too, so that its key answers at once. */
  lightAhead() {
    if ([...this.pictures.values()].includes(null)) return;
    const waiting = this.visits.filter((visit) => visit.gain);
    const next = () => {
      const visit = waiting.pop();
      if (!visit) return;
      for (const name of [visit.taken, visit.aligned]) {
        const picture = name && this.pictures.get(name);
        if (picture) picture.light(visit.gain);
      }
      window.setTimeout(next, 30);
    };
    window.setTimeout(next, 300);
  }

  get ready() {
    return this.visits.length > 0 && ![...this.pictures.values()].includes(null);
  }

  // ---- panels

  /** Which photos are on the stage, each in a panel or all in one. */
  get stacked() {
    return this.mode !== "side" && !this.aligning;
  }

  sides() {
    if (this.aligning) return [this.visits[0], this.visits[this.aligning.visit]];
    if (this.stacked) return [this.visits[this.left], this.visits[this.right]];
    return this.visits;
  }

  /** Whether a photo is drawn as taken, in its own frame, rather than as it lies on the first. */
  asTaken(visit) {
    if (visit.number === 0 || this.aligning) return true;
    if (!visit.lies || !visit.aligned) return true;
    return this.shown.taken && !this.stacked;
  }

  arrange() {
    if (!this.visits.length) return;
    const sides = this.sides();
    const wanted = this.stacked ? [null] : sides;
    const count = wanted.length;
    const columns = count <= 3 ? count : Math.ceil(count / 2);
    const across = this.stage.clientWidth < 560 ? Math.min(columns, 2) : columns;
    const down = Math.ceil(count / across);
    this.stage.style.gridTemplateColumns = `repeat(${across}, minmax(0, 1fr))`;
    this.stage.style.gridTemplateRows = `repeat(${down}, minmax(0, 1fr))`;
    // No taller than the photos are: what stands below should be seen too.
    const tall = ((this.stage.clientWidth / across) * this.base.h * down) / this.base.w;
    const most = Math.max(320, 0.6 * window.innerHeight);
    this.stage.style.height = `${Math.round(Math.min(Math.max(tall, 260), most))}px`;
    while (this.panels.length > count) this.panels.pop().element.remove();
    while (this.panels.length < count) this.panels.push(this.newPanel());
    this.panels.forEach((panel, i) => {
      panel.visit = wanted[i];
      this.label(panel, sides);
      panel.element.classList.toggle("active", this.aligning?.side === i);
    });
    this.showControls();
    this.measure();
  }

  newPanel() {
    const element = document.createElement("div");
    element.className = "panel";
    element.innerHTML =
      '<canvas class="picture"></canvas><canvas class="overlay"></canvas>' +
      '<span class="tag left"></span><span class="tag right" hidden></span>' +
      '<span class="empty" hidden></span>';
    this.stage.append(element);
    const [picture, overlay] = element.querySelectorAll("canvas");
    return {
      element,
      picture: picture.getContext("2d", { alpha: false }),
      overlay: overlay.getContext("2d"),
      width: 1,
      height: 1,
    };
  }

  label(panel, sides) {
    const [left, right] = panel.element.querySelectorAll(".tag");
    const words = (tag, visit) => {
      tag.replaceChildren(`${visit.title} · ${visit.day}`);
      const note = document.createElement("small");
      note.textContent = this.moved(visit) ? `${visit.note} Moved by hand.` : visit.note;
      if (note.textContent) tag.append(note);
    };
    words(left, panel.visit ?? sides[0]);
    right.hidden = panel.visit !== null;
    if (panel.visit === null) words(right, sides[1]);
    if (this.mode === "blink" && this.stacked) {
      left.hidden = this.showsRight;
      right.hidden = !this.showsRight;
    } else {
      left.hidden = false;
      if (this.mode === "change" && this.stacked) words(right, sides[1]);
    }
    const empty = panel.element.querySelector(".empty");
    const none = this.stacked && this.mode === "change" && !sides[1].change;
    empty.hidden = !none;
    empty.textContent = none ? `No change map. ${sides[1].note}` : "";
  }

  moved(visit) {
    const { x, y, z } = visit.offset;
    return Math.abs(x) + Math.abs(y) > 1e-9 || Math.abs(z - 1) > 1e-9;
  }

  measure() {
    const ratio = window.devicePixelRatio || 1;
    this.ratio = ratio;
    for (const panel of this.panels) {
      const { clientWidth, clientHeight } = panel.element;
      panel.width = clientWidth || 1;
      panel.height = clientHeight || 1;
      for (const { canvas } of [panel.picture, panel.overlay]) {
        const width = Math.max(1, Math.round(panel.width * ratio));
        const height = Math.max(1, Math.round(panel.height * ratio));
        if (canvas.width !== width) canvas.width = width;
        if (canvas.height !== height) canvas.height = height;
      }
    }
    if (this.view.fitted) this.lookAtAll();
    this.repaint();
  }

  // ---- the view

  /** Bring all back into view, and what was moved by hand to its place. */
  fit() {
    if (this.aligning) this.aligning.views = [null, null];
    for (const visit of this.visits) visit.offset = { x: 0, y: 0, z: 1 };
    this.lookAtAll();
    this.panels.forEach((panel) => this.label(panel, this.sides()));
    this.changed();
  }

  lookAtAll() {
    const [panel] = this.panels;
    if (!panel || !this.base) return;
    this.view = {
      x: this.base.w / 2,
      y: this.base.h / 2,
      k: Math.min(panel.width / this.base.w, panel.height / this.base.h),
      fitted: true,
    };
  }

  /** The view of one photo: the common one, moved by what was moved by hand. */
  viewOf(visit) {
    if (this.aligning) {
      const side = visit.number === 0 ? 0 : 1;
      return (this.aligning.views[side] ??= this.whole(visit, side));
    }
    const { x, y, z } = visit.offset;
    return { x: this.view.x + x, y: this.view.y + y, k: this.view.k * z };
  }

  whole(visit, side) {
    const panel = this.panels[side];
    const k = Math.min(panel.width / visit.w, panel.height / visit.h);
    return { x: visit.w / 2, y: visit.h / 2, k };
  }

  /** How a photo as taken lies about the middle of its view. */
  turnOf(visit) {
    const view = this.viewOf(visit);
    if (this.aligning || visit.number === 0) {
      return { c: view, q: view, a: 1, b: 0, power: 1 };
    }
    return about(visit.map, view);
  }

  /** Where a place of the frame is in a panel; `free` photos are asked for their own places. */
  toScreen(panel, visit, p) {
    const view = this.viewOf(visit);
    let at = p;
    if (this.asTaken(visit) && visit.number !== 0 && !this.aligning) {
      at = toFrame(this.turnOf(visit), visit.map.map(p));
    }
    return { x: panel.width / 2 + (at.x - view.x) * view.k, y: panel.height / 2 + (at.y - view.y) * view.k };
  }

  /** Which place of the frame is under a place of a panel; in `aligning`, of the photo itself. */
  toPlace(panel, visit, { x, y }) {
    const view = this.viewOf(visit);
    const at = { x: view.x + (x - panel.width / 2) / view.k, y: view.y + (y - panel.height / 2) / view.k };
    if (this.aligning || !this.asTaken(visit) || visit.number === 0) return at;
    return inverse(visit.map, toPhoto(this.turnOf(visit), at));
  }

  closest() {
    const pixels = Math.max(...this.visits.map((visit) => Math.max(visit.width, visit.height)));
    return pixels * CLOSEST_PX;
  }

  farthest() {
    const [panel] = this.panels;
    return Math.min(panel.width / this.base.w, panel.height / this.base.h) / 2;
  }

  /** Zoom by a factor while what lies at (x, y) of a panel stays there. */
  zoomAt(panel, { x, y }, factor) {
    const dx = x - panel.width / 2;
    const dy = y - panel.height / 2;
    const visit = this.movedOne(panel);
    const view = visit ? this.viewOf(visit) : this.view;
    const k = Math.min(Math.max(view.k * factor, this.farthest()), this.closest());
    const shift = { x: dx / view.k - dx / k, y: dy / view.k - dy / k };
    this.shift(visit, shift, k / view.k);
  }

  /** The photo that moves alone: none while all are linked. */
  movedOne(panel) {
    if (this.aligning) return panel.visit;
    if (this.shown.linked) return null;
    return panel.visit ?? this.visits[this.right];
  }

  shift(visit, { x, y }, factor = 1) {
    if (visit && this.aligning) {
      const view = this.viewOf(visit);
      view.x += x;
      view.y += y;
      view.k *= factor;
    } else if (visit) {
      visit.offset.x += x;
      visit.offset.y += y;
      visit.offset.z *= factor;
    } else {
      this.view.x = Math.min(Math.max(this.view.x + x, 0), this.base.w);
      this.view.y = Math.min(Math.max(this.view.y + y, 0), this.base.h);
      this.view.k *= factor;
      this.view.fitted = false;
    }
    this.changed();
  }

  pan(panel, dx, dy) {
    const visit = this.movedOne(panel);
    const { k } = visit ? this.viewOf(visit) : this.view;
    this.shift(visit, { x: -dx / k, y: -dy / k });
  }

  changed() {
    this.repaint();
    window.clearTimeout(this.detailTimer);
    this.detailTimer = window.setTimeout(() => this.askDetail(), DETAIL_AFTER_MS);
  }

  // ---- painting

  repaint() {
    this.stale = true;
    this.repaintMarks();
  }

  /** Paint only what lies over the photos: outlines, the cursor, the scale bar. */
  repaintMarks() {
    if (!this.frame) this.frame = window.requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.frame = 0;
    if (!this.visits.length || !this.panels.length) return;
    const begun = performance.now();
    const sides = this.sides();
    for (const panel of this.panels) {
      if (this.stale) this.paintPicture(panel, sides);
      this.paintOverlay(panel, sides);
    }
    this.stale = false;
    this.painted += 1;
    this.lastPaintMs = performance.now() - begun;
  }

  paintPicture(panel, [left, right]) {
    const { picture: context } = panel;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#262f36";
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    if (panel.visit) return this.paintPhoto(panel, panel.visit);
    if (this.mode === "change") return this.paintChange(panel, right);
    if (this.mode === "blink") return this.paintPhoto(panel, this.showsRight ? right : left);
    this.paintPhoto(panel, left);
    context.save();
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    if (this.mode === "fade") {
      context.globalAlpha = this.fade;
    } else {
      const x = this.wipe * panel.width;
      context.beginPath();
      context.rect(x, 0, panel.width - x, panel.height);
      context.clip();
    }
    this.paintPhoto(panel, right);
    context.restore();
    return undefined;
  }

  /** Light that a photo is shown in: null as taken. */
  gainOf(visit) {
    return this.shown.light && !this.rawHeld && visit.gain ? visit.gain : null;
  }

  paintPhoto(panel, visit) {
    const taken = this.asTaken(visit);
    const picture = this.pictures.get(taken ? visit.taken : visit.aligned);
    if (!picture) return;
    const context = panel.picture;
    context.save();
    const size = taken ? visit : this.base;
    this.place(context, panel, visit, taken);
    const view = this.viewOf(visit);
    const gain = this.gainOf(visit);
    context.imageSmoothingEnabled = view.k * this.ratio < 3 * Math.max(visit.width, visit.height);
    const level = picture.at(view.k * this.ratio, gain);
    context.drawImage(level, 0, 0, size.w, size.h);
    const tile = this.tiles.get(`${visit.id} ${!taken}`);
    if (tile && view.k * this.ratio > picture.side) {
      const [x0, y0, x1, y1] = tile.box;
      context.drawImage(tile.picture.at(Infinity, gain), x0, y0, x1 - x0, y1 - y0);
    }
    context.restore();
  }

  paintChange(panel, visit) {
    const picture = visit.change && this.pictures.get(visit.change);
    if (!picture) return;
    const context = panel.picture;
    context.save();
    this.place(context, panel, this.visits[0], true);
    context.drawImage(picture.at(this.view.k * this.ratio), 0, 0, this.base.w, this.base.h);
    context.restore();
  }

  /** Let a context draw in shares of a photo, or of the frame. */
  place(context, panel, visit, taken) {
    const view = this.viewOf(visit);
    const scale = view.k * this.ratio;
    const [width, height] = [context.canvas.width / 2, context.canvas.height / 2];
    if (!taken || visit.number === 0 || this.aligning) {
      context.setTransform(scale, 0, 0, scale, width - view.x * scale, height - view.y * scale);
      return;
    }
    const { q, a, b, power } = this.turnOf(visit);
    const [cos, sin] = [(scale * a) / power, (scale * b) / power];
    // frame - c = conj(m) (photo - q) / |m|^2
    context.setTransform(cos, -sin, sin, cos, width - cos * q.x - sin * q.y, height + sin * q.x - cos * q.y);
  }

  paintOverlay(panel, sides) {
    const context = panel.overlay;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    const visits = panel.visit ? [panel.visit] : this.outlined(sides);
    if (this.shown.outlines && !this.rawHeld) {
      for (const visit of visits) this.paintOutlines(panel, visit);
    }
    if (!panel.visit && this.mode === "slider") this.paintDivider(panel);
    if (this.aligning) this.paintSpots(panel);
    else this.paintCursor(panel);
    this.paintBar(panel, sides);
  }

  /** Which outlines are drawn where photos share a panel. */
  outlined([left, right]) {
    if (this.mode === "change") return [];
    if (this.mode === "slider") return [left, right];
    if (this.mode === "blink") return [this.showsRight ? right : left];
    return [this.fade >= 0.5 ? right : left];
  }

  paintOutlines(panel, visit) {
    const context = panel.overlay;
    const numbered = !this.aligning && visit.tracked.length > 0;
    const lines = numbered ? visit.tracked : visit.outlines;
    context.save();
    if (!panel.visit && this.mode === "slider") {
      const x = this.wipe * panel.width;
      const isRight = visit.number === this.visits[this.right].number;
      context.beginPath();
      if (isRight) context.rect(x, 0, panel.width - x, panel.height);
      else context.rect(0, 0, x, panel.height);
      context.clip();
    }
    for (const [number, line] of lines) {
      const strong = number > 0 && number === this.chosen;
      this.trace(panel, visit, line, numbered);
      context.lineWidth = strong ? 5 : 3;
      context.strokeStyle = "rgba(0, 0, 0, 0.6)";
      context.stroke();
      context.lineWidth = strong ? 2.5 : 1.25;
      context.strokeStyle = strong ? CHOSEN : LINE;
      context.stroke();
    }
    context.restore();
  }

  trace(panel, visit, line, numbered) {
    const context = panel.overlay;
    const turn = numbered || visit.number === 0 || this.aligning ? null : this.turnOf(visit);
    const view = this.viewOf(visit);
    context.beginPath();
    for (let i = 0; i < line.length; i += 2) {
      const p = { x: line[i], y: line[i + 1] };
      let at;
      if (numbered) {
        at = this.toScreen(panel, visit, p);
      } else {
        const q = turn ? toFrame(turn, p) : p;
        at = { x: panel.width / 2 + (q.x - view.x) * view.k, y: panel.height / 2 + (q.y - view.y) * view.k };
      }
      if (i) context.lineTo(at.x, at.y);
      else context.moveTo(at.x, at.y);
    }
    context.closePath();
  }

  paintDivider(panel) {
    const context = panel.overlay;
    const x = this.wipe * panel.width;
    context.fillStyle = "rgba(0, 0, 0, 0.6)";
    context.fillRect(x - 2, 0, 4, panel.height);
    context.fillStyle = "#fff";
    context.fillRect(x - 1, 0, 2, panel.height);
    context.beginPath();
    context.arc(x, panel.height / 2, 12, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = "#1c262e";
    for (const side of [-1, 1]) {
      context.beginPath();
      context.moveTo(x + side * 8, panel.height / 2);
      context.lineTo(x + side * 3, panel.height / 2 - 4);
      context.lineTo(x + side * 3, panel.height / 2 + 4);
      context.fill();
    }
  }

  /** The same spot of skin in every other panel. */
  paintCursor(panel) {
    if (!this.cursor || panel === this.cursor.panel || !panel.visit) return;
    const { x, y } = this.toScreen(panel, panel.visit, this.cursor.place);
    this.cross(panel.overlay, x, y, "#fff");
  }

  cross(context, x, y, colour) {
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(x + 4 * dx, y + 4 * dy);
      context.lineTo(x + 15 * dx, y + 15 * dy);
    }
    context.lineWidth = 4;
    context.strokeStyle = "rgba(0, 0, 0, 0.6)";
    context.stroke();
    context.lineWidth = 1.75;
    context.strokeStyle = colour;
    context.stroke();
  }

  paintSpots(panel) {
    const context = panel.overlay;
    const side = panel.visit.number === 0 ? 0 : 1;
    if (this.aligning.side === side) this.cross(context, panel.width / 2, panel.height / 2, "#fff");
    context.font = "600 13px sans-serif";
    this.aligning.spots[side].forEach((spot, i) => {
      const view = this.viewOf(panel.visit);
      const x = panel.width / 2 + (spot.x - view.x) * view.k;
      const y = panel.height / 2 + (spot.y - view.y) * view.k;
      this.cross(context, x, y, SPOT);
      context.lineWidth = 4;
      context.strokeStyle = "rgba(0, 0, 0, 0.8)";
      context.strokeText(`${i + 1}`, x + 9, y - 8);
      context.fillStyle = SPOT;
      context.fillText(`${i + 1}`, x + 9, y - 8);
    });
  }

  /** A length in millimetres, only where the photo shown has a scale. */
  paintBar(panel, sides) {
    const visit = panel.visit ?? sides[0];
    const own = panel.visit && this.asTaken(visit) && visit.number !== 0;
    const mm = own ? visit.mm : this.visits[0].mm;
    const context = panel.overlay;
    context.font = "12px sans-serif";
    const view = this.viewOf(visit);
    let words = "no scale in this photo";
    let length = 0;
    if (mm) {
      const zoom = own && !this.aligning ? Math.sqrt(this.turnOf(visit).power) : 1;
      const perMm = view.k / zoom / mm;
      const step = niceLength(90 / perMm);
      length = step * perMm;
      words = `${step} mm`;
    }
    const y = panel.height - 14;
    context.lineWidth = 3;
    context.strokeStyle = "rgba(0, 0, 0, 0.75)";
    if (length) {
      context.fillStyle = "rgba(0, 0, 0, 0.75)";
      context.fillRect(9, y - 2, length + 4, 6);
      context.fillStyle = "#fff";
      context.fillRect(11, y, length, 2);
    }
    context.strokeText(words, length + (length ? 20 : 11), y + 5);
    context.fillStyle = "#fff";
    context.fillText(words, length + (length ? 20 : 11), y + 5);
    panel.bar = { mm: length ? parseFloat(words) : null, px: length };
  }

  // ---- finer parts

  /** Ask the page for what the pictures here are too coarse for. */
  askDetail() {
    const parts = [];
    for (const visit of new Set(this.sides())) {
      const panel = this.panels.find((one) => one.visit === visit) ?? this.panels[0];
      const part = this.wantedPart(panel, visit);
      if (part) parts.push(part);
    }
    if (!parts.length || (this.stacked && this.mode === "change")) return;
    const id = Array.from(crypto.getRandomValues(new Uint8Array(9)), (b) => b.toString(36)).join("-");
    this.detailAsked = { id, at: performance.now() };
    const question = { id, parts };
    window.dispatchEvent(new CustomEvent("lesionscope-detail-ask", { detail: { key: this.key, question } }));
  }

  wantedPart(panel, visit) {
    const taken = this.asTaken(visit);
    const picture = this.pictures.get(taken ? visit.taken : visit.aligned);
    const native = Math.max(visit.width, visit.height);
    if (!picture || native <= picture.side) return null;
    const view = this.viewOf(visit);
    const turn = taken && !this.aligning && visit.number !== 0 ? this.turnOf(visit) : null;
    const zoom = turn ? Math.sqrt(turn.power) : 1;
    if ((view.k * this.ratio) / zoom <= picture.side * 1.1) return null;
    const size = taken ? visit : this.base;
    const box = this.visiblePart(panel, view, turn, size);
    if (!box) return null;
    const held = this.tiles.get(`${visit.id} ${!taken}`);
    const finest = Math.min(native, (view.k * this.ratio) / zoom);
    if (held && held.finest >= finest * 0.95 && holds(held.box, box)) return null;
    const shrink = Math.min(1, MOST_DETAIL / (finest * Math.max(box[2] - box[0], box[3] - box[1])));
    const pixels = (from, to) => Math.max(1, Math.floor((to - from) * finest * shrink));
    this.finest = { ...this.finest, [`${visit.id} ${!taken}`]: finest * shrink };
    return { visit: visit.id, aligned: !taken, box, width: pixels(box[0], box[2]), height: pixels(box[1], box[3]) };
  }

  visiblePart(panel, view, turn, size) {
    const reach = 0.15; // beyond the edges, so that a short move needs no new part
    const dx = ((0.5 + reach) * panel.width) / view.k;
    const dy = ((0.5 + reach) * panel.height) / view.k;
    const corners = [[-dx, -dy], [dx, -dy], [-dx, dy], [dx, dy]].map(([x, y]) => {
      const p = { x: view.x + x, y: view.y + y };
      return turn ? toPhoto(turn, p) : p;
    });
    const xs = corners.map((p) => p.x);
    const ys = corners.map((p) => p.y);
    const box = [
      Math.max(0, Math.min(...xs)),
      Math.max(0, Math.min(...ys)),
      Math.min(size.w, Math.max(...xs)),
      Math.min(size.h, Math.max(...ys)),
    ];
    return box[2] - box[0] > 1e-6 && box[3] - box[1] > 1e-6 ? box : null;
  }

  takeDetail({ key, id, parts }) {
    if (key !== this.key || id !== this.detailAsked?.id) return;
    for (const { visit, aligned, box, jpeg } of parts) {
      createImageBitmap(new Blob([jpeg], { type: "image/jpeg" })).then((bitmap) => {
        const name = `${visit} ${aligned}`;
        this.tiles.set(name, { box, finest: this.finest[name], picture: new Picture(bitmap) });
        this.detailMs = performance.now() - this.detailAsked.at;
        this.repaint();
      });
    }
  }

  // ---- modes and settings

  setMode(mode) {
    if (this.aligning) this.stopAligning();
    this.mode = mode;
    this.showsRight = false;
    this.stopBlinking();
    this.arrange();
    this.changed();
    this.keep();
  }

  toggle(name) {
    this.shown[name] = !this.shown[name];
    if (name === "linked") this.say(this.shown.linked ? "Linked: photos move together." : "Unlinked: photos move one by one. 0 brings them back.");
    if (name === "light") this.say(this.shown.light ? "Clear skin is shown in the light of the first photo. Hold R for the raw photos." : "Photos are shown as the camera took them.");
    this.arrange();
    this.changed();
    this.keep();
  }

  setRate(wanted) {
    if (!(wanted >= LEAST_RATE && wanted <= MOST_RATE)) {
      this.say(wanted > MOST_RATE ? TOO_FAST : "Half a change a second is the slowest.");
      this.find(".rate").value = this.rate;
      return;
    }
    this.rate = wanted;
    this.find(".rate").value = wanted;
    if (this.blinking) this.startBlinking();
  }

  startBlinking() {
    this.stopBlinking();
    this.blinking = window.setInterval(() => this.blink(), 1000 / this.rate);
    this.showControls();
  }

  stopBlinking() {
    window.clearInterval(this.blinking);
    this.blinking = 0;
    this.showControls();
  }

  blink() {
    if (document.hidden || !this.section.isConnected) return this.stopBlinking();
    this.showsRight = !this.showsRight;
    for (const panel of this.panels) this.label(panel, this.sides());
    this.repaint();
    return undefined;
  }

  stepRight(sense) {
    const count = this.visits.length;
    let next = this.right;
    do next = (next + sense + count) % count;
    while (next === this.left);
    this.pick("right", next);
  }

  pick(side, number) {
    const other = side === "left" ? "right" : "left";
    if (number === this[other]) this[other] = this[side];
    this[side] = number;
    if (this.aligning && this.right > 0) this.startAligning();
    this.fillPicks();
    this.arrange();
    this.changed();
  }

  fillPicks() {
    for (const side of ["left", "right"]) {
      const select = this.find(`.${side}`);
      select.replaceChildren(
        ...this.visits.map((visit, number) => new Option(`${visit.title} · ${visit.day}`, number)),
      );
      select.value = this[side];
    }
  }

  showControls() {
    const { mode, aligning } = this;
    for (const button of this.section.querySelectorAll("[data-mode]")) {
      button.setAttribute("aria-pressed", button.dataset.mode === mode);
    }
    for (const button of this.section.querySelectorAll("[data-toggle]")) {
      button.setAttribute("aria-pressed", this.shown[button.dataset.toggle]);
    }
    const stacked = this.stacked;
    const show = (selector, on) => (this.find(selector).hidden = !on);
    show(".pick.one", stacked && mode !== "change");
    show(".pick:not(.one)", stacked || (Boolean(aligning) && this.visits.length > 2));
    show(".settings", stacked || (Boolean(aligning) && this.visits.length > 2));
    show(".wipe-dial", stacked && mode === "slider");
    show(".fade-dial", stacked && mode === "fade");
    show(".blinker", stacked && mode === "blink");
    show(".legend", stacked && mode === "change");
    show(".align", this.mayAlign && !aligning);
    show(".aligning", Boolean(aligning));
    show('[data-toggle="taken"]', !stacked);
    const blink = this.find('[data-act="blink"]');
    blink.textContent = this.blinking ? "Stop blinking" : "Start blinking";
    blink.setAttribute("aria-pressed", Boolean(this.blinking));
    this.find(".wipe").value = Math.round(100 * this.wipe);
    this.find(".fade").value = Math.round(100 * this.fade);
    if (mode === "change" && this.left !== 0) this.pick("left", 0);
  }

  setWipe(share) {
    const bounded = Math.min(Math.max(share, 0), 1);
    if (this.mode === "fade") this.fade = bounded;
    else this.wipe = bounded;
    this.find(this.mode === "fade" ? ".fade" : ".wipe").value = Math.round(100 * bounded);
    this.repaint();
  }

  keep() {
    try {
      const { mode, shown } = this;
      const { light, outlines } = shown;
      localStorage.setItem(PREFERENCES, JSON.stringify({ mode, light, outlines }));
    } catch {
      // A browser that keeps nothing shows the photos all the same.
    }
  }

  recall() {
    try {
      const kept = JSON.parse(localStorage.getItem(PREFERENCES) ?? "{}");
      if (MODES.includes(kept.mode) && kept.mode !== "blink") this.mode = kept.mode;
      for (const name of ["light", "outlines"]) {
        if (typeof kept[name] === "boolean") this.shown[name] = kept[name];
      }
    } catch {
      // As above.
    }
  }

  // ---- marking the same spots

  startAligning() {
    if (!this.mayAlign) return;
    const visit = this.right > 0 ? this.right : 1;
    this.stopBlinking();
    this.aligning = { visit, side: 0, spots: [[], []], views: [null, null], sent: null };
    this.arrange();
    this.instruct();
    this.stage.focus({ preventScroll: true });
  }

  stopAligning() {
    this.aligning = null;
    this.arrange();
    this.changed();
  }

  instruct() {
    const { spots, side, sent } = this.aligning;
    const [one, other] = spots.map((list) => list.length);
    const pairs = Math.min(one, other);
    const which = side === 0 ? "left" : "right";
    const number = spots[side].length + 1;
    let words = `Click a spot of skin that both photos show: spot ${number} in the ${which} photo.`;
    if (one !== other) words = `Click the same spot ${number} in the ${which} photo.`;
    else if (pairs >= FEWEST_SPOTS) words = `${pairs} spots marked. Lay the photos on each other, or mark another for a better fit.`;
    if (sent) words = "Laying the photos on each other …";
    this.find(".instruction").textContent = words;
    this.find('[data-act="lay"]').disabled = one !== other || pairs < FEWEST_SPOTS || Boolean(sent);
    this.find('[data-act="unspot"]').disabled = !one || Boolean(sent);
    this.panels.forEach((panel, i) => panel.element.classList.toggle("active", side === i));
    this.repaint();
  }

  setSpot(panel, at) {
    const side = panel.visit.number === 0 ? 0 : 1;
    const { spots, sent } = this.aligning;
    const place = this.toPlace(panel, panel.visit, at);
    const outside = place.x < 0 || place.y < 0 || place.x > panel.visit.w || place.y > panel.visit.h;
    if (sent || outside) return;
    // A second click on the same side moves its last spot: each spot needs its partner.
    if (spots[side].length > spots[1 - side].length) spots[side].pop();
    if (spots[side].length >= MOST_SPOTS) return this.say(`${MOST_SPOTS} spots are enough.`);
    spots[side].push(place);
    this.aligning.side = spots[0].length > spots[1].length ? 1 : 0;
    if (spots[0].length < spots[1].length) this.aligning.side = 0;
    this.instruct();
    return undefined;
  }

  takeSpotBack() {
    const { spots } = this.aligning;
    const longer = spots[0].length >= spots[1].length ? 0 : 1;
    const last = spots[0].length === spots[1].length ? 1 : longer;
    spots[last].pop();
    this.aligning.side = last;
    this.instruct();
  }

  lay() {
    const { spots, visit } = this.aligning;
    const [base, follow] = spots.map((list) => list.map(({ x, y }) => [x, y]));
    const id = Array.from(crypto.getRandomValues(new Uint8Array(9)), (b) => b.toString(36)).join("-");
    this.aligning.sent = id;
    this.instruct();
    this.send("spots", { id, visit: this.visits[visit].id, base, follow });
  }

  // ---- lesions

  choose(number) {
    this.chosen = number;
    this.showCard();
    this.repaintMarks();
  }

  stepLesion(sense) {
    const { lesions } = this;
    if (!lesions.length) return this.say("No lesion is followed through these photos.");
    const at = lesions.findIndex((lesion) => lesion.number === this.chosen);
    const next = at < 0 ? (sense > 0 ? 0 : lesions.length - 1) : (at + sense + lesions.length) % lesions.length;
    this.choose(lesions[next].number);
    const [x, y] = lesions[next].centre;
    if (!this.view.fitted) this.shift(null, { x: x - this.view.x, y: y - this.view.y });
    return undefined;
  }

  lesionAt(place) {
    for (const visit of this.sides()) {
      for (const [number, line] of visit.tracked) if (number && inside(line, place)) return number;
    }
    return null;
  }

  showCard() {
    const lesion = this.lesions.find((one) => one.number === this.chosen);
    this.find(".card").hidden = !lesion;
    if (!lesion) return;
    this.find(".card-title").textContent = lesion.title;
    this.find(".card-lines").replaceChildren(
      ...lesion.lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })),
    );
  }

  say(words) {
    this.find(".state").textContent = words;
  }

  // ---- hands

  listen() {
    const { section, stage } = this;
    section.addEventListener("click", (event) => this.click(event));
    section.addEventListener("keydown", (event) => this.keyDown(event));
    section.addEventListener("keyup", (event) => {
      if (event.key.toLowerCase() === "r") this.holdRaw(false);
    });
    section.addEventListener("focusout", () => this.holdRaw(false));
    this.find(".wipe").addEventListener("input", (event) => this.setWipe(event.target.value / 100));
    this.find(".fade").addEventListener("input", (event) => this.setWipe(event.target.value / 100));
    this.find(".rate").addEventListener("change", (event) => this.setRate(event.target.valueAsNumber));
    for (const side of ["left", "right"]) {
      this.find(`.${side}`).addEventListener("change", (event) => this.pick(side, Number(event.target.value)));
    }
    stage.addEventListener("pointerdown", (event) => this.press(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      stage.addEventListener(end, (event) => this.lift(event));
    }
    stage.addEventListener("pointerleave", () => {
      this.cursor = null;
      this.repaintMarks();
    });
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.onDetail = ({ detail }) => this.takeDetail(detail);
    this.onReady = ({ detail }) => detail === this.key && this.changed();
    window.addEventListener("lesionscope-detail", this.onDetail);
    window.addEventListener("lesionscope-detail-ready", this.onReady);
    this.watch = new ResizeObserver(() => this.arrange());
    this.watch.observe(stage);
  }

  panelAt(event) {
    return this.panels.find(({ element }) => element.contains(event.target)) ?? this.panels[0];
  }

  within(panel, { clientX, clientY }) {
    const box = panel.element.getBoundingClientRect();
    return { x: clientX - box.left, y: clientY - box.top };
  }

  press(event) {
    if (event.button > 1) return;
    event.preventDefault();
    this.stage.focus({ preventScroll: true });
    const panel = this.panelAt(event);
    const at = this.within(panel, event);
    this.stage.setPointerCapture(event.pointerId);
    const divider = this.stacked && this.mode === "slider" && Math.abs(at.x - this.wipe * panel.width) < 16;
    this.pointers.set(event.pointerId, { panel, at, from: at, moved: false, divider });
  }

  move(event) {
    const held = this.pointers.get(event.pointerId);
    if (!held) return this.hover(event);
    const at = this.within(held.panel, event);
    const before = held.at;
    held.at = at;
    if (Math.hypot(at.x - held.from.x, at.y - held.from.y) > 4) held.moved = true;
    if (held.divider) return this.setWipe(at.x / held.panel.width);
    if (this.pointers.size === 2) return this.pinch(event.pointerId, before);
    if (held.moved) this.pan(held.panel, at.x - before.x, at.y - before.y);
    return undefined;
  }

  pinch(id, before) {
    const [still] = [...this.pointers].filter(([other]) => other !== id).map(([, held]) => held);
    const { at, panel } = this.pointers.get(id);
    const apart = (p) => Math.hypot(p.x - still.at.x, p.y - still.at.y);
    if (apart(before) < 1) return;
    this.zoomAt(panel, { x: (at.x + still.at.x) / 2, y: (at.y + still.at.y) / 2 }, apart(at) / apart(before));
    this.pan(panel, (at.x - before.x) / 2, (at.y - before.y) / 2);
    still.moved = true;
  }

  hover(event) {
    const panel = this.panelAt(event);
    if (!panel) return;
    const visit = panel.visit ?? this.sides()[0];
    this.cursor = this.aligning ? null : { panel, place: this.toPlace(panel, visit, this.within(panel, event)) };
    this.repaintMarks();
  }

  lift(event) {
    const held = this.pointers.get(event.pointerId);
    this.pointers.delete(event.pointerId);
    if (!held || held.moved || held.divider || event.type === "pointercancel") return;
    if (this.aligning) {
      this.setSpot(held.panel, held.at);
      return;
    }
    const visit = held.panel.visit ?? this.sides()[0];
    this.choose(this.lesionAt(this.toPlace(held.panel, visit, held.at)));
  }

  wheel(event) {
    event.preventDefault();
    const panel = this.panelAt(event);
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.zoomAt(panel, this.within(panel, event), Math.exp((-event.deltaY * lines) / 400));
  }

  holdRaw(on) {
    if (this.rawHeld === on) return;
    this.rawHeld = on;
    this.repaint();
  }

  click(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const { mode, toggle, act } = button.dataset;
    if (mode) this.setMode(mode);
    else if (toggle) this.toggle(toggle);
    else if (act) this.act(act);
  }

  act(name) {
    const panel = this.panels[this.aligning?.side ?? 0];
    const middle = { x: panel.width / 2, y: panel.height / 2 };
    const acts = {
      in: () => this.zoomAt(panel, middle, 1.4),
      out: () => this.zoomAt(panel, middle, 1 / 1.4),
      fit: () => this.fit(),
      full: () => this.fullScreen(),
      blink: () => (this.blinking ? this.stopBlinking() : this.startBlinking()),
      align: () => this.startAligning(),
      cancel: () => this.stopAligning(),
      unspot: () => this.takeSpotBack(),
      lay: () => this.lay(),
      next: () => this.stepLesion(1),
      previous: () => this.stepLesion(-1),
      close: () => this.choose(null),
    };
    acts[name]();
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.section.requestFullscreen?.().catch(() => this.say("This browser allows no full screen here."));
  }

  keyDown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inField = event.target.closest("input, select");
    const onButton = event.target.closest("button");
    if (inField && event.key !== "Escape") return event.stopPropagation();
    if (onButton && [" ", "Enter"].includes(event.key)) return event.stopPropagation();
    if (this.command(event)) {
      event.preventDefault();
      // The page around listens to plain letters too.
      event.stopPropagation();
    }
    return undefined;
  }

  command(event) {
    const panel = this.panels[this.aligning?.side ?? 0];
    if (!panel) return false;
    const step = Math.min(panel.width, panel.height) / 8;
    const middle = { x: panel.width / 2, y: panel.height / 2 };
    const commands = {
      "+": () => this.act("in"),
      "=": () => this.act("in"),
      "-": () => this.act("out"),
      "0": () => this.fit(),
      "[": () => this.stepRight(-1),
      "]": () => this.stepRight(1),
      ",": () => this.setWipe((this.mode === "fade" ? this.fade : this.wipe) - 0.05),
      ".": () => this.setWipe((this.mode === "fade" ? this.fade : this.wipe) + 0.05),
      "<": () => this.setRate(this.rate - 0.5),
      ">": () => this.setRate(this.rate + 0.5),
      arrowleft: () => this.pan(panel, step, 0),
      arrowright: () => this.pan(panel, -step, 0),
      arrowup: () => this.pan(panel, 0, step),
      arrowdown: () => this.pan(panel, 0, -step),
      u: () => this.toggle("linked"),
      w: () => this.toggle("light"),
      o: () => this.toggle("outlines"),
      a: () => this.toggle("taken"),
      f: () => this.fullScreen(),
      m: () => (this.aligning ? this.stopAligning() : this.startAligning()),
      n: () => this.stepLesion(event.shiftKey ? -1 : 1),
      r: () => this.holdRaw(true),
    };
    MODES.forEach((mode, i) => (commands[`${i + 1}`] = () => this.setMode(mode)));
    if (this.mode === "blink" && !this.aligning) commands[" "] = () => this.act("blink");
    if (this.aligning) {
      commands.enter = () => this.setSpot(panel, middle);
      commands.backspace = () => this.takeSpotBack();
      commands.escape = () => this.stopAligning();
      commands.x = () => {
        this.aligning.side = 1 - this.aligning.side;
        this.instruct();
      };
    } else if (this.chosen !== null) {
      commands.escape = () => this.choose(null);
    }
    const command = commands[event.key.toLowerCase()];
    if (!command) return false;
    command();
    return true;
  }

  /** Streamlit can clean up a run that was overtaken while the comparator stays on the page. */
  leave() {
    window.setTimeout(() => {
      if (this.section.isConnected) return;
      window.removeEventListener("lesionscope-detail", this.onDetail);
      window.removeEventListener("lesionscope-detail-ready", this.onReady);
      window.clearInterval(this.blinking);
      window.clearTimeout(this.detailTimer);
      this.watch.disconnect();
    }, 200);
  }
}

const extent = ({ width, height }) => {
  const side = Math.max(width, height);
  return { w: width / side, h: height / side };
};

const holds = (outer, inner) =>
  outer[0] <= inner[0] + 1e-9 && outer[1] <= inner[1] + 1e-9 && outer[2] >= inner[2] - 1e-9 && outer[3] >= inner[3] - 1e-9;

/** The longest of 1, 2, 5, 10 ... that is no longer than asked for. */
export function niceLength(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((digit) => digit * power).find((length) => length <= most) ?? power;
}

const comparators = new WeakMap();

/** Streamlit calls this on every change of data or theme; the comparator is made once a mount. */
export default function mount({ data, parentElement, setStateValue }) {
  const section = parentElement.querySelector(".comparator");
  if (!section || !data) return undefined;
  let comparator = comparators.get(section);
  if (!comparator) {
    comparator = new Comparator(section);
    comparators.set(section, comparator);
    // For tests and for the developer's console: the live comparator, from its element.
    section.comparator = comparator;
  }
  comparator.receive(data, setStateValue);
  return () => comparator.leave();
}
