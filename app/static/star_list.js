// A list of stars, one row each, of any length: only the rows in view are in the page.
// Python renders the rows (escaped HTML); this file scrolls, picks and walks (click, ↑ ↓, Enter).

export function render({ model, el }) {
  const head = document.createElement("div")
  head.className = "head"
  const list = document.createElement("div")
  list.className = "list"
  list.tabIndex = 0
  list.setAttribute("role", "listbox")
  const spacer = document.createElement("div")
  spacer.className = "spacer"
  const rows = document.createElement("div")
  rows.className = "rows"
  const empty = document.createElement("div")
  empty.className = "empty"
  spacer.append(rows)
  list.append(head, spacer)
  el.classList.add("star-list")
  el.append(list, empty)

  let asked = -1 // top row of the window that was asked for
  let current = model.active // where the person is, ahead of the server's answer
  let awaited = null // the pick the server has not answered yet
  let patience = 0

  const paint_rows = () => {
    rows.style.transform = `translateY(${model.first * model.row_height}px)`
    rows.innerHTML = model.rows_html
    mark_active()
  }
  const paint_frame = () => {
    el.style.setProperty("--row-height", `${model.row_height}px`)
    spacer.style.height = `${model.total * model.row_height}px`
    head.innerHTML = model.head_html
    list.hidden = model.total === 0
    empty.hidden = model.total > 0
    empty.innerHTML = model.empty_html
    list.setAttribute("aria-label", model.label)
  }
  const mark_active = () => {
    for (const row of rows.children) {
      const is_active = Number(row.dataset.index) === current
      row.classList.toggle("active", is_active)
      row.setAttribute("aria-selected", is_active)
    }
  }
  const keep_in_view = () => {
    if (current < 0 || list.clientHeight === 0) return
    const top = current * model.row_height
    const room = list.clientHeight - head.offsetHeight
    if (top < list.scrollTop) list.scrollTop = top
    else if (top + model.row_height > list.scrollTop + room) list.scrollTop = top + model.row_height - room
  }
  const ask_for_window = () => {
    const height = model.row_height
    const top = Math.floor(list.scrollTop / height)
    const bottom = Math.ceil((list.scrollTop + list.clientHeight) / height)
    const last = model.first + rows.children.length
    if ((top >= model.first && Math.min(bottom, model.total) <= last) || asked === top) return
    asked = top
    model.send_msg({ type: "window", first: Math.max(0, top - 6) })
  }
  const open = (index) => {
    if (index >= 0 && index < model.total) model.send_msg({ type: "open", index })
  }
  // The mark moves at once; the server is told where it is now whenever it has answered the last.
  const go_to = (index) => {
    if (index < 0 || index >= model.total) return
    current = index
    mark_active()
    keep_in_view()
    if (awaited === null) tell()
  }
  const tell = () => {
    model.send_msg({ type: "pick", index: current })
    if (current === model.active) return // nothing will change, so nothing will be answered
    awaited = current
    clearTimeout(patience)
    patience = setTimeout(() => { awaited = null }, 2000)
  }
  const answered = () => {
    const moved_on = awaited !== null && current !== awaited
    awaited = null
    if (moved_on) return tell()
    current = model.active
    mark_active()
    keep_in_view()
  }

  list.addEventListener("scroll", ask_for_window, { passive: true })
  rows.addEventListener("click", (event) => {
    const row = event.target.closest("[data-index]")
    if (row) go_to(Number(row.dataset.index))
  })
  rows.addEventListener("dblclick", (event) => {
    const row = event.target.closest("[data-index]")
    if (row) open(Number(row.dataset.index))
  })

  const typing = (event) => {
    const target = event.composedPath()[0]
    return target instanceof Element && target.closest("input, textarea, select, [role=slider], [contenteditable]")
  }
  const on_key = (event) => {
    if (!list.isConnected) return window.removeEventListener("keydown", on_key)
    if (typing(event) || event.ctrlKey || event.metaKey || event.altKey) return
    if (list.clientHeight === 0 || model.total === 0) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) {
      event.preventDefault()
      go_to(current < 0 ? 0 : Math.min(model.total - 1, Math.max(0, current + step)))
    } else if (event.key === "Enter" && event.composedPath().includes(list)) {
      open(current)
    }
  }
  window.addEventListener("keydown", on_key)
  new ResizeObserver(ask_for_window).observe(list)

  model.on("rows_html", () => { asked = -1; paint_rows(); ask_for_window() })
  model.on("first", paint_rows)
  model.on("active", answered)
  for (const name of ["total", "head_html", "empty_html", "label", "row_height"]) model.on(name, paint_frame)
  model.on("msg:custom", (data) => {
    if (data.type !== "top") return
    awaited = null
    asked = -1
    current = model.active
    list.scrollTop = 0
    mark_active()
  })

  paint_frame()
  paint_rows()
}
