// Keys that work everywhere except in a field, what a drag does, the modifiers that change a lasso,
// and the help.

const TOOLS = { p: "pan", l: "lasso", b: "box" }
const ACTS = { u: "undo", r: "redo", t: "theme", "?": "help", Escape: "clear" }

const MODES = { E: "Explore", V: "Vet", S: "Search", C: "Cluster", R: "Report" }
const MAPS = { z: { act: "show all" }, ".": { act: "next map", step: 1 }, ",": { act: "next map", step: -1 } }

// of the card: what its views do (see Card.act)
const CARD = {
  f: "fold", "[": "half", "]": "double", "{": "third", "}": "triple", a: "folds", e: "refine", k: "keep",
  d: "residuals", o: "cameras", c: "compare", s: "spectrum", g: "periodogram", h: "places", i: "image",
  w: "smooth", q: "rest", x: "next epoch", v: "all values",
}

const FIGURES = ["map", "scatter"]

export function render({ model, view, el }) {
  const dialog = document.createElement("dialog")
  dialog.innerHTML = model.help_html
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("button")) dialog.close()
  })
  el.append(dialog)

  const typing = (event) => {
    const target = event.composedPath()[0]
    return target instanceof Element && target.closest("input, textarea, select, [role=slider], [contenteditable]")
  }
  const held = (event) => { // in a field Ctrl pastes and Shift writes capitals
    if (typing(event)) return hold("")
    const take_away = event.altKey || event.ctrlKey || event.metaKey
    hold(event.shiftKey ? (take_away ? "intersect" : "add") : take_away ? "subtract" : "")
  }
  const hold = (mode) => { if (mode !== model.held) model.held = mode }
  const on_key = (event) => {
    held(event)
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !typing(event)) {
      event.preventDefault()
      return model.send_msg({ act: event.shiftKey ? "redo" : "undo" })
    }
    if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || dialog.open) return
    if (event.key === "/") {
      event.preventDefault()
      window.dispatchEvent(new Event("astrom3:search"))
    } else if (event.key === "?") {
      dialog.showModal()
    } else if (TOOLS[event.key]) {
      window.dispatchEvent(new CustomEvent("astrom3:tool", { detail: TOOLS[event.key] }))
    } else if (ACTS[event.key]) {
      model.send_msg({ act: ACTS[event.key] })
    } else if (MODES[event.key]) {
      model.send_msg({ act: "go", mode: MODES[event.key] })
    } else if (MAPS[event.key]) {
      model.send_msg(MAPS[event.key])
    } else if (CARD[event.key]) {
      ask_card(CARD[event.key])
    }
  }
  const copied = async (text) => {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch { // pages that are not on localhost or https have no clipboard
      const field = document.createElement("textarea")
      field.value = text
      document.body.append(field)
      field.select()
      const done = document.execCommand("copy")
      field.remove()
      return done
    }
  }
  window.addEventListener("astrom3:copy", async ({ detail }) => detail.then(await copied(detail.text)))
  const ask_card = (act) => model.send_msg({ act: "card", message: typeof act === "string" ? { act } : act })
  window.addEventListener("astrom3:card", (event) => ask_card(event.detail)) // buttons in its words
  // what a drag does is nobody's business but the browser's: no way to the server and back
  const use_tool = (tool) => {
    for (const figure of FIGURES) {
      const found = view.model.document.get_model_by_name(`${figure}-${tool}`)
      if (found) found.active = true
    }
  }
  window.addEventListener("astrom3:tool", (event) => {
    use_tool(event.detail)
    sessionStorage.setItem("astrom3:tool", event.detail) // a page that is loaded again keeps it
  })
  const again = () => {
    const tool = sessionStorage.getItem("astrom3:tool") ?? "pan"
    if (tool !== "pan") use_tool(tool)
  }
  if (view.model.document.is_idle) again()
  else view.model.document.idle.connect(again)
  window.addEventListener("keydown", on_key)
  window.addEventListener("keyup", held)
  window.addEventListener("pointerdown", held, true) // keys held since before the field was left
  window.addEventListener("blur", () => hold(""))
  // a server that is gone: say so, and come back to the same address when it answers again
  const come_back = async () => {
    try {
      if ((await fetch(location.href, { cache: "no-store" })).ok) return location.reload()
    } catch { /* not yet */ }
    setTimeout(come_back, 2000)
  }
  view.model.document.on_event("connection_lost", () => {
    window.dispatchEvent(new CustomEvent("astrom3:notice", { detail: "The server does not answer. Waiting for it…" }))
    setTimeout(come_back, 1000)
  })
  model.on("msg:custom", (data) => { if (data.act === "help") dialog.showModal() })
}
