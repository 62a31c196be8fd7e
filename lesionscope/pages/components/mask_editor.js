// The mask editor in the browser. The mask is one byte a pixel of the photo; everything that is
// drawn goes through exact integer arithmetic without anti-aliasing, so that the same strokes give
// the same pixels in any browser and in Python. Nothing here talks to a network.
//
// Coordinates: "image" is in pixels of the photo, "view" in CSS pixels of the stage, "canvas" in
// device pixels. A pixel (x, y) covers image coordinates [x, x + 1) by [y, y + 1).

// ------------------------------------------------------------------------------ run lengths

/** Code a mask (Uint8Array of 0 and 1) as LEB128 run lengths, background first. */
export function encodeRuns(cells) {
  let code = new Uint8Array(4096);
  let used = 0;
  let value = 0;
  for (let at = 0; at < cells.length; value ^= 1) {
    let turn = cells.indexOf(value ^ 1, at);
    if (turn < 0) turn = cells.length;
    if (used + 5 > code.length) code = enlarged(code);
    let length = turn - at;
    for (; length > 0x7f; length = Math.floor(length / 128)) code[used++] = (length & 0x7f) | 0x80;
    code[used++] = length;
    at = turn;
  }
  return code.slice(0, used);
}

/** Read run lengths back into `count` cells; throws where they do not fill them exactly. */
export function decodeRuns(code, count) {
  const cells = new Uint8Array(count);
  let at = 0;
  let value = 0;
  for (let i = 0; i < code.length; value ^= 1) {
    let length = 0;
    let weight = 1;
    do {
      length += (code[i] & 0x7f) * weight;
      weight *= 128;
    } while (code[i++] & 0x80);
    if (value) cells.fill(1, at, at + length);
    at += length;
  }
  if (at !== count) throw new Error(`run lengths add up to ${at}, not ${count} pixels`);
  return cells;
}

function enlarged(array) {
  const larger = new array.constructor(array.length * 2);
  larger.set(array);
  return larger;
}

function sameBytes(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function base64(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) {
    text += String.fromCharCode.apply(null, bytes.subarray(i, i + 0x8000));
  }
  return btoa(text);
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}

function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(36)).join("-");
}

const samePixel = (a, b) => (a && b ? a[0] === b[0] && a[1] === b[1] : !a && !b);

// ------------------------------------------------------------------------------ the mask

/** Runs of pixels that one step turned over: enough to undo it and to do it again. */
class Flips {
  constructor() {
    this.pairs = new Int32Array(256);
    this.used = 0;
  }

  add(start, length) {
    if (this.used + 2 > this.pairs.length) this.pairs = enlarged(this.pairs);
    this.pairs[this.used++] = start;
    this.pairs[this.used++] = length;
  }

  trimmed() {
    this.pairs = this.pairs.slice(0, this.used);
    return this;
  }
}

/** The mask being edited, the one last saved, and the counts that both give. */
export class LesionMask {
  constructor(width, height, cells) {
    this.width = width;
    this.height = height;
    this.cells = cells;
    this.saved = cells.slice();
    this.inside = 0;
    for (let i = 0; i < cells.length; i++) this.inside += cells[i];
    this.changed = 0;
  }

  /** Set pixels from `left` to `right` (both included) of row `y`, noting what turned over. */
  setSpan(y, left, right, value, flips) {
    if (y < 0 || y >= this.height || right < 0 || left >= this.width) return;
    const { cells } = this;
    const end = y * this.width + Math.min(right, this.width - 1) + 1;
    let at = y * this.width + Math.max(left, 0);
    while (at < end) {
      if (cells[at] === value) {
        at++;
        continue;
      }
      const start = at;
      while (at < end && cells[at] !== value) at++;
      this.flipRun(start, at - start);
      flips.add(start, at - start);
    }
  }

  flipRun(start, length) {
    const { cells, saved } = this;
    let gained = 0;
    let strayed = 0;
    for (let i = start; i < start + length; i++) {
      cells[i] ^= 1;
      gained += cells[i];
      strayed += cells[i] ^ saved[i];
    }
    this.inside += 2 * gained - length;
    this.changed += 2 * strayed - length;
  }

  /** Turn over what a step turned over; returns the touched rectangle in image pixels. */
  flip(flips) {
    const box = emptyBox();
    for (let i = 0; i < flips.used; i += 2) {
      const start = flips.pairs[i];
      const last = start + flips.pairs[i + 1] - 1;
      this.flipRun(start, flips.pairs[i + 1]);
      const top = Math.floor(start / this.width);
      const bottom = Math.floor(last / this.width);
      const whole = bottom > top;
      grow(box, whole ? 0 : start % this.width, top);
      grow(box, whole ? this.width - 1 : last % this.width, bottom);
    }
    return box;
  }

  /** List what must turn over to arrive at `other`. */
  difference(other) {
    const flips = new Flips();
    const { cells } = this;
    for (let i = 0; i < cells.length; i++) {
      if (cells[i] === other[i]) continue;
      const start = i;
      while (i < cells.length && cells[i] !== other[i]) i++;
      flips.add(start, i - start);
    }
    return flips;
  }

  markSaved(cells = this.cells) {
    this.saved.set(cells);
    this.changed = 0;
    if (cells === this.cells) return;
    for (let i = 0; i < cells.length; i++) this.changed += this.cells[i] ^ cells[i];
  }

  /**
   * Separate areas (eight neighbours), largest first: pixels, box, the runs of each row, and the
   * pixel `at` in the middle of the widest, which lies inside whatever the shape.
   */
  areas() {
    const runs = this.rowRuns();
    const parent = runs.map((_, i) => i);
    const root = (i) => {
      while (parent[i] !== i) i = parent[i] = parent[parent[i]];
      return i;
    };
    let above = 0;
    runs.forEach((run, i) => {
      const past = ({ y, x1 }) => y < run.y - 1 || (y === run.y - 1 && x1 < run.x0 - 1);
      const touches = ({ y, x0 }) => y < run.y && x0 <= run.x1 + 1;
      while (above < i && past(runs[above])) above++;
      for (let j = above; j < i && touches(runs[j]); j++) parent[root(i)] = root(j);
    });
    const found = new Map();
    runs.forEach((run, i) => {
      const key = root(i);
      if (!found.has(key)) found.set(key, { pixels: 0, runs: [], widest: run, ...emptyBox() });
      const area = found.get(key);
      area.pixels += run.x1 - run.x0 + 1;
      area.runs.push(run);
      if (run.x1 - run.x0 > area.widest.x1 - area.widest.x0) area.widest = run;
      grow(area, run.x0, run.y);
      grow(area, run.x1, run.y);
    });
    for (const area of found.values()) {
      area.at = { x: Math.floor((area.widest.x0 + area.widest.x1) / 2), y: area.widest.y };
    }
    return [...found.values()].sort((a, b) => b.pixels - a.pixels);
  }

  rowRuns() {
    const { cells, width } = this;
    const runs = [];
    for (let at = cells.indexOf(1); at >= 0; ) {
      const y = Math.floor(at / width);
      let end = cells.indexOf(0, at);
      if (end < 0) end = cells.length;
      end = Math.min(end, (y + 1) * width);
      runs.push({ y, x0: at - y * width, x1: end - 1 - y * width });
      at = cells.indexOf(1, end);
    }
    return runs;
  }
}

const emptyBox = () => ({ x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity });

function grow(box, x, y) {
  box.x0 = Math.min(box.x0, x);
  box.y0 = Math.min(box.y0, y);
  box.x1 = Math.max(box.x1, x);
  box.y1 = Math.max(box.y1, y);
}

// ------------------------------------------------------------------------------ the rasteriser

/**
 * Cover every pixel whose centre lies within half a diameter of the line between the centres of
 * two pixels. `a` and `b` are whole pixels and the diameter is a whole number, so the test is
 * exact; the span of a row is estimated first and then moved to where the test turns.
 */
export function coverStroke(a, b, diameter, visit) {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const reach = diameter / 2;
  const square = dx * dx + dy * dy;
  const within = (x, y) => {
    const px = x - a.x;
    const py = y - a.y;
    const along = px * dx + py * dy;
    if (along <= 0) return 4 * (px * px + py * py) <= diameter * diameter;
    if (along >= square) {
      return 4 * ((x - b.x) ** 2 + (y - b.y) ** 2) <= diameter * diameter;
    }
    return 4 * (px * dy - py * dx) ** 2 <= diameter * diameter * square;
  };
  const last = Math.floor(Math.max(a.y, b.y) + reach);
  for (let y = Math.ceil(Math.min(a.y, b.y) - reach); y <= last; y++) {
    let [left, right] = strokeSpan(a, b, reach, y);
    left = Math.floor(left) - 1;
    right = Math.ceil(right) + 1;
    while (left <= right && !within(left, y)) left++;
    while (right >= left && !within(right, y)) right--;
    if (left <= right) visit(y, left, right);
  }
}

/** Where row `y` meets the two end discs and the two long edges of a stroke, to rounding. */
function strokeSpan(a, b, reach, y) {
  let left = Infinity;
  let right = -Infinity;
  const take = (x) => {
    left = Math.min(left, x);
    right = Math.max(right, x);
  };
  for (const end of [a, b]) {
    const half = Math.sqrt(reach * reach - (y - end.y) ** 2);
    if (half >= 0) {
      take(end.x - half);
      take(end.x + half);
    }
  }
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  if (length > 0 && a.y !== b.y) {
    for (const side of [-1, 1]) {
      const nx = (-side * reach * (b.y - a.y)) / length;
      const ny = (side * reach * (b.x - a.x)) / length;
      const share = (y - a.y - ny) / (b.y - a.y);
      if (share >= 0 && share <= 1) take(a.x + nx + share * (b.x - a.x));
    }
  }
  return [left, right];
}

/**
 * Cover every pixel whose centre a closed outline winds around (nonzero rule), so that a loop
 * drawn over itself has no hole. Corners lie on whole image coordinates, between pixel centres.
 */
export function coverArea(corners, visit) {
  const rows = new Map();
  corners.forEach((from, i) => {
    const to = corners[(i + 1) % corners.length];
    const [upper, lower, turn] = from.y < to.y ? [from, to, 1] : [to, from, -1];
    const dx = lower.x - upper.x;
    const dy = lower.y - upper.y;
    for (let y = upper.y; y < lower.y; y++) {
      // First pixel whose centre lies right of the edge on this row; whole numbers only.
      const twice = 2 * upper.x * dy + (2 * (y - upper.y) + 1) * dx;
      const x = Math.floor((twice - dy) / (2 * dy)) + 1;
      if (!rows.has(y)) rows.set(y, []);
      rows.get(y).push({ x, turn });
    }
  });
  for (const [y, crossings] of rows) {
    crossings.sort((p, q) => p.x - q.x);
    let winding = 0;
    crossings.forEach(({ x, turn }, i) => {
      winding += turn;
      if (winding !== 0 && crossings[i + 1].x > x) visit(y, x, crossings[i + 1].x - 1);
    });
  }
}

