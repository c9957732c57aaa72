// A box in a photo, drawn by pointer or by keys. Its sides are shares of the photo's.

const STEP = 0.02;
const LEAST = 0.02; // anything smaller was a click
const limit = (value, low, high) => Math.min(Math.max(value, low), high);

export class Box {
  constructor(frame, element, changed) {
    Object.assign(this, { frame, element, changed, sides: null, start: null });
    frame.addEventListener("pointerdown", (event) => this.begin(event));
    frame.addEventListener("pointermove", (event) => this.start && this.draw(event));
    frame.addEventListener("pointerup", (event) => this.end(event));
    frame.addEventListener("pointercancel", () => this.set(null));
    frame.addEventListener("keydown", (event) => this.press(event));
  }

  set(sides) {
    this.sides = sides;
    this.element.hidden = !sides;
    if (sides) {
      const names = { left: "x", top: "y", width: "width", height: "height" };
      for (const [style, side] of Object.entries(names)) {
        this.element.style[style] = `${100 * sides[side]}%`;
      }
    }
    this.changed(sides);
  }

  locate(event) {
    const frame = this.frame.getBoundingClientRect();
    return {
      x: limit((event.clientX - frame.left) / frame.width, 0, 1),
      y: limit((event.clientY - frame.top) / frame.height, 0, 1),
    };
  }

  begin(event) {
    event.preventDefault();
    this.frame.focus();
    this.frame.setPointerCapture(event.pointerId);
    this.start = this.locate(event);
  }

  draw(event) {
    const { x, y } = this.locate(event);
    const left = Math.min(x, this.start.x), top = Math.min(y, this.start.y);
    const width = Math.abs(x - this.start.x), height = Math.abs(y - this.start.y);
    this.set({ x: left, y: top, width, height });
  }

  end(event) {
    if (!this.start) return;
    this.draw(event);
    this.start = null;
    if (this.sides.width < LEAST || this.sides.height < LEAST) this.set(null);
  }

  press(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key === "Enter") {
      this.set({ x: 0.35, y: 0.15, width: 0.3, height: 0.7 });
    } else if (event.key === "Escape") {
      this.set(null);
    } else if (event.key in moves && this.sides) {
      event.preventDefault();
      this.move(moves[event.key].map((way) => way * STEP), event.shiftKey);
    }
  }

  move([across, down], isSizing) {
    const { x, y, width, height } = this.sides;
    if (isSizing) {
      const wide = limit(width + across, STEP, 1 - x), high = limit(height + down, STEP, 1 - y);
      this.set({ x, y, width: wide, height: high });
    } else {
      const left = limit(x + across, 0, 1 - width), top = limit(y + down, 0, 1 - height);
      this.set({ x: left, y: top, width, height });
    }
  }
}

// Returns what the box shows, as a PNG of the photo's own pixels.
export function cut(image, { x, y, width, height }) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * image.naturalWidth));
  canvas.height = Math.max(1, Math.round(height * image.naturalHeight));
  const from = [x * image.naturalWidth, y * image.naturalHeight, canvas.width, canvas.height];
  canvas.getContext("2d").drawImage(image, ...from, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
