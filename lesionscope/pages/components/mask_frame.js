// Rectangles that cover parts of a photo before it is released: drawn by dragging, moved and sized
// by keys, taken away by a button. The server covers the pixels; here they are only shown.
const frames = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".frame")
  let frame = frames.get(root)
  if (frame?.photo !== data.photo) {
    frame = { photo: data.photo, masks: data.masks.map((mask) => [...mask]) }
    frames.set(root, frame)
    begin(root, frame, data)
  }
  frame.tell = (masks) => setStateValue("drawn", { photo: data.photo, masks })
}

function begin(root, frame, data) {
  const box = make("div", "box")
  const image = make("img", "")
  Object.assign(image, { src: data.src, alt: data.name, draggable: false })
  frame.layer = make("div", "layer")
  box.append(image, frame.layer)
  const add = make("button", "")
  Object.assign(add, { type: "button", textContent: "Add a mask" })
  add.onclick = () => { frame.masks.push([0.35, 0.3, 0.65, 0.4]); done(frame); frame.layer.lastChild.focus() }
  const hint = make("p", "hint")
  hint.textContent = "Drag over the photo to cover a part. A mask in focus moves with the arrows, grows with Shift and arrows, goes with Delete."
  root.replaceChildren(box, add, hint)
  listen(frame, box)
  paint(frame)
}

function listen(frame, box) {
  let from = null
  const at = (event) => {
    const place = box.getBoundingClientRect()
    return [clamp((event.clientX - place.left) / place.width), clamp((event.clientY - place.top) / place.height)]
  }
  box.addEventListener("pointerdown", (event) => {
    if (event.target.closest(".mask")) return
    from = at(event)
    box.setPointerCapture(event.pointerId)
    frame.masks.push([...from, ...from])
  })
  box.addEventListener("pointermove", (event) => {
    if (!from) return
    const to = at(event)
    frame.masks[frame.masks.length - 1] = [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.max(from[0], to[0]), Math.max(from[1], to[1])]
    paint(frame)
  })
  const end = () => {
    if (!from) return
    from = null
    frame.masks = frame.masks.filter(([left, top, right, bottom]) => right - left > 0.005 && bottom - top > 0.005)
    done(frame)
  }
  box.addEventListener("pointerup", end)
  box.addEventListener("pointercancel", end)
}

function paint(frame) {
  frame.layer.replaceChildren(...frame.masks.map((mask, number) => {
    const part = make("div", "mask")
    part.tabIndex = 0
    part.setAttribute("role", "group")
    part.setAttribute("aria-label", `Mask ${number + 1}`)
    const [left, top, right, bottom] = mask
    Object.assign(part.style, { left: pc(left), top: pc(top), width: pc(right - left), height: pc(bottom - top) })
    const gone = make("button", "gone")
    Object.assign(gone, { type: "button", textContent: "×", ariaLabel: `Remove mask ${number + 1}` })
    gone.onclick = () => { frame.masks.splice(number, 1); done(frame) }
    part.onkeydown = (event) => pressed(frame, number, event)
    part.append(gone)
    return part
  }))
}

function pressed(frame, number, event) {
  event.stopPropagation()
  const steps = { ArrowLeft: [-0.01, 0], ArrowRight: [0.01, 0], ArrowUp: [0, -0.01], ArrowDown: [0, 0.01] }
  if (event.key === "Delete") frame.masks.splice(number, 1)
  else if (steps[event.key]) {
    const [dx, dy] = steps[event.key]
    const [left, top, right, bottom] = frame.masks[number]
    const grown = [left, top, Math.max(left + 0.01, clamp(right + dx)), Math.max(top + 0.01, clamp(bottom + dy))]
    const mx = Math.min(1 - right, Math.max(-left, dx)), my = Math.min(1 - bottom, Math.max(-top, dy))
    frame.masks[number] = event.shiftKey ? grown.map(clamp) : [left + mx, top + my, right + mx, bottom + my]
  } else return
  event.preventDefault()
  done(frame)
  frame.layer.children[number]?.focus()
}

function done(frame) {
  paint(frame)
  frame.tell(frame.masks)
}

const clamp = (value) => Math.min(1, Math.max(0, value))
const pc = (value) => `${value * 100}%`
function make(tag, className) {
  return Object.assign(document.createElement(tag), { className })
}