// ------------------------------------------------------------------------------ skin maps

// Ten equal steps of the colour map "inferno" (Stefan van der Walt and Nathaniel Smith, CC0): it
// grows lighter evenly, so that it reads alike with any colour vision and in grey.
const STEPS = ["#000004", "#1b0c42", "#4b0c6b", "#781c6d", "#a52c60", "#cf4446", "#ed6925", "#fb9a06", "#f7d03c", "#fcffa4"];
const NO_SKIN = [43, 43, 43];
const PLANES = { erythema: 0, melanin: 1 };

/** The 256 colours of a map. */
function mapColours() {
  const steps = STEPS.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return Array.from({ length: 256 }, (_, byte) => {
    const place = (byte / 255) * (steps.length - 1);
    const below = Math.min(Math.floor(place), steps.length - 2);
    const share = place - below;
    return steps[below].map((part, i) => Math.round(part + share * (steps[below + 1][i] - part)));
  });
}

/** Blood and pigment over clear skin and the skin's slant, as the server found them, a byte each. */
export class SkinMaps {
  constructor(width, height, pixels, { bounds, stretch }) {
    Object.assign(this, { width, height, pixels, bounds, stretch });
  }

  static async read(png, ranges) {
    const bitmap = await createImageBitmap(new Blob([png]), { colorSpaceConversion: "none" });
    const { width, height } = bitmap;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    return new SkinMaps(width, height, context.getImageData(0, 0, width, height).data, ranges);
  }

  value(byte) {
    const [low, high] = this.bounds;
    return low + (byte / 255) * (high - low);
  }

  /** Value at a pixel of a photo of this size, in natural log units; null off the skin. */
  at(layer, pixel, photo) {
    if (pixel.x < 0 || pixel.y < 0 || pixel.x >= photo.width || pixel.y >= photo.height) return null;
    const place = this.place(pixel, photo);
    return this.pixels[place + 2] ? this.value(this.pixels[place + PLANES[layer]]) : null;
  }

  /**
   * An area of the mask: the median of its erythema, which the server calls delta erythema of a
   * lesion, and the pixels it would fill if its skin all faced the camera.
   */
  measured(area, photo) {
    const counts = new Uint32Array(256);
    let sampled = 0;
    let slanted = 0;
    const take = (place) => {
      counts[this.pixels[place]]++;
      sampled++;
      slanted += this.stretchOf(this.pixels[place + 2]);
    };
    this.visit(area, photo, take);
    if (!sampled) take(this.place(area.at, photo));
    let byte = 0;
    for (let seen = counts[0]; 2 * seen < sampled; ) seen += counts[++byte];
    return { erythema: this.value(byte), flat: (area.pixels * slanted) / sampled };
  }

  stretchOf(byte) {
    const [low, high] = this.stretch;
    return byte ? low + ((byte - 1) / 254) * (high - low) : 1;
  }

  /** Visit the pixels of the map whose middle an area of the photo covers. */
  visit(area, photo, take) {
    const across = this.width / photo.width;
    const down = this.height / photo.height;
    for (const { y, x0, x1 } of area.runs) {
      const row = Math.floor((y + 0.5) * down);
      // Of the rows of the photo in one row of the map, that through its middle stands for it.
      if (Math.floor((row + 0.5) / down) !== y) continue;
      const last = Math.min(Math.ceil((x1 + 1) * across - 0.5), this.width);
      for (let x = Math.max(Math.ceil(x0 * across - 0.5), 0); x < last; x++) take(4 * (row * this.width + x));
    }
  }

  /** Where the map keeps a pixel of the photo. */
  place({ x, y }, photo) {
    const column = Math.min(Math.floor(((x + 0.5) * this.width) / photo.width), this.width - 1);
    const row = Math.min(Math.floor(((y + 0.5) * this.height) / photo.height), this.height - 1);
    return 4 * (row * this.width + column);
  }

  /** The map in colour, for the eye. */
  picture(layer) {
    const colours = mapColours();
    const image = new ImageData(this.width, this.height);
    for (let at = 0; at < image.data.length; at += 4) {
      const colour = this.pixels[at + 2] ? colours[this.pixels[at + PLANES[layer]]] : NO_SKIN;
      image.data.set(colour, at);
      image.data[at + 3] = 255;
    }
    return createImageBitmap(image);
  }
}

// ------------------------------------------------------------------------------ history

const UNDO_STEPS = 50;

/** The last steps, where the saved one lies among them, and how many strokes lie between. */
class History {
  constructor() {
    this.steps = [];
    this.cursor = 0;
    this.markSaved();
  }

  markSaved() {
    this.savedAt = this.cursor;
    this.lost = 0;
  }

  push(step) {
    if (this.savedAt > this.cursor) {
      this.lost += this.strokes(this.cursor, this.savedAt);
      this.savedAt = this.cursor;
    }
    this.steps.splice(this.cursor, Infinity, step);
    this.cursor++;
    if (this.steps.length > UNDO_STEPS) this.forgetOldest();
  }

  forgetOldest() {
    const oldest = this.steps.shift();
    this.cursor--;
    if (this.savedAt === 0) this.lost += oldest.strokes;
    else this.savedAt--;
  }

  back() {
    return this.cursor > 0 ? this.steps[--this.cursor] : null;
  }

  forth() {
    return this.cursor < this.steps.length ? this.steps[this.cursor++] : null;
  }

  strokes(from, to) {
    return this.steps.slice(from, to).reduce((sum, step) => sum + step.strokes, 0);
  }

  get unsaved() {
    const [from, to] = [this.cursor, this.savedAt].sort((a, b) => a - b);
    return this.lost + this.strokes(from, to);
  }
}

// ------------------------------------------------------------------------------ the view

const CLOSEST = 48;
const KEPT_IN_VIEW = 48;

/** Where the photo lies on the stage: view = offset + scale * image. */
class View {
  constructor(width, height) {
    Object.assign(this, { width, height, scale: 1, x: 0, y: 0, stageWidth: 1, stageHeight: 1 });
    this.fitted = true;
  }

  resize(width, height) {
    const centre = this.toImage(this.stageWidth / 2, this.stageHeight / 2);
    Object.assign(this, { stageWidth: width, stageHeight: height });
    if (this.fitted) this.fit();
    else this.lookAt(centre, this.scale);
  }

  get fitScale() {
    return Math.min(this.stageWidth / this.width, this.stageHeight / this.height);
  }

  fit() {
    this.lookAt({ x: this.width / 2, y: this.height / 2 }, this.fitScale);
    this.fitted = true;
  }

  /** Bring an image point to the middle of the stage. */
  lookAt(point, scale) {
    this.scale = Math.min(Math.max(scale, this.fitScale / 2), CLOSEST);
    this.x = this.stageWidth / 2 - point.x * this.scale;
    this.y = this.stageHeight / 2 - point.y * this.scale;
    this.settle();
  }

  /** Zoom by a factor while the image point at (x, y) of the stage stays there. */
  zoomAt(x, y, factor) {
    const point = this.toImage(x, y);
    this.scale = Math.min(Math.max(this.scale * factor, this.fitScale / 2), CLOSEST);
    this.pin(point, x, y);
  }

  pin(point, x, y) {
    this.x = x - point.x * this.scale;
    this.y = y - point.y * this.scale;
    this.settle();
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.settle();
  }

  settle() {
    this.fitted = false;
    const bound = (offset, image, stage) =>
      Math.min(Math.max(offset, KEPT_IN_VIEW - image * this.scale), stage - KEPT_IN_VIEW);
    this.x = bound(this.x, this.width, this.stageWidth);
    this.y = bound(this.y, this.height, this.stageHeight);
  }

  toImage(x, y) {
    return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale };
  }

  toView(point) {
    return { x: this.x + point.x * this.scale, y: this.y + point.y * this.scale };
  }
}

// ------------------------------------------------------------------------------ the painter

const LINE = [0, 229, 255];
const LINE_WIDTH = 1.5;
const SMALLEST_LEVEL = 700;

/**
 * Paints the three canvases: photo, overlay, cursor. The overlay is made in device pixels of the
 * stage, so its cost does not grow with the photo; a stroke repaints only its own rectangle.
 */
class Painter {
  constructor(stage, view) {
    this.stage = stage;
    this.view = view;
    this.photo = stage.querySelector(".photo").getContext("2d", { alpha: false });
    this.overlay = stage.querySelector(".overlay").getContext("2d");
    this.cursor = stage.querySelector(".cursor").getContext("2d");
    this.sheets = new Map();
    this.layer = "photo";
    this.mask = null;
    this.fill = 0.3;
    this.outlineOnly = false;
    this.drawCursor = () => {};
    this.afterFrame = () => {};
    this.repainted = 0;
    this.stale = { view: true, box: emptyBox() };
    this.frame = 0;
  }

  /** Fit the canvases to the stage; false where nothing changed. */
  resize() {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.stage;
    const width = Math.round(clientWidth * ratio);
    const height = Math.round(clientHeight * ratio);
    if (!width || !height) return false;
    if (width === this.overlay.canvas.width && height === this.overlay.canvas.height) return false;
    this.ratio = ratio;
    for (const { canvas } of [this.photo, this.overlay, this.cursor]) {
      canvas.width = width;
      canvas.height = height;
    }
    this.image = this.overlay.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.rim = Math.max(1, Math.round(LINE_WIDTH * ratio));
    this.view.resize(clientWidth, clientHeight);
    return true;
  }

  /** Keep halved copies of a layer: a far view need not read twelve million pixels a frame. */
  async load(layer, bitmap) {
    const levels = [bitmap];
    let { width, height } = bitmap;
    while (Math.max(width, height) > 2 * SMALLEST_LEVEL) {
      width = Math.ceil(width / 2);
      height = Math.ceil(height / 2);
      const options = { resizeWidth: width, resizeHeight: height, resizeQuality: "high" };
      levels.push(await createImageBitmap(levels.at(-1), options));
    }
    this.sheets.get(layer)?.forEach((level) => level.close());
    this.sheets.set(layer, levels);
  }

  unload() {
    for (const levels of this.sheets.values()) levels.forEach((level) => level.close());
    this.sheets.clear();
  }

  /** The layer chosen, or the photo until that has come. */
  get levels() {
    return this.sheets.get(this.layer) ?? this.sheets.get("photo") ?? [];
  }

  viewChanged() {
    this.stale.view = true;
    this.request();
  }

  maskChanged(box) {
    if (box.x0 > box.x1) return;
    grow(this.stale.box, box.x0, box.y0);
    grow(this.stale.box, box.x1, box.y1);
    this.request();
  }

