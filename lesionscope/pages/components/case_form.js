// The form of a blinded case. Digits answer the item in focus and go on to the next, "n" says not
// assessable. What is entered is told to the server at once and kept in this tab until the server
// has it, so a reload or a lost connection loses nothing. What the server does not confirm is told
// again, ever more rarely, and the form says so meanwhile.
const forms = new WeakMap()
const CONFIRMED_WITHIN = 4000 // ms; the first time, then twice as long each time
const LONGEST_WAIT = 30000
const NA = "not assessable"

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".form")
  let form = forms.get(root)
  if (form?.code !== data.code || form?.locked !== data.locked) {
    form = begin(root, data)
    forms.set(root, form)
  }
  form.tell = setStateValue
  form.server = data.draft
  if (confirmed(form)) settled(form)
  const kept = recall(form)
  if (kept && !data.locked && kept.at > (data.draft.at ?? 0)) {
    form.entered = kept
    paint(form)
    // What is under way already is not told again: each telling runs the page once more.
    if (form.told !== kept.at) tell(form)
  } else if ((data.draft.at ?? 0) >= (form.entered.at ?? 0)) {
    form.entered = structuredClone(data.draft)
    forget(form)
    paint(form)
  }
}

function begin(root, data) {
  // A body of its own: what listens to the case before goes with it.
  const body = element("div", { className: "body" })
  root.replaceChildren(body)
  const form = { code: data.code, locked: data.locked, data, root: body, entered: structuredClone(data.draft) }
  body.replaceChildren(...data.panes.flatMap((pane) => paneParts(form, pane)), noteParts(form), pending(), glossary(form))
  body.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation() // the page has shortcuts of its own
    pressed(form, event)
  })
  body.addEventListener("focusin", (event) => explain(form, event.target.closest("[data-key]")?.dataset.key))
  paint(form)
  return form
}

function paneParts(form, pane) {
  const parts = []
  if (pane) parts.push(element("h3", { textContent: `Side ${pane}` }))
  if (form.data.point) parts.push(element("h3", { textContent: `Scores of ${form.data.point.toLowerCase()}` }))
  let place = null
  for (const item of form.data.items) {
    if (item.place && item.place !== place) parts.push(element("h4", { textContent: item.place }))
    place = item.place
    parts.push(itemPart(form, pane, item))
  }
  if (form.data.ask_bsa) parts.push(areaPart(form, pane))
  return parts
}

function itemPart(form, pane, item) {
  const set = element("fieldset", { className: "item" })
  set.dataset.key = item.key
  set.dataset.pane = pane
  const spoken = [pane && `Side ${pane}`, item.place, item.label].filter(Boolean).join(", ")
  set.append(element("legend", { textContent: item.label, ariaLabel: spoken }))
  const choices = element("div", { className: "choices" })
  const levels = [...item.levels.map((words, level) => [level, `${level} ${words}`]), [NA, "n/a"]]
  for (const [value, words] of levels) {
    const label = element("label")
    const name = `${form.code}.${pane}.${item.key}`
    const input = element("input", { type: "radio", name, value: String(value), disabled: form.locked })
    input.onchange = () => answer(form, pane, item.key, value)
    label.append(input, element("span", { textContent: words }))
    choices.append(label)
  }
  set.append(choices)
  return set
}

function areaPart(form, pane) {
  const set = element("fieldset", { className: "item area" })
  set.dataset.key = "bsa"
  set.dataset.pane = pane
  set.append(element("legend", { textContent: areaLabel(form, pane) }))
  const row = element("div", { className: "choices" })
  const number = element("input", { type: "number", min: 0, max: 100, step: 0.1, inputMode: "decimal", disabled: form.locked })
  number.ariaLabel = `${pane ? `Side ${pane}, ` : ""}involved body surface, percent`
  number.oninput = () => {
    const value = number.value === "" ? null : Number(number.value)
    area(form, pane, value === null || (value >= 0 && value <= 100) ? value : null)
  }
  const none = element("input", { type: "checkbox", disabled: form.locked })
  none.onchange = () => area(form, pane, none.checked ? NA : null)
  const label = element("label")
  label.append(none, element("span", { textContent: "n/a" }))
  row.append(number, element("span", { textContent: "% of the whole body", className: "unit" }), label)
  set.append(row)
  return set
}

function areaLabel(form, pane) {
  if (form.data.point) return `Involved body surface at ${form.data.point.toLowerCase()}`
  return `Involved body surface in ${pane ? `the photos of side ${pane}` : "these photos"}`
}

