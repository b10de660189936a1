// Verdicts by one key each. The pad listens only while it is to be seen, and before the other keys
// of the page. A verdict is kept in the browser until the server says that it is in the log: it
// survives a lost connection, a killed server and a closed window, and is sent again with the same
// identifier, so that it counts once.

const PATIENCE_MS = 4000
const icon = (path) => `<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${path}</svg>`
const UNDO = icon('<path d="M6 3 2.5 6.5 6 10M3 6.5h6a4 4 0 0 1 0 8H7"/>')
const REDO = icon('<path d="m10 3 3.5 3.5L10 10M13 6.5H7a4 4 0 0 0 0 8h2"/>')

const new_id = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16)) // randomUUID is there on https alone
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}

export function render({ model, el }) {
  const pad = document.createElement("div")
  pad.className = "pad"
  pad.innerHTML = `
    <div class="verdicts" role="group" aria-label="Verdict">${model.kinds.map((of, k) =>
      `<button data-kind="${of.kind}" title="${of.hint} (${k + 1}; with Shift: probable)"><kbd>${k + 1}</kbd><span>${of.words}</span></button>`).join("")}</div>
    <div class="picker" hidden>
      <header><b></b><button data-confirm><kbd>Enter</kbd>confirm</button><button data-back><kbd>Esc</kbd>back</button></header>
      <input class="filter" spellcheck="false" autocomplete="off" maxlength="60" aria-label="Find a class">
      <div class="options"></div>
    </div>
    <div class="line">
      <span class="group"><button data-sure="yes" title="Sure (0 changes it for the next verdict)">sure</button><button data-sure="" title="Probable (0, or Shift with the digit)">probable</button></span>
      <button data-act="undo" title="Undo the last verdict (u)" aria-label="Undo the last verdict">${UNDO}</button>
      <button data-act="redo" title="Redo (r)" aria-label="Redo">${REDO}</button>
      <span class="status" role="status"></span>
    </div>
    <div class="line">
      <input class="reason" list="reasons" maxlength="200" placeholder="reason (m)" aria-label="Reason" autocomplete="off">
      <input class="note" maxlength="2000" placeholder="note (n)" aria-label="Note" autocomplete="off">
      <datalist id="reasons">${model.reasons.map((text) => `<option value="${text}">`).join("")}</datalist>
    </div>
    <div class="others"></div>`
  el.append(pad)
  const find = (selector) => pad.querySelector(selector)
  const [verdicts, picker, options, filter] = [".verdicts", ".picker", ".options", ".filter"].map(find)
  const [reason, note, status] = [".reason", ".note", ".status"].map(find)

  let stage = "verdict" // or "class", "period"
  let chosen = [] // classes, or one period
  let is_sure = true
  let star = ""
  let shown_at = performance.now()
  let awaited = "" // verdict under way: no key is taken until the next star stands

  // --- kept until the log has it ---

  const drawer = () => `astrom3:unsaved:${model.view.atlas}`
  const unsaved = () => {
    try { return JSON.parse(localStorage.getItem(drawer()) ?? "[]") } catch { return [] }
  }
  const mine = () => unsaved().filter((entry) => entry.vetter === model.view.vetter)
  const keep = (entries) => {
    if (entries.length) localStorage.setItem(drawer(), JSON.stringify(entries))
    else localStorage.removeItem(drawer())
  }
  const forget = (client_id) => keep(unsaved().filter((entry) => entry.client_id !== client_id))
  const send_again = () => {
    const now = Date.now()
    for (const entry of mine())
      if (now - entry.sent > PATIENCE_MS) model.send_msg({ ...entry, act: "verdict", resent: true })
    paint_status()
  }

  // --- verdicts ---

  const give = (kind, sure = is_sure) => {
    if (!star || awaited) return
    const period = stage === "period" ? chosen[0] : null
    const period_days = period ? period.days : model.view.folded_days
    const entry = {
      client_id: new_id(), source_id: star, kind, is_sure: sure, vetter: model.view.vetter,
      classes: kind === "wrong_class" ? chosen : [],
      period_days, epoch_days: period_days === model.view.folded_days ? model.view.epoch_days : null,
      reason: reason.value, note: note.value, seconds: (performance.now() - shown_at) / 1000, sent: Date.now(),
    }
    awaited = entry.client_id
    keep([...unsaved(), entry])
    verdicts.querySelector(`[data-kind=${kind}]`).classList.add("flash")
    model.send_msg({ ...entry, act: "verdict" })
    reason.value = note.value = ""
    go("verdict")
    paint_status()
  }
  const act = (name) => {
    if (name === "undo" ? model.view.can_undo : model.view.can_redo) model.send_msg({ act: name, client_id: new_id() })
  }
  const begin = (kind, sure = is_sure) => {
    if (!star || awaited) return
    if (kind === "wrong_class" || kind === "wrong_period") {
      is_sure = sure
      go(kind === "wrong_class" ? "class" : "period")
    } else give(kind, sure)
  }
  const confirm = () => {
    if (stage === "class") {
      if (!chosen.length && model.view.candidates[0]) chosen = [model.view.candidates[0]]
      if (chosen.length) give("wrong_class")
    } else if (stage === "period") give("wrong_period")
  }

  // --- which class, which period ---

  const go = (next) => {
    stage = next
    verdicts.hidden = stage !== "verdict"
    picker.hidden = stage === "verdict"
    pad.classList.toggle("picking", stage !== "verdict")
    filter.hidden = stage !== "class"
    filter.value = ""
    chosen = stage === "period" ? [folded()] : []
    if (stage === "class") filter.focus({ preventScroll: true })
    else if (pad.contains(el.getRootNode().activeElement)) el.getRootNode().activeElement.blur()
    paint()
  }
  const folded = () => model.view.periods.find((period) => period.name === "as folded") ?? model.view.periods[0]
  const candidates = () => {
    const wanted = filter.value.trim().toLowerCase()
    const all = model.view.candidates
    if (!wanted) return all
    return all.filter((label) => label.toLowerCase().startsWith(wanted))
  }
  const toggle = (label) => {
    chosen = chosen.includes(label) ? chosen.filter((other) => other !== label) : [...chosen, label]
    filter.value = ""
    paint()
  }
  const take_period = (period) => {
    chosen = [period]
    if (period.days) model.send_msg({ act: "fold", days: period.days })
    paint()
  }
  const choose = (place) => {
    if (stage === "class" && candidates()[place]) toggle(candidates()[place])
    if (stage === "period" && model.view.periods[place]) take_period(model.view.periods[place])
  }

  // --- what is to be seen ---

  const chip_of = (label) => model.classes.find((of) => of.label === label)?.chip ?? `<span class="chip">${escape_html(label)}</span>`
  const escape_html = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
  const paint = () => {
    const { given, can_undo, can_redo, others_html } = model.view
    for (const button of verdicts.children) {
      button.setAttribute("aria-pressed", button.dataset.kind === given?.kind)
      button.classList.remove("flash")
      button.disabled = !star
    }
    for (const button of pad.querySelectorAll("[data-sure]"))
      button.setAttribute("aria-pressed", Boolean(button.dataset.sure) === is_sure)
    find("[data-act=undo]").disabled = !can_undo
    find("[data-act=redo]").disabled = !can_redo
    find(".others").innerHTML = others_html ?? ""
    if (stage === "class") paint_classes()
    if (stage === "period") paint_periods()
    paint_status()
  }
  const paint_classes = () => {
    find(".picker b").textContent = chosen.length ? chosen.join(" or ") : "Which class?"
    const suggested = model.view.suggestion
    filter.placeholder = suggested ? `Enter takes the suggestion, ${suggested}; or type` : "type, or press a digit"
    options.innerHTML = candidates().map((label, place) =>
      `<button data-place="${place}" aria-pressed="${chosen.includes(label)}" class="${label === suggested ? "first" : ""}">` +
      `<kbd>${place < 9 ? place + 1 : ""}</kbd>${chip_of(label)}</button>`).join("") ||
      `<small>Enter adds “${escape_html(filter.value.trim())}”, which the survey does not have.</small>`
  }
  const paint_periods = () => {
    find(".picker b").textContent = "Which period?"
    options.innerHTML = model.view.periods.map((period, place) =>
      `<button data-place="${place}" aria-pressed="${chosen[0]?.name === period.name}">` +
      `<kbd>${place < 9 ? place + 1 : ""}</kbd>${escape_html(period.name)} <small>${escape_html(period.text)}</small></button>`).join("")
  }
  const paint_status = () => {
    const late = mine().filter((entry) => Date.now() - entry.sent > PATIENCE_MS).length
    status.classList.toggle("waiting", late > 0)
    if (late) status.textContent = `${late} not saved yet`
    else {
      status.innerHTML = model.view.is_signed_in
        ? `<span>${escape_html(model.view.vetter)}</span>`
        : `<button class="who" title="Who is vetting? Click to change">${escape_html(model.view.vetter)}</button>`
    }
  }
  const rename = () => {
    status.innerHTML = `<input class="whom" maxlength="120" aria-label="Your name" style="width:96px;height:20px">`
    const input = status.querySelector("input")
    input.value = model.view.vetter
    input.select()
    const end = (is_new) => {
      if (is_new && input.value.trim()) model.send_msg({ act: "name", name: input.value.trim() })
      paint_status()
    }
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "Escape") end(event.key === "Enter")
    })
    input.addEventListener("blur", () => paint_status())
  }
  const show = () => {
    if (model.view.star !== star) {
      star = model.view.star
      awaited = ""
      is_sure = true
      shown_at = performance.now()
      if (stage !== "verdict") go("verdict")
    } else if (stage === "period") chosen = [model.view.periods.find((p) => p.name === chosen[0]?.name) ?? folded()]
    paint()
  }

  // --- keys and clicks ---

  const typing = (event) => {
    const target = event.composedPath()[0]
    return target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog")
  }
  const digit = (event) => /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1]
  const take = (event) => { event.preventDefault(); event.stopImmediatePropagation() }
  const on_key = (event) => {
    if (!el.isConnected) return window.removeEventListener("keydown", on_key, true)
    if (pad.clientHeight === 0 || event.altKey) return
    if (event.composedPath()[0] === filter) return on_filter_key(event)
    if (typing(event)) {
      if (event.key === "Enter" || event.key === "Escape") event.composedPath()[0].blur()
      return
    }
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== "z") return
      take(event)
      return act(event.shiftKey ? "redo" : "undo")
    }
    const number = digit(event)
    if (stage !== "verdict") {
      if (event.key === "Enter") { take(event); confirm() }
      else if (event.key === "Escape") { take(event); go("verdict") }
      else if (number > 0) { take(event); choose(number - 1) }
      return
    }
    if (number > 0) { take(event); begin(model.kinds[number - 1].kind, is_sure && !event.shiftKey) }
    else if (number === "0") { take(event); is_sure = !is_sure; paint() }
    else if (event.key === "u" || event.key === "r") { take(event); act(event.key === "u" ? "undo" : "redo") }
    else if (event.key === "n" || event.key === "m") { take(event); (event.key === "n" ? note : reason).focus() }
  }
  const on_filter_key = (event) => {
    const number = digit(event)
    event.stopImmediatePropagation()
    if (event.key === "Enter") {
      event.preventDefault()
      const typed = filter.value.trim()
      if (typed) toggle(candidates()[0] ?? typed)
      else confirm()
    } else if (event.key === "Escape") { event.preventDefault(); go("verdict") }
    else if (event.key === "Backspace" && !filter.value && chosen.length) toggle(chosen.at(-1))
    else if (number > 0 && !filter.value && !event.ctrlKey) { event.preventDefault(); choose(number - 1) }
  }
  window.addEventListener("keydown", on_key, true)
  filter.addEventListener("input", paint)
  pad.addEventListener("click", (event) => {
    const button = event.target.closest("button")
    if (!button) return
    if (button.dataset.kind) begin(button.dataset.kind, is_sure && !event.shiftKey)
    else if (button.dataset.act) act(button.dataset.act)
    else if (button.dataset.confirm !== undefined) confirm()
    else if (button.dataset.back !== undefined) go("verdict")
    else if (button.dataset.place) choose(Number(button.dataset.place))
    else if (button.dataset.sure !== undefined) { is_sure = Boolean(button.dataset.sure); paint() }
    else if (button.classList.contains("who")) return rename()
    button.blur()
  })
  model.on("view", show)
  model.on("msg:custom", (data) => {
    if (data.act === "saved") forget(data.client_id)
    if (data.act === "refused") {
      const lost = unsaved().find((entry) => entry.client_id === data.client_id)
      forget(data.client_id)
      if (lost) { reason.value ||= lost.reason; note.value ||= lost.note } // nothing typed is lost
    }
    const stays = data.act !== "saved" || data.is_last // else the next star follows with the view
    if (data.client_id === awaited && stays) awaited = ""
    if (["saved", "refused", "later"].includes(data.act)) paint()
  })
  const patience = setInterval(() => (el.isConnected ? send_again() : clearInterval(patience)), PATIENCE_MS / 2)
  show()
  for (const entry of mine()) model.send_msg({ ...entry, act: "verdict", resent: true })
}