  request() {
    this.frame ||= requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.frame = 0;
    if (!this.mask || !this.image) return;
    if (this.stale.view) {
      this.paintPhoto();
      this.paintOverlay(0, 0, this.image.width, this.image.height);
    } else if (this.stale.box.x0 <= this.stale.box.x1) {
      this.paintOverlay(...this.canvasBox(this.stale.box));
    }
    this.stale = { view: false, box: emptyBox() };
    const { canvas } = this.cursor;
    this.cursor.setTransform(1, 0, 0, 1, 0, 0);
    this.cursor.clearRect(0, 0, canvas.width, canvas.height);
    this.cursor.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.drawCursor(this.cursor);
    this.afterFrame();
  }

  paintPhoto() {
    const { photo, view, ratio } = this;
    photo.setTransform(1, 0, 0, 1, 0, 0);
    photo.fillStyle = "#2b2b2b";
    photo.fillRect(0, 0, photo.canvas.width, photo.canvas.height);
    const zoom = view.scale * ratio;
    const { levels } = this;
    if (!levels.length) return;
    const enlarged = (zoom * view.width) / levels[0].width;
    const level = Math.min(Math.max(Math.floor(Math.log2(1 / enlarged)), 0), levels.length - 1);
    photo.imageSmoothingEnabled = zoom < 3;
    photo.imageSmoothingQuality = "low";
    photo.setTransform(zoom, 0, 0, zoom, view.x * ratio, view.y * ratio);
    photo.drawImage(levels[level], 0, 0, view.width, view.height);
  }

  /** The rectangle of the canvas that an image rectangle and its rim cover, clipped. */
  canvasBox(box) {
    const { view, ratio, rim } = this;
    const { width, height } = this.image;
    const low = (offset, at, size) =>
      Math.min(Math.max(Math.floor((offset + at * view.scale) * ratio) - rim, 0), size);
    const high = (offset, at, size) =>
      Math.min(Math.max(Math.ceil((offset + (at + 1) * view.scale) * ratio) + rim, 0), size);
    const left = low(view.x, box.x0, width);
    const top = low(view.y, box.y0, height);
    return [left, top, high(view.x, box.x1, width) - left, high(view.y, box.y1, height) - top];
  }

  /**
   * Paint a rectangle of the overlay, row by row: a dark rim around what is inside, the bright
   * line over all of it, and the fill over what stays when the line's width is taken off.
   */
  paintOverlay(left, top, width, height) {
    if (width <= 0 || height <= 0) return;
    const { rim } = this;
    const { dark, line, fill } = this.colours();
    const rows = this.spans(left - rim, top - rim, width + 2 * rim, height + 2 * rim);
    for (let y = 0; y < height; y++) {
      const [above, own, below] = [rows[y], rows[y + rim], rows[y + 2 * rim]];
      const start = (top + y) * this.image.width;
      const dye = (from, to, colour) =>
        this.pixels.fill(colour, start + Math.max(from, left), start + Math.min(Math.max(to, left), left + width));
      dye(left, left + width, 0);
      for (let i = 0; i < above.length; i += 2) dye(above[i], above[i + 1], dark);
      for (let i = 0; i < below.length; i += 2) dye(below[i], below[i + 1], dark);
      for (let i = 0; i < own.length; i += 2) dye(own[i] - rim, own[i + 1] + rim, dark);
      for (let i = 0; i < own.length; i += 2) dye(own[i], own[i + 1], line);
      shared(own, above, below, rim, (from, to) => dye(from, to, fill));
    }
    this.overlay.putImageData(this.image, 0, 0, left, top, width, height);
    this.repainted += width * height;
  }

  /** For each canvas row of a rectangle, where it lies inside the mask: [from, to, from, to, ...]. */
  spans(left, top, width, height) {
    const { view, ratio, mask } = this;
    const canvasX = (column) => Math.ceil((view.x + column * view.scale) * ratio - 0.5);
    const column = (x) => Math.floor(((x + 0.5) / ratio - view.x) / view.scale);
    const first = Math.min(Math.max(column(left), 0), mask.width);
    const last = Math.min(Math.max(column(left + width - 1) + 1, first), mask.width);
    const rows = [];
    let shown = -1;
    for (let y = 0; y < height; y++) {
      const row = Math.floor(((top + y + 0.5) / ratio - view.y) / view.scale);
      if (row === shown && y) {
        rows.push(rows[y - 1]);
        continue;
      }
      shown = row;
      const found = [];
      rows.push(found);
      if (row < 0 || row >= mask.height) continue;
      const cells = mask.cells.subarray(row * mask.width + first, row * mask.width + last);
      for (let from = cells.indexOf(1); from >= 0; ) {
        let to = cells.indexOf(0, from);
        if (to < 0) to = cells.length;
        const [x0, x1] = [canvasX(first + from), canvasX(first + to)];
        if (x1 > x0) found.push(Math.max(x0, left), Math.min(x1, left + width));
        from = to < cells.length ? cells.indexOf(1, to) : -1;
      }
    }
    return rows;
  }

  colours() {
    const rgba = (r, g, b, a) => ((Math.round(a * 255) << 24) | (b << 16) | (g << 8) | r) >>> 0;
    // A dark rim outside the bright line keeps it in sight on pale, red and dark skin alike.
    return {
      dark: rgba(0, 0, 0, 0.65),
      line: rgba(...LINE, 1),
      fill: this.outlineOnly ? 0 : rgba(...LINE, this.fill),
    };
  }
}

/** Visit where `own`, narrowed by `rim` at both ends, lies inside `above` and `below` as well. */
function shared(own, above, below, rim, visit) {
  let a = 0;
  let b = 0;
  for (let i = 0; i < own.length; i += 2) {
    const end = own[i + 1] - rim;
    for (let from = own[i] + rim; from < end; ) {
      while (a < above.length && above[a + 1] <= from) a += 2;
      while (b < below.length && below[b + 1] <= from) b += 2;
      if (a >= above.length || b >= below.length) return;
      const start = Math.max(from, above[a], below[b]);
      const stop = Math.min(end, above[a + 1], below[b + 1]);
      if (start < stop) visit(start, stop);
      from = Math.max(start, stop);
    }
  }
}

// ------------------------------------------------------------------------------ drafts

const DRAFT_DAYS = 30;

/** Unsaved masks in this browser's IndexedDB, by editor key and photo hash. */
class Drafts {
  constructor() {
    this.opened = new Promise((resolve) => {
      try {
        const opening = indexedDB.open("lesionscope-mask-editor", 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore("drafts", { keyPath: "id" });
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => resolve(null);
      } catch {
        resolve(null);
      }
    });
  }

  /** Run one request; null where this browser keeps no databases. */
  async act(mode, request) {
    const database = await this.opened;
    if (!database) return null;
    return new Promise((resolve) => {
      const asked = request(database.transaction("drafts", mode).objectStore("drafts"));
      asked.onsuccess = () => resolve(asked.result ?? true);
      asked.onerror = () => resolve(null);
    });
  }

  async find(id) {
    await this.forgetOld();
    const draft = await this.act("readonly", (drafts) => drafts.get(id));
    return draft && draft !== true ? draft : null;
  }

  put(draft) {
    return this.act("readwrite", (drafts) => drafts.put(draft));
  }

  drop(id) {
    return this.act("readwrite", (drafts) => drafts.delete(id));
  }

  async forgetOld() {
    const oldest = Date.now() - DRAFT_DAYS * 86400000;
    const all = await this.act("readonly", (drafts) => drafts.getAll());
    for (const draft of Array.isArray(all) ? all : []) if (draft.at < oldest) await this.drop(draft.id);
  }
}

const drafts = new Drafts();

// ------------------------------------------------------------------------------ words

const AREA_DIGITS = 3;

/** Write a quantity with three significant digits and no exponent. */
export function written(value) {
  if (value === 0) return "0";
  const decimals = Math.max(0, AREA_DIGITS - 1 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en", {
    minimumFractionDigits: Math.min(decimals, 4),
    maximumFractionDigits: Math.min(decimals, 4),
  });
}

/** Write a number with its sign and so many decimals; a minus as typesetters have it. */
function signed(value, decimals) {
  const text = Math.abs(value).toFixed(decimals);
  if (Number(text) === 0) return text;
  return `${value < 0 ? "−" : "+"}${text}`;
}

