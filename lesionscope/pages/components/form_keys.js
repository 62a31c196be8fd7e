// Answers the choices of a form from the keyboard. A form of thirty questions is copied from paper
// with one hand: the number answers the question in focus and the next one takes the focus.
const FIELD = "[data-testid=stButtonGroup]"

const fields = () => [...document.querySelectorAll(FIELD)]
const choices = (field) => [...field.querySelectorAll("button[role=radio]")]
const words = (button) => button.innerText.trim().toLowerCase()
const isChosen = (button) => button.getAttribute("aria-checked") === "true"

function enter(field) {
  if (!field) return
  const all = choices(field)
  const chosen = all.find(isChosen) ?? all.find((b) => b.tabIndex === 0) ?? all[0]
  chosen?.focus()
}

function choice(field, key) {
  if (key === "n") return choices(field).find((b) => words(b) === "n/a")
  if (/^\d$/.test(key)) return choices(field).find((b) => /^\d+/.exec(words(b))?.[0] === key)
  return key === "Backspace" ? choices(field).find(isChosen) : undefined
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const field = event.target.closest?.(FIELD)
  if (!field || !choices(field).length) return
  const all = fields().filter((other) => choices(other).length)
  const next = all[all.indexOf(field) + 1]
  const step = { ArrowDown: next, ArrowUp: all[all.indexOf(field) - 1] }
  const button = choice(field, event.key)
  if (!button && !(event.key in step)) return
  event.preventDefault()
  event.stopPropagation()
  if (!button) enter(step[event.key])
  else if (event.key === "Backspace") button.click()
  else {
    // Choosing a level again would make the field blank: only Backspace means that.
    if (!isChosen(button)) button.click()
    enter(next ?? field)
  }
}

export default function () {
  window.addEventListener("keydown", onKey, true)
  return () => window.removeEventListener("keydown", onKey, true)
}
