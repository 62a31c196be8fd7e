// Carries a click of the mask editor to the server and the answer back. The editor holds a photo of
// several megabytes that must not travel again for a click, so this small part of the page asks in
// its place; the two speak by events of this window.
const relays = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  const here = parentElement.querySelector("span")
  if (!here) return
  let relay = relays.get(here)
  if (!relay) {
    relay = { told: null }
    relays.set(here, relay)
    const pass = ({ detail }) => {
      if (!here.isConnected) window.removeEventListener("lesionscope-ask", pass)
      else if (detail.key === relay.key) relay.ask("asked", detail.question)
    }
    window.addEventListener("lesionscope-ask", pass)
  }
  const known = relay.key === data.key
  relay.key = data.key
  relay.ask = setStateValue
  // The editor shows before this part does: a click made in between waits for this.
  if (!known) window.dispatchEvent(new CustomEvent("lesionscope-listening", { detail: data.key }))
  if (!data.answer || data.answer.id === relay.told) return
  relay.told = data.answer.id
  window.dispatchEvent(new CustomEvent("lesionscope-answer", { detail: data }))
}
