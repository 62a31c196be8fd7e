// The photos of a case: all zoom and move together, by wheel, drag, pinch or keys.
const viewers = new WeakMap()

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".viewer")
  if (viewers.get(root) === data.key) return
  viewers.set(root, data.key)
  const view = { scale: 1, x: 0, y: 0, stages: [] }
  root.replaceChildren(...data.photos.map((photo) => stage(view, photo)), controls(view))
  root.dataset.count = data.photos.length
  // Two wide photos are seen larger one above the other.
  Promise.all(view.stages.map(({ image }) => image.decode().catch(() => {}))).then(() => {
    const wide = view.stages.every(({ image }) => image.naturalWidth > image.naturalHeight)
    root.classList.toggle("stacked", wide && view.stages.length === 2)
  })
}

function stage(view, photo) {
  const figure = document.createElement("figure")
  const box = document.createElement("div")
  box.className = "stage"
  box.tabIndex = 0
  box.setAttribute("role", "group")
  box.setAttribute("aria-label", `${photo.name}. Plus and minus zoom, arrows move, 0 shows all.`)
  const image = document.createElement("img")
  image.alt = photo.name
  image.draggable = false
  image.src = photo.src
  box.append(image)
  const caption = document.createElement("figcaption")
  caption.textContent = photo.name
  figure.append(caption, box)
  view.stages.push({ box, image })
  listen(view, box)
  return figure
}

function listen(view, box) {
  const held = new Map()
  box.addEventListener("wheel", (event) => {
    event.preventDefault()
    zoom(view, box, Math.exp(-event.deltaY / 400), event)
  }, { passive: false })
  box.addEventListener("pointerdown", (event) => {
    box.setPointerCapture(event.pointerId)
    held.set(event.pointerId, event)
  })
  box.addEventListener("pointermove", (event) => {
    const before = held.get(event.pointerId)
    if (!before) return
    if (held.size === 2) {
      const other = [...held.values()].find((one) => one.pointerId !== event.pointerId)
      zoom(view, box, apart(event, other) / Math.max(1, apart(before, other)), event)
    } else move(view, (event.clientX - before.clientX) / box.clientWidth, (event.clientY - before.clientY) / box.clientHeight)
    held.set(event.pointerId, event)
  })
  for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, (event) => held.delete(event.pointerId))
  box.addEventListener("dblclick", () => reset(view))
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const step = 0.1
    const acts = {
      "+": () => zoom(view, box, 1.25), "=": () => zoom(view, box, 1.25), "-": () => zoom(view, box, 0.8), "0": () => reset(view),
      ArrowLeft: () => move(view, step, 0), ArrowRight: () => move(view, -step, 0),
      ArrowUp: () => move(view, 0, step), ArrowDown: () => move(view, 0, -step),
    }
    event.stopPropagation()
    if (!acts[event.key]) return
    event.preventDefault()
    acts[event.key]()
  })
}

const apart = (a, b) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)

function zoom(view, box, factor, event) {
  const scale = Math.min(16, Math.max(1, view.scale * factor))
  const frame = box.getBoundingClientRect()
  // Offsets are in fractions of the stage, from its middle, so that stages of any size agree.
  const px = event ? (event.clientX - frame.left) / frame.width - 0.5 : 0
  const py = event ? (event.clientY - frame.top) / frame.height - 0.5 : 0
  view.x = px - (px - view.x) * (scale / view.scale)
  view.y = py - (py - view.y) * (scale / view.scale)
  view.scale = scale
  paint(view)
}

function move(view, dx, dy) {
  view.x += dx
  view.y += dy
  paint(view)
}

function reset(view) {
  Object.assign(view, { scale: 1, x: 0, y: 0 })
  paint(view)
}

function paint(view) {
  const most = (view.scale - 1) / 2
  view.x = Math.min(most, Math.max(-most, view.x))
  view.y = Math.min(most, Math.max(-most, view.y))
  for (const { image } of view.stages) {
    image.style.transform = `translate(${view.x * 100}%, ${view.y * 100}%) scale(${view.scale})`
  }
}

function controls(view) {
  const bar = document.createElement("div")
  bar.className = "bar"
  const first = () => view.stages[0].box
  for (const [name, words, act] of [
    ["Zoom in", "+", () => zoom(view, first(), 1.5)],
    ["Zoom out", "\u2212", () => zoom(view, first(), 1 / 1.5)],
    ["Show all", "Show all", () => reset(view)],
  ]) {
    const button = document.createElement("button")
    button.type = "button"
    button.textContent = words
    button.setAttribute("aria-label", name)
    button.onclick = act
    bar.append(button)
  }
  return bar
}
