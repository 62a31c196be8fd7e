// Fetches finer parts of photos for the comparator, whose pictures are of the size of the screen.
// Those must not travel again for it, so this small part of the page asks in its place; the two
// speak by events of this window.
const relays = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  const here = parentElement.querySelector("span")
  if (!here || !data) return
  const size = new DataView(data.buffer, data.byteOffset).getUint32(0, true)
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + size)))
  let relay = relays.get(here)
  if (!relay) {
    relay = { told: null }
    relays.set(here, relay)
    const pass = ({ detail }) => {
      if (!here.isConnected) window.removeEventListener("lesionscope-detail-ask", pass)
      else if (detail.key === relay.key) relay.ask("asked", detail.question)
    }
    window.addEventListener("lesionscope-detail-ask", pass)
  }
  const known = relay.key === header.key
  relay.key = header.key
  relay.ask = setStateValue
  // The comparator may show before this part does: what it wanted in between waits for this.
  if (!known) window.dispatchEvent(new CustomEvent("lesionscope-detail-ready", { detail: header.key }))
  if (!header.id || header.id === relay.told) return
  relay.told = header.id
  let at = 4 + size
  const parts = header.parts.map(({ bytes, ...part }) => {
    const jpeg = data.slice(at, at + bytes)
    at += bytes
    return { ...part, jpeg }
  })
  window.dispatchEvent(
    new CustomEvent("lesionscope-detail", { detail: { key: header.key, id: header.id, parts } })
  )
}
