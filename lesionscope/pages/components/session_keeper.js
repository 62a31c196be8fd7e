// Keeps the session of this browser tab over a reload. sessionStorage belongs to the tab, is
// never sent with a request and ends with the tab, so the token stays out of addresses, cookies
// and logs.
const NAME = "lesionscope.session"

function storage() {
  try {
    return window.sessionStorage
  } catch {
    return null // blocked by the browser: the session then ends with a reload
  }
}

export default function ({ data, setStateValue }) {
  const kept = storage()
  if (data.keep) {
    kept?.setItem(NAME, data.keep)
  } else if (data.forget) {
    kept?.removeItem(NAME)
  } else if (data.question) {
    // The question's number tells this answer from one that an earlier server was given.
    setStateValue("answer", { question: data.question, kept: kept?.getItem(NAME) ?? "" })
  }
}