/** Say how long ago: no date on the screen, so that nothing tells a blinded reader one. */
function ago(then) {
  const minutes = Math.round((Date.now() - then) / 60000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${counted(minutes, "minute")} ago`;
  if (minutes < 2880) return `${counted(Math.round(minutes / 60), "hour")} ago`;
  return `${counted(Math.round(minutes / 1440), "day")} ago`;
}

const counted = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

/** Choose black or white words for a background, whichever contrasts more (WCAG 2.2). */
function wordsOn(colour) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  const linear = [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)].map((byte) => {
    const share = byte / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 ? "#fff" : "#000";
}

// ------------------------------------------------------------------------------ the editor

const PREFERENCES = "lesionscope.mask-editor";
const UNCONFIRMED_AFTER_MS = 20000;
const DRAFT_AFTER_MS = 150;
const NEAR_PX = 12;
const DOUBLE_CLICK_MS = 400;
const UNANSWERED_AFTER_MS = 60000;
// Each tool's key is its first letter.
const TOOLS = ["grow", "drop", "clear", "brush", "eraser", "lasso", "polygon", "ruler", "move"];
const STEP_NAMES = {
  brush: "brush stroke",
  eraser: "eraser stroke",
  lasso: "lasso",
  polygon: "polygon",
  add: "region added",
  remove: "region removed",
  clear: "clear skin chosen",
};
// What the server is asked for by a click of a tool, and by one with Shift.
const CLICKS = { grow: ["add", "remove"], drop: ["remove", "add"], clear: ["clear", "clear"] };
const HINTS = {
  grow: "Click a lesion to add it",
  drop: "Click what is no lesion",
  clear: "Click clear skin",
  ruler: "Click the ruler hand",
};
const LAYERS = ["photo", "erythema", "melanin", "corrected"];
const LAYER_NAMES = { photo: "Photo", erythema: "Erythema map", melanin: "Melanin map", corrected: "Corrected colour" };
const LAYERS_LATE_AFTER_MS = 30000;
const MOST_LISTED = 200;
const MOST_NUMBERED = 60;
const WAITING = { add: "Growing…", remove: "Removing…", clear: "Comparing with this skin…" };

/** One mounted editor: what the hand does, what the panel says, what goes to Python. */
class Editor {
  constructor(section) {
    this.section = section;
    this.stage = section.querySelector(".stage");
    this.listening = new AbortController();
    this.pointers = new Map();
    this.tool = "brush";
    this.removing = false;
    this.brushShare = 0.025;
    this.photo = null;
    this.clearSkin = null;
    this.asked = null;
    this.choosing = null;
    this.wanted = null;
    this.listen();
  }

  find(selector) {
    return this.section.querySelector(selector);
  }

  // ---- data from the page

  /** Take what the page passed on this run; strokes are never touched by an unchanged mask. */
  receive({ header, mask, photo }, send) {
    this.send = send;
    const accent = getComputedStyle(this.section).getPropertyValue("--accent");
    this.section.style.setProperty("--on-primary", wordsOn(accent));
    const same = this.photo === header.photo && this.key === header.key;
    this.header = header;
    this.newest = mask.slice();
    if (!same) this.begin(header, this.newest, photo);
    else if (this.ready) this.follow();
  }

  /** Saved means read back: the page passes the very mask that was sent to it. */
  follow() {
    const { pending, newest, header } = this;
    if (pending && !this.overdue && header.received !== pending.id) return;
    if (pending && sameBytes(newest, pending.runs) && samePixel(header.clear_skin, pending.clear)) this.confirm();
    else if (!sameBytes(newest, this.passed)) this.passAgain(newest);
    if (this.choosing && header.ruler_hand === this.choosing - 1) {
      this.notice(`Hand ${this.choosing} is the ruler.`);
      this.choosing = null;
      this.painter.request();
    }
    if (!samePixel(header.clear_skin, this.savedClear) && !this.pending) {
      this.clearSkin = this.savedClear = header.clear_skin;
      this.painter.request();
    }
    if (this.layer !== "photo" || this.listed) this.wantLayers();
    this.describe();
  }

  confirm() {
    clearTimeout(this.confirmation);
    Object.assign(this, { passed: this.newest, pending: null, overdue: false, confirmed: true });
    this.savedClear = this.header.clear_skin;
    this.say("Saved.");
    this.settle();
  }

  async begin(header, mask, photo) {
    this.keepDraft();
    Object.assign(this, { photo: header.photo, key: header.key, ready: false, passed: mask });
    Object.assign(this, { pending: null, overdue: false, confirmed: false, asked: null });
    this.clearSkin = this.savedClear = header.clear_skin;
    const { width, height } = header;
    this.mask = new LesionMask(width, height, decodeRuns(mask, width * height));
    this.history = new History();
    this.view = new View(width, height);
    this.painter?.unload();
    this.painter = new Painter(this.stage, this.view);
    this.painter.drawCursor = (canvas) => this.drawCursor(canvas);
    this.painter.afterFrame = () => this.measure();
    Object.assign(this, { gesture: null, path: null, caret: null, hover: null, areas: [], areaShown: -1 });
    Object.assign(this, { layer: "photo", maps: null, mapsOf: null });
    this.forgetWanted();
    this.recallPreferences();
    this.notice(null);
    this.busy("Loading the photo…");
    try {
      await this.open(header, photo);
    } catch (error) {
      this.busy(`The photo could not be shown: ${error.message}`);
    }
  }

  async open(header, photo) {
    const [bitmap, draft] = await Promise.all([
      createImageBitmap(new Blob([photo])),
      drafts.find(this.draftId),
    ]);
    if (bitmap.width !== header.width || bitmap.height !== header.height) {
      throw new Error(`it is ${bitmap.width} x ${bitmap.height}, its mask ${header.width} x ${header.height}`);
    }
    const painter = this.painter;
    await painter.load("photo", bitmap);
    if (this.painter !== painter || this.left) return painter.unload();
    painter.mask = this.mask;
    painter.resize();
    this.ready = true;
    this.busy(null);
    this.showLayer();
    this.applyPreferences();
    if (draft) this.offer(draft);
    this.recount();
    this.follow();
    painter.viewChanged();
  }

  /** The page passed another mask: the one just saved, or a new outline to start from. */
  passAgain(mask) {
    this.passed = mask;
    const cells = decodeRuns(mask, this.mask.cells.length);
    if (sameBytes(encodeRuns(this.mask.saved), mask)) {
      this.settle();
      return;
    }
    const strokes = this.mask.changed ? Math.max(1, this.history.unsaved) : 0;
    this.replace(cells, "new outline", Math.max(1, strokes));
    this.mask.markSaved();
    this.history.markSaved();
    const kept = strokes ? ` Your ${counted(strokes, "unsaved stroke")}: Undo brings them back.` : "";
    this.notice(`The page sent another outline.${kept}`, [["Undo", () => this.undo()]]);
    this.settle();
  }

  replace(cells, label, strokes, clear = null) {
    const flips = this.mask.difference(cells);
    if (!flips.used) return;
    this.painter.maskChanged(this.mask.flip(flips));
    this.history.push({ flips: flips.trimmed(), label, strokes, clear });
    if (clear) this.clearSkin = clear[1];
  }

  // ---- drafts

  get draftId() {
    return `${this.key}|${this.photo}`;
  }

  /** Write the draft now. It goes only when the page passes the same mask back. */
  keepDraft() {
    clearTimeout(this.draftDue);
    if (!this.ready || !this.draftWaits) return;
    this.draftWaits = false;
    const runs = encodeRuns(this.mask.cells);
    if (sameBytes(runs, this.passed)) drafts.drop(this.draftId);
    else {
      const strokes = Math.max(1, this.history.unsaved);
      const clear = this.clearSkin;
      drafts.put({ id: this.draftId, at: Date.now(), strokes, base: this.passed, runs, clear });
    }
  }

  offer(draft) {
    if (sameBytes(draft.runs, this.passed)) {
      drafts.drop(this.draftId);
      return;
    }
    const when = ago(draft.at);
    const drop = ["Drop the draft", () => this.discard()];
    if (sameBytes(draft.base, this.passed)) {
      this.restore(draft);
      this.notice(`Draft restored, drawn ${when}.`, [["Keep", () => {}], drop]);
      return;
    }
    this.notice(`There is a draft drawn ${when}, but the saved outline has changed since.`, [
      ["Restore the draft", () => this.restore(draft)],
      ["Drop the draft", () => drafts.drop(this.draftId)],
    ]);
  }

  restore(draft) {
    const clear = [this.clearSkin, draft.clear ?? this.clearSkin];
    this.replace(decodeRuns(draft.runs, this.mask.cells.length), "restored draft", draft.strokes, clear);
    this.settle();
  }

  // ---- steps

  /** Keep a step; `clear` is the chosen clear skin before and after it, where the step chose it. */
  commit(flips, label, clear = null) {
    if (!flips.used && !clear) return;
    this.history.push({ flips: flips.trimmed(), label, strokes: 1, clear });
    if (clear) this.clearSkin = clear[1];
    if (this.noticePasses) this.notice(null);
    this.settle();
  }

  /** After any change of the mask: tell the numbers, keep the draft, count the areas. */
  settle() {
    this.draftWaits = true;
    clearTimeout(this.draftDue);
    this.draftDue = setTimeout(() => {
      this.keepDraft();
      this.recount();
    }, DRAFT_AFTER_MS);
    this.describe();
  }

  recount() {
    this.areas = this.mask.areas();
    this.areaShown = -1;
    this.describe();
    this.showList();
    this.painter.request();
  }

  undo() {
    if (this.path?.corners) return this.takeCornerBack();
    if (!this.gesture) this.walk(this.history.back(), "Undone", 0);
  }

  redo() {
    if (!this.gesture && !this.path) this.walk(this.history.forth(), "Done again", 1);
  }

  walk(step, word, side) {
    if (!step) return;
    this.painter.maskChanged(this.mask.flip(step.flips));
    if (step.clear) this.clearSkin = step.clear[side];
    this.painter.request();
    this.settle();
    this.say(`${word}: ${step.label}. ${this.find(".state-text").textContent}.`);
  }

  discard() {
    if (!this.changed) return;
    const strokes = Math.max(1, this.history.unsaved);
    this.cancelDrawing();
    this.replace(this.mask.saved, "discarded strokes", strokes, [this.clearSkin, this.savedClear]);
    this.clearSkin = this.savedClear;
    this.history.markSaved();
    this.notice(`${counted(strokes, "stroke")} discarded.`, [["Undo", () => this.undo()]]);
    this.settle();
  }

  save() {
    if (!this.changed && !this.overdue) return;
    this.cancelDrawing();
    const id = newId();
    const runs = encodeRuns(this.mask.cells);
    const clear = this.clearSkin;
    this.mask.markSaved();
    this.history.markSaved();
    this.savedClear = clear;
    Object.assign(this, { pending: { id, runs, clear }, overdue: false, draftWaits: true });
    this.keepDraft();
    this.notice(null);
    this.describe();
    this.say("Saving the outline.");
    this.awaitConfirmation(id);
    this.send("saved", { id, photo: this.photo, runs: base64(runs), clear_skin: clear });
  }

  /** Whether anything differs from what was last saved. */
  get changed() {
    return this.mask.changed > 0 || !samePixel(this.clearSkin, this.savedClear);
  }

  awaitConfirmation(id) {
    clearTimeout(this.confirmation);
    this.confirmation = setTimeout(() => {
      this.overdue = this.pending?.id === id;
      this.describe();
    }, UNCONFIRMED_AFTER_MS);
  }

  // ---- clicks that the server answers

  /** A press of a clicking tool: asked when it is let go, so that two fingers can still zoom. */
  clicking(event) {
    const at = this.pixel(event);
    const kind = CLICKS[this.tool]?.[event.shiftKey ? 1 : 0];
    const end = () => (kind ? this.ask(kind, at) : this.chooseHand(at));
    return { kind: "click", move: () => {}, end, cancel: () => {} };
  }

  ask(kind, at) {
    const { width, height } = this.view;
    if (at.x < 0 || at.y < 0 || at.x >= width || at.y >= height) return;
    if (this.asked) return this.say("The last click is not answered yet.");
    const id = newId();
    const tooLate = setTimeout(() => this.unanswered(id), UNANSWERED_AFTER_MS);
    const question = {
      id,
      click: kind,
      at: [at.x, at.y],
      runs: base64(encodeRuns(this.mask.cells)),
      clear_skin: this.clearSkin,
    };
    this.asked = { id, kind, at, tooLate, question, since: performance.now() };
    this.putQuestion();
    this.showMode();
    this.painter.request();
  }

  putQuestion() {
    const { key, asked } = this;
    if (!asked) return;
    const detail = { key, question: asked.question };
    window.dispatchEvent(new CustomEvent("lesionscope-ask", { detail }));
  }

  unanswered(id) {
    if (this.asked?.id !== id) return;
    this.asked = null;
    this.notice("The server has not answered this click. Click again, or draw with the brush.");
    this.showMode();
    this.painter.request();
  }

  /** Take in what the server found; the parts say what to put in and what to take out. */
  answer({ key, answer }) {
    const { asked } = this;
    if (key !== this.key || !asked || answer.id !== asked.id) return;
    clearTimeout(asked.tooLate);
    this.asked = null;
    this.notice(null);
    const flips = new Flips();
    answer.parts.forEach((part) => this.painter.maskChanged(this.take(part, flips)));
    const chosen = asked.kind === "clear" && !answer.words;
    this.commit(flips, STEP_NAMES[asked.kind], chosen ? [this.clearSkin, [asked.at.x, asked.at.y]] : null);
    if (answer.words) this.notice(answer.words);
    else if (chosen) this.notice("The outline follows from this clear skin.", [["Undo", () => this.undo()]]);
    this.say(answer.words || `${STEP_NAMES[asked.kind]}. ${this.find(".state-text").textContent}.`);
    this.answeredInMs = performance.now() - asked.since;
    this.showMode();
    this.painter.request();
  }

  take({ value, box: [left, top, width, height], runs }, flips) {
    const cells = decodeRuns(fromBase64(runs), width * height);
    for (let y = 0; y < height; y++) {
      const row = cells.subarray(y * width, (y + 1) * width);
      for (let from = row.indexOf(1); from >= 0; ) {
        let to = row.indexOf(0, from);
        if (to < 0) to = width;
        this.mask.setSpan(top + y, left + from, left + to - 1, value, flips);
        from = to < width ? row.indexOf(1, to) : -1;
      }
    }
    return { x0: left, y0: top, x1: left + width - 1, y1: top + height - 1 };
  }

  /** The hand nearest to the click becomes the ruler; the page measures again. */
  chooseHand(at) {
    const { hands } = this.header;
    if (hands.length < 2) return;
    const far = ([x, y]) => Math.hypot(x - at.x, y - at.y);
    const nearest = hands.reduce((best, hand) => (far(hand) < far(best) ? hand : best));
    const number = hands.indexOf(nearest) + 1;
    if (number - 1 === this.header.ruler_hand) return this.notice(`Hand ${number} is the ruler already.`);
    this.choosing = number;
    this.notice(`Measuring with hand ${number} as the ruler…`);
    this.send("hand", { id: newId(), photo: this.photo, at: [at.x, at.y] });
  }

  // ---- layers

  /** Lay another picture in place of the photo; what is not here yet is asked for once. */
  setLayer(layer) {
    if (!this.has(layer)) return;
    this.layer = layer;
    if (layer !== "photo") this.wantLayers();
    this.showLayer();
    this.say(`${LAYER_NAMES[layer]}.`);
  }

  has(layer) {
    const { layers_of: of, corrected } = this.header;
    return layer === "photo" || (of !== null && (layer !== "corrected" || corrected));
  }

  nextLayer() {
    const here = LAYERS.indexOf(this.layer);
    const turn = [...LAYERS.slice(here + 1), ...LAYERS.slice(0, here + 1)];
    this.setLayer(turn.find((layer) => this.has(layer)));
  }

  /** The maps belong to one measurement: a saved outline makes new ones. */
  wantLayers() {
    const { layers_of: of } = this.header;
    if (of === null || this.mapsOf === of || this.wanted?.of === of) return;
    this.forgetWanted();
    const late = setTimeout(() => this.layersLate(), LAYERS_LATE_AFTER_MS);
    this.wanted = { id: newId(), of, late };
    this.askLayers();
  }

  askLayers() {
    if (!this.wanted) return;
    const detail = { key: this.key, id: this.wanted.id };
    window.dispatchEvent(new CustomEvent("lesionscope-layers-ask", { detail }));
  }

  forgetWanted() {
    clearTimeout(this.wanted?.late);
    this.wanted = null;
  }

  layersLate() {
    this.forgetWanted();
    this.setLayer("photo");
    this.notice("The server has not sent this layer. Choose it again.");
  }

  async takeLayers({ key, id, maps, corrected, ...ranges }) {
    const { wanted, painter } = this;
    if (key !== this.key || wanted?.id !== id) return;
    this.forgetWanted();
    const found = await SkinMaps.read(maps, ranges);
    const pictures = await Promise.all([
      ...Object.keys(PLANES).map(async (layer) => [layer, await found.picture(layer)]),
      ...(corrected ? [createImageBitmap(new Blob([corrected])).then((made) => ["corrected", made])] : []),
    ]);
    for (const [layer, bitmap] of pictures) await painter.load(layer, bitmap);
    if (this.painter !== painter || this.left) return painter.unload();
    Object.assign(this, { maps: found, mapsOf: wanted.of });
    this.showLayer();
    this.recount();
  }

  showLayer() {
    const { layer, painter, header } = this;
    const mapped = layer in PLANES;
    painter.layer = layer;
    this.find(".layers").hidden = header.layers_of === null;
    for (const button of this.section.querySelectorAll("[data-layer]")) {
      button.setAttribute("aria-pressed", button.dataset.layer === layer);
      button.disabled = !this.has(button.dataset.layer);
    }
    this.find('[data-layer="corrected"]').title = header.corrected
      ? "In the colours that the chart or the lamp's cast gave  V"
      : "Colours stand as taken: no colour chart in this photo, and no cast seen";
    this.find(".legend").hidden = !mapped || !this.maps;
    this.busy(layer === "photo" || painter.sheets.has(layer) ? null : "Making this layer…");
    if (mapped && this.maps) this.showScale(LAYER_NAMES[layer]);
    painter.viewChanged();
  }

  showScale(name) {
    const [low, high] = this.maps.bounds;
    this.find(".legend-name").textContent = `${name}: over clear skin, natural log units`;
    this.find(".ramp").style.background = `linear-gradient(to right, ${STEPS.join(", ")})`;
    this.find(".ticks").replaceChildren(
      ...[low, 0, (low + high) / 2, 1, high].map((value) => {
        const tick = document.createElement("span");
        tick.textContent = signed(value, 1);
        tick.style.left = `${(100 * (value - low)) / (high - low)}%`;
        return tick;
      }),
    );
  }

  /** The value under the pointer or the drawing point. */
  readOut() {
    if (!(this.layer in PLANES) || !this.maps) return "";
    const at = this.caret ?? (this.hover && this.view.toImage(this.hover.x, this.hover.y));
    const value = at && this.maps.at(this.layer, { x: Math.floor(at.x), y: Math.floor(at.y) }, this.view);
    return at ? (value === null ? "no skin" : signed(value, 2)) : "";
  }

  // ---- the list of lesions

  toggleList() {
    this.listed = !this.listed;
    if (this.listed) this.wantLayers();
    this.showList();
    this.painter.request();
    this.say(this.listed ? `${counted(this.areas.length, "lesion")} listed.` : "List closed.");
  }

  showList() {
    const panel = this.find(".list");
    panel.hidden = !this.listed;
    this.find('[data-act="list"]').setAttribute("aria-expanded", Boolean(this.listed));
    if (!this.listed) return;
    const held = this.section.getRootNode().activeElement?.dataset?.area;
    const rows = this.measuredAreas().map((area, i) => this.listRow(area, i));
    this.find(".list ol").replaceChildren(...rows);
    const beyond = this.areas.length - rows.length;
    this.find(".list .more").textContent = beyond > 0 ? `and ${counted(beyond, "smaller one")}` : "";
    this.find(".list .none").hidden = rows.length > 0;
    if (held !== undefined) (panel.querySelector(`[data-area="${held}"]`) ?? this.stage).focus();
  }

  /**
   * Size and redness of the lesions listed. A lesion on the curve of a limb has more skin than it
   * shows: each has the share of the whole that its slant gives it, so that they add up to it.
   */
  measuredAreas() {
    const { areas, maps, header, view, mask } = this;
    const listed = areas.slice(0, MOST_LISTED);
    if (!maps) {
      const erythema = header.layers_of === null ? "–" : "…";
      return listed.map(({ pixels }) => ({ extent: this.extent(pixels), erythema }));
    }
    const found = areas.map((area) => maps.measured(area, view));
    const each = header.cm2_per_px ? mask.inside / found.reduce((sum, { flat }) => sum + flat, 0) : 0;
    return listed.map(({ pixels }, i) => ({
      extent: this.extent(each ? found[i].flat * each : pixels),
      erythema: signed(found[i].erythema, 2),
    }));
  }

  listRow({ extent, erythema }, i) {
    const row = document.createElement("li");
    const button = document.createElement("button");
    const put = (text) => button.append(Object.assign(document.createElement("span"), { textContent: text }));
    [String(i + 1), extent, erythema].forEach(put);
    Object.assign(button, { type: "button", title: "Go to this lesion" });
    button.dataset.area = i;
    button.setAttribute("aria-label", `Lesion ${i + 1}: ${extent}, delta erythema ${erythema}`);
    if (i === this.areaShown) button.setAttribute("aria-current", "true");
    row.append(button);
    return row;
  }

  // ---- the pointer

  listen() {
    const on = (target, names, act, options = {}) =>
      names.split(" ").forEach((name) =>
        target.addEventListener(name, act, { signal: this.listening.signal, ...options }));
    on(this.stage, "pointerdown", (event) => this.ready && this.press(event));
    on(this.stage, "pointermove", (event) => this.ready && this.drag(event));
    on(this.stage, "pointerup pointercancel", (event) => this.ready && this.lift(event));
    on(this.stage, "pointerleave", () => this.hoverAt(null));
    // Keys work as soon as the pointer is over the photo, unless another field has them.
    on(this.stage, "pointerenter", () => document.activeElement === document.body && this.focusStage());
    on(this.stage, "wheel", (event) => this.ready && this.wheel(event), { passive: false });
    on(this.stage, "contextmenu auxclick dragstart", (event) => event.preventDefault());
    on(this.section, "keydown", (event) => this.keyDown(event));
    on(this.section, "keyup", (event) => this.keyUp(event));
    on(this.section, "click", (event) => this.click(event));
    on(this.section, "input", (event) => this.input(event));
    on(this.section, "focusout", (event) => this.section.contains(event.relatedTarget) || this.letGo());
    on(this.find('[data-act="hide"]'), "pointerdown", () => this.bare(true));
    on(this.find('[data-act="hide"]'), "pointerup pointerleave pointercancel", () => this.bare(false));
    on(window, "lesionscope-listening", (event) => event.detail === this.key && this.putQuestion());
    on(window, "lesionscope-answer", (event) => this.ready && this.answer(event.detail));
    on(window, "lesionscope-layers-ready", (event) => event.detail === this.key && this.askLayers());
    on(window, "lesionscope-layers", (event) => this.ready && this.takeLayers(event.detail));
    on(window, "pagehide", () => this.keepDraft());
    on(window, "blur", () => this.letGo());
    on(document, "visibilitychange", () => document.hidden && this.keepDraft());
    on(this.section, "fullscreenchange", () => this.describe());
    this.resized = new ResizeObserver(() => {
      if (this.ready && this.painter.resize()) this.painter.viewChanged();
    });
    this.resized.observe(this.stage);
  }

  focusStage() {
    this.stage.focus({ preventScroll: true });
  }

  place(event) {
    const box = this.stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  pixel(event) {
    const at = this.place(event);
    const { x, y } = this.view.toImage(at.x, at.y);
    return { x: Math.floor(x), y: Math.floor(y) };
  }

  corner(event) {
    const at = this.place(event);
    const { x, y } = this.view.toImage(at.x, at.y);
    return { x: Math.round(x), y: Math.round(y) };
  }

  press(event) {
    if (event.target.closest("button, .help, .notice, .zoom, .layers, .list")) return;
    this.focusStage();
    this.caret = null;
    if (event.pointerType === "pen") this.penSeen = true;
    this.pointers.set(event.pointerId, this.place(event));
    this.stage.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch" && this.pointers.size === 2) return this.beginPinch();
    if (this.gesture?.pointer === "keys") this.finish(event);
    if (this.gesture) return;
    const finger = event.pointerType === "touch" && this.penSeen;
    if (event.button === 1 || this.spaceHeld || this.tool === "move" || finger) this.beginPan(event);
    else if (event.button === 0 || event.button === 5) this.beginDrawing(event);
  }

  drag(event) {
    if (this.pointers.has(event.pointerId)) this.pointers.set(event.pointerId, this.place(event));
    const hover = event.pointerType === "touch" ? null : this.place(event);
    if (this.gesture?.pointer === event.pointerId || this.gesture?.kind === "pinch") {
      const events = event.getCoalescedEvents?.() ?? [];
      this.gesture.move(event, events.length ? events : [event]);
    }
    if (this.gesture?.pointer !== "keys") this.caret = null;
    this.hoverAt(hover);
  }

  lift(event) {
    this.pointers.delete(event.pointerId);
    const { gesture } = this;
    if (!gesture || (gesture.kind === "pinch" ? this.pointers.size : gesture.pointer !== event.pointerId)) return;
    this.finish(event);
  }

  finish(event) {
    const { gesture } = this;
    this.gesture = null;
    if (event.type === "pointercancel") gesture.cancel();
    else gesture.end();
    this.showMode();
    this.painter.request();
  }

  hoverAt(place) {
    this.hover = place;
    this.painter?.request();
  }

  wheel(event) {
    if (event.target.closest(".help, .list")) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    const pace = event.ctrlKey ? 0.01 : 0.0016;
    const at = this.place(event);
    this.view.zoomAt(at.x, at.y, Math.exp(-event.deltaY * lines * pace));
    this.painter.viewChanged();
  }

  // ---- moving the photo

  beginPan(event) {
    let from = this.place(event);
    this.gesture = {
      kind: "pan",
      pointer: event.pointerId,
      move: (moved) => {
        const to = this.place(moved);
        this.view.pan(to.x - from.x, to.y - from.y);
        from = to;
        this.painter.viewChanged();
      },
      end: () => {},
      cancel: () => {},
    };
    this.showMode();
  }

  /** Two fingers: what the first had begun to draw was not meant, so it is taken back. */
  beginPinch() {
    this.gesture?.cancel();
    const spread = () => {
      const [a, b] = [...this.pointers.values()];
      return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) };
    };
    let last = spread();
    this.gesture = {
      kind: "pinch",
      move: () => {
        if (this.pointers.size < 2) return;
        const now = spread();
        this.view.zoomAt(last.x, last.y, now.apart / last.apart);
        this.view.pan(now.x - last.x, now.y - last.y);
        last = now;
        this.painter.viewChanged();
      },
      end: () => {},
      cancel: () => {},
    };
    this.showMode();
  }

  // ---- drawing

  get clicks() {
    return this.tool in HINTS;
  }

  get paints() {
    return this.tool === "brush" || this.tool === "eraser";
  }

  /** 1 to add, 0 to remove: the tool's own sense, turned by Shift or the pen's eraser end. */
  sense(event) {
    if (event.button === 5 || event.buttons & 32) return 0;
    const removes = this.paints ? this.tool === "eraser" : this.removing;
    return removes === Boolean(event.shiftKey) ? 1 : 0;
  }

  beginDrawing(event) {
    const gestures = {
      lasso: () => this.lasso(event),
      polygon: () => this.pressCorner(event),
      grow: () => this.clicking(event),
      drop: () => this.clicking(event),
      clear: () => this.clicking(event),
      ruler: () => this.clicking(event),
    };
    const begin = gestures[this.tool] ?? (() => this.stroke(this.pixel(event), this.sense(event)));
    this.gesture = { ...begin(), pointer: event.pointerId };
    this.showMode();
    this.painter.request();
  }

  /** A brush or eraser stroke from a pixel; the mask follows each event at once. */
  stroke(start, value) {
    const flips = new Flips();
    const diameter = this.diameter;
    let from = start;
    const reach = (diameter - 1) / 2;
    const go = (to) => {
      coverStroke(from, to, diameter, (y, left, right) => this.mask.setSpan(y, left, right, value, flips));
      const box = emptyBox();
      for (const { x, y } of [from, to]) {
        grow(box, x - reach, y - reach);
        grow(box, x + reach, y + reach);
      }
      this.painter.maskChanged(box);
      from = to;
    };
    go(start);
    return {
      kind: "stroke",
      value,
      go,
      move: (_, events) => events.forEach((event) => go(this.pixel(event))),
      end: () => this.commit(flips, STEP_NAMES[value ? "brush" : "eraser"]),
      cancel: () => this.painter.maskChanged(this.mask.flip(flips)),
    };
  }

  lasso(event) {
    this.path = { points: [this.corner(event)], value: this.sense(event) };
    return {
      kind: "lasso",
      move: (_, events) => events.forEach((each) => this.extend(this.corner(each))),
      end: () => this.fillPath("lasso"),
      cancel: () => this.dropPath(),
    };
  }

  extend(point) {
    const last = this.path.points.at(-1);
    if (point.x !== last.x || point.y !== last.y) this.path.points.push(point);
    this.painter.request();
  }

  fillPath(label) {
    const { points, value } = this.path;
    const flips = new Flips();
    coverArea(points, (y, left, right) => this.mask.setSpan(y, left, right, value, flips));
    const box = emptyBox();
    points.forEach(({ x, y }) => grow(box, x, y));
    this.dropPath();
    this.painter.maskChanged(box);
    this.commit(flips, STEP_NAMES[label]);
  }

  dropPath() {
    if (this.path.corners) this.notice(null);
    this.path = null;
    this.painter.request();
  }

  /** Polygon: set a corner, or close where the first corner or a second click on the last is. */
  pressCorner(event) {
    const before = this.path?.points.length ?? 0;
    const twice = event.timeStamp - (this.cornerAt ?? -Infinity) < DOUBLE_CLICK_MS;
    this.cornerAt = event.timeStamp;
    this.setCorner(this.corner(event), this.sense(event), twice);
    const cancel = () => this.path && this.path.points.length > before && this.takeCornerBack();
    return { kind: "corner", move: () => this.painter.request(), end: () => {}, cancel };
  }

  setCorner(point, value, twice) {
    const points = this.path?.points ?? [];
    const near = (other) => other && Math.hypot(point.x - other.x, point.y - other.y) * this.view.scale <= NEAR_PX;
    if (points.length > 2 && near(points[0])) return this.fillPath("polygon");
    if (twice && near(points.at(-1))) return points.length > 2 ? this.fillPath("polygon") : undefined;
    if (!points.length) this.path = { points, value, corners: true };
    points.push(point);
    this.noticePolygon();
  }

  noticePolygon() {
    const { length } = this.path.points;
    this.notice(`${this.path.value ? "Adding" : "Removing"} a polygon: ${counted(length, "point")}`, [
      ["Close", () => this.closePolygon(), length > 2],
      ["Cancel", () => this.dropPath()],
    ], true);
  }

  takeCornerBack() {
    this.path.points.pop();
    if (!this.path.points.length) return this.dropPath();
    this.noticePolygon();
    this.painter.request();
  }

  closePolygon() {
    if (this.path?.corners && this.path.points.length > 2) this.fillPath("polygon");
  }

  cancelDrawing() {
    const { gesture } = this;
    this.gesture = null;
    gesture?.cancel();
    if (this.path) this.dropPath();
    this.showMode();
  }

  // ---- the brush

  get widest() {
    return Math.max(9, Math.floor(Math.max(this.view.width, this.view.height) / 6));
  }

  /** Width in image pixels, always odd: the brush then has a middle pixel and its exact width. */
  get diameter() {
    const wanted = this.brushShare * Math.max(this.view.width, this.view.height);
    return Math.min(Math.max(2 * Math.floor(wanted / 2) + 1, 1), this.widest);
  }

  setDiameter(diameter) {
    this.brushShare = Math.min(Math.max(diameter, 1), this.widest) / Math.max(this.view.width, this.view.height);
    this.applyPreferences();
    this.painter.request();
  }

  stepDiameter(sense) {
    const step = Math.max(2, 2 * Math.round(this.diameter * 0.08));
    this.setDiameter(this.diameter + sense * step);
    this.say(`Brush ${this.find(".brush-size").textContent}.`);
  }

  // ---- the keyboard

  keyDown(event) {
    // Streamlit listens to plain r and c on the page: an editor's key is never the page's.
    // Tab and an idle Escape still are.
    if (event.key !== "Tab" && (event.key !== "Escape" || this.escapes)) event.stopPropagation();
    if (!this.ready || event.altKey) return;
    const inRange = event.target.matches('input[type="range"]');
    const done = event.ctrlKey || event.metaKey ? this.control(event) : this.plain(event, inRange);
    if (done) event.preventDefault();
  }

  control(event) {
    const key = event.key.toLowerCase();
    if (key === "z" && !event.shiftKey) this.undo();
    else if (key === "y" || key === "z") this.redo();
    else if (key === "s") this.save();
    else if (key.startsWith("arrow") && event.target === this.stage) this.steer(key, 1);
    else return false;
    return true;
  }

  plain(event, inRange) {
    const { key } = event;
    const tool = TOOLS.find((name) => name[0] === key.toLowerCase());
    if (tool && this.offers(tool)) this.choose(tool);
    else if (event.target === this.stage && this.stageKey(event)) return true;
    else if (event.target.dataset.act === "hide" && (key === " " || key === "Enter")) this.bare(true);
    else if (!inRange || !key.startsWith("Arrow")) return this.command(event);
    else return false;
    return true;
  }

  command(event) {
    const acts = {
      "[": () => this.stepDiameter(-1),
      "]": () => this.stepDiameter(1),
      "+": () => this.zoom(1.25),
      "=": () => this.zoom(1.25),
      "-": () => this.zoom(0.8),
      0: () => this.act("fit"),
      1: () => this.zoom(1 / (window.devicePixelRatio || 1) / this.view.scale),
      x: () => this.setRemoving(!this.removing),
      o: () => this.act("outline"),
      h: () => this.bare(true),
      f: () => this.act("screen"),
      n: () => this.act("next"),
      i: () => this.act("list"),
      v: () => this.nextLayer(),
      "?": () => this.act("help"),
      Escape: () => this.escape(),
    };
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || (event.repeat && "ofinvx?".includes(event.key.toLowerCase()))) return false;
    if (event.key === "Escape" && !this.escapes) return false;
    act();
    return true;
  }

  /** Keys of the drawing area itself, where a mouse is not to be had. */
  stageKey(event) {
    const { key } = event;
    if (key === " ") this.spaceHeld = true;
    else if (key.startsWith("Arrow")) this.steer(key.toLowerCase(), event.shiftKey ? 40 : 8);
    else if (key === "Enter") this.enter(event);
    else if (key === "Backspace" && this.path?.corners) this.takeCornerBack();
    else return false;
    this.showMode();
    return true;
  }

  keyUp(event) {
    event.stopPropagation();
    if (event.key === " ") this.spaceHeld = false;
    if (["h", " ", "enter"].includes(event.key.toLowerCase())) this.bare(false);
    this.showMode();
  }

  letGo() {
    this.spaceHeld = false;
    this.bare(false);
    this.showMode();
  }

  get escapes() {
    return this.gesture || this.path || !this.find(".help").hidden;
  }

  escape() {
    if (!this.find(".help").hidden) this.act("help");
    else this.cancelDrawing();
  }

  /** Move the drawing point by view pixels (or one image pixel), and the photo along with it. */
  steer(key, step) {
    const { view } = this;
    const by = step === 1 ? 1 : Math.max(1, Math.round(step / view.scale));
    const [dx, dy] = { arrowleft: [-1, 0], arrowright: [1, 0], arrowup: [0, -1], arrowdown: [0, 1] }[key];
    const from = this.caret ?? this.middle();
    const inside = (at, size) => Math.min(Math.max(at, 0), size - 1);
    this.caret = { x: inside(from.x + dx * by, view.width), y: inside(from.y + dy * by, view.height) };
    this.gesture?.go?.(this.caret);
    if (this.gesture?.kind === "lasso") this.extend(this.caret);
    this.keepInView(view.toView(this.caret));
    this.painter.request();
  }

  /** The pixel in the middle of the stage. */
  middle() {
    const { view } = this;
    const { x, y } = view.toImage(view.stageWidth / 2, view.stageHeight / 2);
    const inside = (at, size) => Math.min(Math.max(Math.floor(at), 0), size - 1);
    return { x: inside(x, view.width), y: inside(y, view.height) };
  }

  keepInView({ x, y }) {
    const { view } = this;
    const miss = (at, size) => (at < 24 ? 24 - at : at > size - 24 ? size - 24 - at : 0);
    const dx = miss(x, view.stageWidth);
    const dy = miss(y, view.stageHeight);
    if (!dx && !dy) return;
    view.pan(dx, dy);
    this.painter.viewChanged();
  }

  enter(event) {
    if (this.path?.corners && !this.caret) return this.closePolygon();
    this.caret ??= this.middle();
    if (this.gesture) this.finish(event);
    else if (this.paints) this.gesture = { pointer: "keys", ...this.stroke(this.caret, this.sense(event)) };
    else if (CLICKS[this.tool]) this.ask(CLICKS[this.tool][event.shiftKey ? 1 : 0], { ...this.caret });
    else if (this.tool === "ruler") this.chooseHand(this.caret);
    else if (this.tool === "lasso") this.beginKeyLasso(event);
    else if (this.tool === "polygon") this.enterCorner(event);
    this.painter.request();
  }

  beginKeyLasso(event) {
    this.path = { points: [{ ...this.caret }], value: this.sense(event) };
    this.gesture = {
      kind: "lasso",
      pointer: "keys",
      move: () => {},
      end: () => this.fillPath("lasso"),
      cancel: () => this.dropPath(),
    };
  }

  enterCorner(event) {
    const last = this.path?.points.at(-1);
    if (last && last.x === this.caret.x && last.y === this.caret.y) this.closePolygon();
    else this.setCorner({ ...this.caret }, this.sense(event), false);
  }

  // ---- the panel

  click(event) {
    const button = event.target.closest("button");
    if (!button || !this.ready) return;
    if (button.dataset.tool) this.choose(button.dataset.tool);
    if (button.dataset.action) this.setRemoving(button.dataset.action === "remove");
    if (button.dataset.layer) this.setLayer(button.dataset.layer);
    if (button.dataset.area) this.showArea(Number(button.dataset.area));
    if (button.dataset.act) this.act(button.dataset.act);
    // After a mouse or finger the keys belong to the drawing area again; a keyboard stays put.
    const { tool, action, act, layer, area } = button.dataset;
    const back = tool || action || layer || area || ["undo", "redo", "fit", "outline", "next", "list"].includes(act);
    if (back && event.detail > 0) this.focusStage();
  }

  act(name) {
    ({
      undo: () => this.undo(),
      redo: () => this.redo(),
      save: () => this.save(),
      discard: () => this.discard(),
      fit: () => {
        this.view.fit();
        this.painter.viewChanged();
      },
      "zoom-in": () => this.zoom(1.25),
      "zoom-out": () => this.zoom(0.8),
      outline: () => this.setPaint({ outlineOnly: !this.painter.outlineOnly }),
      hide: () => {},
      screen: () => this.toggleScreen(),
      help: () => this.toggleHelp(),
      next: () => this.nextArea(),
      list: () => this.toggleList(),
    })[name]?.();
  }

  input(event) {
    if (!this.ready) return;
    if (event.target.matches(".brush")) this.setDiameter(Math.round(this.widest ** (event.target.value / 1000)));
    if (event.target.matches(".fill")) this.setPaint({ fill: event.target.value / 100, outlineOnly: false });
  }

  /** The ruler hand can be chosen only where there is more than one hand. */
  offers(tool) {
    return tool !== "ruler" || this.header.hands.length > 1;
  }

  choose(tool) {
    if (tool !== this.tool) this.cancelDrawing();
    this.tool = tool;
    this.applyPreferences();
    this.showMode();
    this.painter.request();
  }

  setRemoving(removing) {
    this.removing = removing;
    this.applyPreferences();
    this.say(removing ? "Areas are removed." : "Areas are added.");
  }

  setPaint(paint) {
    Object.assign(this.painter, paint);
    this.applyPreferences();
    this.painter.viewChanged();
  }

  /** Zoom about the drawing point, the pointer, or the middle. */
  zoom(factor) {
    const { view } = this;
    const middle = { x: view.stageWidth / 2, y: view.stageHeight / 2 };
    const at = this.caret ? view.toView(this.caret) : this.hover ?? middle;
    view.zoomAt(at.x, at.y, factor);
    this.painter.viewChanged();
  }

  bare(hidden) {
    this.stage.classList.toggle("bare", hidden);
    this.find('[data-act="hide"]').setAttribute("aria-pressed", hidden);
  }

  async toggleScreen() {
    try {
      if (this.fullScreen) await document.exitFullscreen();
      else await this.section.requestFullscreen();
    } catch {
      this.notice("This browser does not allow full screen here.");
    }
  }

  get fullScreen() {
    return this.section.matches(":fullscreen");
  }

  toggleHelp() {
    const help = this.find(".help");
    help.hidden = !help.hidden;
    this.find('.options [data-act="help"]').setAttribute("aria-expanded", !help.hidden);
    (help.hidden ? this.stage : help).focus({ preventScroll: true });
  }

  nextArea() {
    if (this.areas.length) this.showArea((this.areaShown + 1) % this.areas.length);
  }

  /** Bring a lesion of the outline to the middle. */
  showArea(number) {
    const area = this.areas[number];
    if (!area) return;
    this.areaShown = number;
    const { view } = this;
    const across = view.stageWidth / (area.x1 - area.x0 + 1);
    const down = view.stageHeight / (area.y1 - area.y0 + 1);
    const scale = Math.min(Math.max(0.4 * Math.min(across, down), view.fitScale), 8);
    view.lookAt({ x: (area.x0 + area.x1 + 1) / 2, y: (area.y0 + area.y1 + 1) / 2 }, scale);
    // The list covers the left of the stage: the middle is that of the rest.
    const covered = this.listed ? this.find(".list").offsetWidth : 0;
    if (2 * covered < view.stageWidth) view.pan(covered / 2, 0);
    this.painter.viewChanged();
    this.describe();
    this.showList();
    this.say(`Lesion ${number + 1} of ${this.areas.length}, ${this.extent(area.pixels)}.`);
  }

  // ---- preferences

  recallPreferences() {
    try {
      const kept = JSON.parse(localStorage.getItem(PREFERENCES)) ?? {};
      if (TOOLS.includes(kept.tool)) this.tool = kept.tool;
      if (!this.offers(this.tool)) this.tool = "brush";
      if (kept.brushShare > 0 && kept.brushShare < 1) this.brushShare = kept.brushShare;
      if (kept.fill >= 0.05 && kept.fill <= 0.9) this.painter.fill = kept.fill;
      this.painter.outlineOnly = Boolean(kept.outlineOnly);
    } catch {
      // A browser without storage, or a text that another program put there: the defaults serve.
    }
  }

  /** Show the chosen tool, brush and paint, and remember them for the next photo. */
  applyPreferences() {
    const { tool, removing, brushShare, painter } = this;
    const press = (selector, pressed) => this.find(selector).setAttribute("aria-pressed", pressed);
    TOOLS.forEach((name) => press(`[data-tool="${name}"]`, name === tool));
    press('[data-action="add"]', !removing);
    press('[data-action="remove"]', removing);
    press('[data-act="outline"]', painter.outlineOnly);
    this.find('[data-tool="ruler"]').hidden = !this.offers("ruler");
    const drawsAreas = tool === "lasso" || tool === "polygon";
    this.find('[data-for="area"]').hidden = !drawsAreas;
    this.find('[data-for="brush"]').hidden = drawsAreas || this.clicks;
    this.find('[data-for="click"]').hidden = !this.clicks;
    this.find('[data-for="click"]').textContent = HINTS[tool] ?? "";
    const { diameter } = this;
    const mm = this.header.cm2_per_px ? ` · ${written(10 * diameter * Math.sqrt(this.header.cm2_per_px))} mm` : "";
    this.find(".brush-size").textContent = `${diameter} px${mm}`;
    this.find(".brush").value = (1000 * Math.log(diameter)) / Math.log(this.widest);
    this.find(".brush").setAttribute("aria-valuetext", `${diameter} pixels${mm}`);
    const share = painter.outlineOnly ? 0 : painter.fill;
    this.find(".fill-share").textContent = `${Math.round(100 * share)} %`;
    this.find(".fill").value = 100 * painter.fill;
    try {
      const { fill, outlineOnly } = painter;
      localStorage.setItem(PREFERENCES, JSON.stringify({ tool, brushShare, fill, outlineOnly }));
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  }

  // ---- words on the panel

  extent(pixels) {
    const { cm2_per_px: cm2 } = this.header;
    return cm2 ? `${written(pixels * cm2)} cm²` : `${pixels.toLocaleString("en")} px`;
  }

  /** The numbers that follow each stroke while it is drawn. */
  measure() {
    const { mask, header } = this;
    const put = (selector, text) => {
      const element = this.find(selector);
      if (element.textContent !== text) element.textContent = text;
    };
    put(".area", this.extent(mask.inside));
    put(".share", header.percent_per_px ? `${written(mask.inside * header.percent_per_px)} % BSA` : "");
    put(".changed", mask.changed ? `${counted(mask.changed, "pixel")} changed` : "");
    const [state, text] = this.state();
    this.find(".state").dataset.state = state;
    put(".state-text", text);
    put(".here", this.readOut());
    put(".zoom-share", `${Math.round(100 * this.view.scale * (window.devicePixelRatio || 1))} %`);
  }

  /** What is unsaved, what can be undone, and which buttons can act. */
  describe() {
    if (!this.ready) return;
    const { history, mask, areas } = this;
    this.enable("undo", history.cursor || this.path?.corners);
    this.enable("redo", history.cursor < history.steps.length);
    this.enable("save", this.changed || this.overdue);
    this.enable("discard", this.changed);
    this.find('[data-act="screen"]').setAttribute("aria-pressed", this.fullScreen);
    const one = this.areaShown >= 0 && `lesion ${this.areaShown + 1} of ${areas.length}`;
    this.find(".lesions").textContent = one || counted(areas.length, "lesion");
    this.find(".lesions").hidden = !areas.length;
    this.measure();
  }

  state() {
    if (this.asked) return ["saving", WAITING[this.asked.kind]];
    if (this.changed) return ["unsaved", counted(Math.max(1, this.history.unsaved), "unsaved stroke")];
    if (this.overdue) return ["unsaved", "Not confirmed: save again"];
    if (this.pending) return ["saving", "Saving…"];
    return this.confirmed ? ["saved", "Saved"] : ["clean", "No changes"];
  }

  showMode() {
    if (!this.ready) return;
    const moving = this.spaceHeld || this.tool === "move";
    const dragging = this.gesture?.kind === "pan" || this.gesture?.kind === "pinch";
    this.stage.classList.toggle("moving", Boolean(moving));
    this.stage.classList.toggle("dragging", dragging);
    this.stage.classList.toggle("drawing-brush", this.paints && !moving && !dragging);
    this.stage.classList.toggle("asking", Boolean(this.asked));
    this.enable("undo", this.history.cursor || this.path?.corners);
  }

  /** A button that goes out while it has the focus hands it to the drawing area. */
  enable(name, can) {
    const button = this.find(`[data-act="${name}"]`);
    if (!can && button === this.section.getRootNode().activeElement) this.focusStage();
    button.disabled = !can;
  }

  busy(text) {
    this.find(".busy").hidden = !text;
    this.find(".busy").textContent = text ?? "";
  }

  /**
   * A line over the photo with buttons [words, act, enabled]; null takes it away. With fewer than
   * two buttons it asks nothing, so the next stroke clears it.
   */
  notice(text, buttons = [], stays = false) {
    this.noticePasses = buttons.length < 2;
    const all = this.noticePasses ? [...buttons, ["Close", () => {}]] : buttons;
    this.find(".notice").hidden = !text;
    this.find(".notice-text").textContent = text ?? "";
    this.find(".notice-buttons").replaceChildren(
      ...all.map(([words, act, enabled = true]) => {
        const button = document.createElement("button");
        Object.assign(button, { type: "button", textContent: words, disabled: !enabled });
        button.onclick = () => {
          if (!stays) this.notice(null);
          act();
          this.focusStage();
        };
        return button;
      }),
    );
    if (text) this.say(text);
  }

  say(text) {
    this.find(".live").textContent = text;
  }

  // ---- the cursor canvas

  drawCursor(canvas) {
    const { view } = this;
    if (!this.stage.classList.contains("bare")) this.drawMarks(canvas);
    if (this.path) this.drawPath(canvas);
    const moving = this.spaceHeld || this.tool === "move" || ["pan", "pinch"].includes(this.gesture?.kind);
    if (this.caret) this.drawCross(canvas, view.toView({ x: this.caret.x + 0.5, y: this.caret.y + 0.5 }));
    const at = this.caret ?? (this.hover && view.toImage(this.hover.x, this.hover.y));
    if (!at || !this.paints || moving) return;
    const centre = view.toView({ x: Math.floor(at.x) + 0.5, y: Math.floor(at.y) + 0.5 });
    const radius = Math.max((this.diameter * view.scale) / 2, 1.5);
    twoTone(canvas, () => canvas.arc(centre.x, centre.y, radius, 0, 2 * Math.PI));
    if (radius > 12) twoTone(canvas, () => canvas.arc(centre.x, centre.y, 1, 0, 2 * Math.PI));
  }

  /** The clear skin chosen, the click that is waiting, and the hands to choose from. */
  drawMarks(canvas) {
    const onStage = ([x, y]) => this.view.toView({ x: x + 0.5, y: y + 0.5 });
    if (this.clearSkin) {
      const { x, y } = onStage(this.clearSkin);
      twoTone(canvas, () => canvas.arc(x, y, 9, 0, 2 * Math.PI));
      twoTone(canvas, () => {
        canvas.moveTo(x - 4, y);
        canvas.lineTo(x - 1, y + 3);
        canvas.lineTo(x + 4, y - 3);
      });
    }
    if (this.asked) {
      const { x, y } = onStage([this.asked.at.x, this.asked.at.y]);
      twoTone(canvas, () => canvas.arc(x, y, 6, 0, 2 * Math.PI));
    }
    if (this.listed) this.drawAreaNumbers(canvas);
    if (this.tool === "ruler") this.header.hands.forEach((hand, i) => this.drawNumber(canvas, onStage(hand), i));
  }

  /** The numbers of the list, each on its lesion. */
  drawAreaNumbers(canvas) {
    canvas.font = "600 13px sans-serif";
    canvas.textAlign = "center";
    canvas.textBaseline = "middle";
    canvas.lineJoin = "round";
    this.areas.slice(0, MOST_NUMBERED).forEach(({ at }, i) => {
      const { x, y } = this.view.toView({ x: at.x + 0.5, y: at.y + 0.5 });
      canvas.lineWidth = 4;
      canvas.strokeStyle = i === this.areaShown ? "#fff" : "rgba(0, 0, 0, 0.85)";
      canvas.strokeText(String(i + 1), x, y);
      canvas.fillStyle = i === this.areaShown ? "#000" : "#fff";
      canvas.fillText(String(i + 1), x, y);
    });
  }

  drawNumber(canvas, { x, y }, i) {
    const ruler = i === this.header.ruler_hand;
    canvas.beginPath();
    canvas.arc(x, y, 15, 0, 2 * Math.PI);
    canvas.fillStyle = ruler ? "#fff" : "rgba(20, 20, 20, 0.9)";
    canvas.fill();
    canvas.strokeStyle = ruler ? "#000" : "#fff";
    canvas.lineWidth = 2;
    canvas.stroke();
    canvas.fillStyle = ruler ? "#000" : "#fff";
    canvas.font = "600 15px sans-serif";
    canvas.textAlign = "center";
    canvas.textBaseline = "middle";
    canvas.fillText(String(i + 1), x, y + 1);
  }

  drawCross(canvas, { x, y }) {
    twoTone(canvas, () => {
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        canvas.moveTo(x + 4 * dx, y + 4 * dy);
        canvas.lineTo(x + 14 * dx, y + 14 * dy);
      }
    });
  }

  drawPath(canvas) {
    const points = this.path.points.map((point) => this.view.toView(point));
    const corners = Boolean(this.path.corners);
    const loose = corners && (this.caret ? this.view.toView(this.caret) : this.hover);
    canvas.setLineDash(this.path.value ? [] : [7, 5]);
    twoTone(canvas, () => {
      points.forEach(({ x, y }) => canvas.lineTo(x, y));
      if (loose) canvas.lineTo(loose.x, loose.y);
    });
    canvas.setLineDash([3, 4]);
    const end = loose || points.at(-1);
    twoTone(canvas, () => {
      canvas.moveTo(end.x, end.y);
      canvas.lineTo(points[0].x, points[0].y);
    });
    canvas.setLineDash([]);
    if (!corners) return;
    points.forEach(({ x, y }, i) => {
      canvas.beginPath();
      canvas.arc(x, y, i ? 3.5 : 6, 0, 2 * Math.PI);
      canvas.fillStyle = "#fff";
      canvas.fill();
      canvas.strokeStyle = "#000";
      canvas.lineWidth = 1;
      canvas.stroke();
    });
  }

  // ---- the end

  /** Streamlit can clean up a run that was overtaken while the editor stays on the page. */
  leave() {
    if (this.ready) this.keepDraft();
    setTimeout(() => {
      if (this.section.isConnected) return;
      this.left = true;
      this.listening.abort();
      this.resized.disconnect();
      clearTimeout(this.confirmation);
      clearTimeout(this.draftDue);
      this.forgetWanted();
      this.painter?.unload();
    }, 200);
  }
}

/** Stroke a path dark and then bright, so that it shows on any skin. */
function twoTone(canvas, trace) {
  for (const [width, colour] of [[3, "rgba(0, 0, 0, 0.7)"], [1.25, "#fff"]]) {
    canvas.beginPath();
    trace();
    canvas.lineWidth = width;
    canvas.strokeStyle = colour;
    canvas.stroke();
  }
}

// ------------------------------------------------------------------------------ the mount

function unpacked(data) {
  const size = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + size)));
  const photoAt = 4 + size + header.mask_bytes;
  return { header, mask: data.subarray(4 + size, photoAt), photo: data.subarray(photoAt) };
}

const editors = new WeakMap();

/** Streamlit calls this on every change of data or theme; the editor is made once a mount. */
export default function mount({ data, parentElement, setStateValue }) {
  const section = parentElement.querySelector(".editor");
  if (!section || !data) return undefined;
  let editor = editors.get(section);
  if (!editor) {
    editor = new Editor(section);
    editors.set(section, editor);
    // For tests and for the developer's console: the live editor, from its element.
    section.maskEditor = editor;
  }
  editor.receive(unpacked(data), setStateValue);
  return () => editor.leave();
}