function noteParts(form) {
  const label = element("label", { className: "note" })
  const text = element("textarea", { rows: 1, maxLength: 500, disabled: form.locked })
  text.oninput = () => change(form, (entered) => { entered.note = text.value })
  label.append(element("span", { textContent: "Remark (optional; name nobody)" }), text)
  return label
}

function pending() {
  const line = element("p", { className: "pending", role: "status" })
  line.ariaLive = "polite"
  return line
}

function glossary(form) {
  const box = element("div", { className: "glossary", role: "note" })
  box.ariaLive = "polite"
  box.textContent = form.locked ? "" : "Press 0 to 3 for a level, n for not assessable. What an item means stands here."
  return box
}

function explain(form, key) {
  const item = form.data.items.find((one) => one.key === key)
  const box = form.root.querySelector(".glossary")
  if (item) box.textContent = `${item.label}: ${item.help}`
  else if (key === "bsa") box.textContent = form.data.area_help
}

function pressed(form, event) {
  const set = event.target.closest("fieldset.item")
  if (!set || form.locked || event.target.type === "number" || event.ctrlKey || event.metaKey || event.altKey) return
  const wanted = event.key.toLowerCase() === "n" ? NA : event.key
  const input = [...set.querySelectorAll("input[type=radio]")].find((one) => one.value === wanted)
  if (!input) return
  event.preventDefault()
  input.checked = true
  answer(form, set.dataset.pane, set.dataset.key, wanted === NA ? NA : Number(wanted))
  const sets = [...form.root.querySelectorAll("fieldset.item")]
  const next = sets[sets.indexOf(set) + 1]
  const goal = next?.querySelector("input:checked") ?? next?.querySelector("input")
  ;(goal ?? form.root.querySelector("textarea")).focus()
}

function answer(form, pane, key, value) {
  change(form, (entered) => { side(entered, pane).answers[key] = value })
}

function area(form, pane, value) {
  change(form, (entered) => { side(entered, pane).bsa = value })
}

function side(entered, pane) {
  entered.scores ??= {}
  return (entered.scores[pane] ??= { answers: {}, bsa: null })
}

function change(form, act) {
  act(form.entered)
  // Later than what it follows, even where the clock of another screen of this reader is ahead.
  form.entered.at = Math.max(Date.now(), (form.entered.at ?? 0) + 1)
  remember(form)
  paint(form)
  tell(form)
}

function tell(form, tries = 0) {
  form.told = form.entered.at
  // A number of its own: the same words twice would be no change, and nobody would act on them.
  form.tell("entered", { code: form.code, ...structuredClone(form.entered), tries })
  clearTimeout(form.waiting)
  form.waiting = setTimeout(() => repeat(form, tries + 1), Math.min(CONFIRMED_WITHIN * 2 ** tries, LONGEST_WAIT))
}

function repeat(form, tries) {
  if (confirmed(form) || !form.root.isConnected) return
  form.root.querySelector(".pending").textContent =
    "Not saved yet: the server does not answer. Your entries are kept in this tab; leave it open."
  tell(form, tries)
}

const confirmed = (form) => (form.server.at ?? 0) >= (form.entered.at ?? 0)

function settled(form) {
  clearTimeout(form.waiting)
  form.root.querySelector(".pending").textContent = ""
}

function paint(form) {
  for (const set of form.root.querySelectorAll("fieldset.item")) {
    const said = form.entered.scores?.[set.dataset.pane] ?? { answers: {}, bsa: null }
    if (set.dataset.key === "bsa") {
      const number = set.querySelector("input[type=number]")
      if (set.getRootNode().activeElement !== number) number.value = typeof said.bsa === "number" ? said.bsa : ""
      if (said.bsa === NA) number.value = ""
      set.querySelector("input[type=checkbox]").checked = said.bsa === NA
      set.classList.toggle("done", said.bsa !== null && said.bsa !== undefined)
      continue
    }
    const value = said.answers[set.dataset.key]
    for (const input of set.querySelectorAll("input")) input.checked = value !== undefined && input.value === String(value)
    set.classList.toggle("done", value !== undefined)
  }
  const text = form.root.querySelector("textarea")
  if (text.getRootNode().activeElement !== text) text.value = form.entered.note ?? ""
}

function element(tag, properties = {}) {
  return Object.assign(document.createElement(tag), properties)
}

const place = (form) => `lesionscope-case-${form.code}`
function remember(form) {
  try { sessionStorage.setItem(place(form), JSON.stringify(form.entered)) } catch { /* full or refused: the server has it */ }
}
function recall(form) {
  try { return JSON.parse(sessionStorage.getItem(place(form))) } catch { return null }
}
function forget(form) {
  try { sessionStorage.removeItem(place(form)) } catch { /* nothing was kept */ }
}
