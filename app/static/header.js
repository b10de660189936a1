// The header: which atlas, how much is selected, search, theme, help, and one line of notices.

const icon = (path) => `<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${path}</svg>`
const ICONS = {
  undo: icon('<path d="M6 3 2.5 6.5 6 10M3 6.5h6a4 4 0 0 1 0 8H7"/>'),
  redo: icon('<path d="m10 3 3.5 3.5L10 10M13 6.5H7a4 4 0 0 0 0 8h2"/>'),
  clear: icon('<path d="m4 4 8 8M12 4l-8 8"/>'),
  light: icon('<path d="M13.5 9.8A6 6 0 1 1 6.2 2.5a5 5 0 0 0 7.3 7.3z"/>'),
  dark: icon('<circle cx="8" cy="8" r="3"/><path d="M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1"/>'),
  search: icon('<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 4 4"/>'),
  replace: icon('<rect x="3" y="3" width="10" height="10" rx="1.5"/>'),
  add: icon('<path d="M8 3v10M3 8h10"/>'),
  subtract: icon('<path d="M3 8h10"/>'),
  intersect: icon('<circle cx="6" cy="8" r="4"/><circle cx="10" cy="8" r="4"/>'),
}
const MODES = {
  replace: "The next lasso replaces the selection",
  add: "The next lasso adds to the selection (hold Shift)",
  subtract: "The next lasso takes away from the selection (hold Alt)",
  intersect: "The next lasso keeps what is in both (hold Shift and Alt)",
}

export function render({ model, el }) {
  const bar = document.createElement("div")
  bar.className = "bar"
  bar.innerHTML = `
    <div class="brand">${model.logo}<h1>AstroM³ Explorer</h1></div>
    <div class="atlas"><span class="name"></span><span class="badge" title="These stars were made by a computer">SIMULATED</span></div>
    <div class="selected" role="status"><b class="num count"></b> <span class="muted num total"></span></div>
    <div class="acts">
      <button data-act="undo" title="Undo the selection (u)" aria-label="Undo">${ICONS.undo}</button>
      <button data-act="redo" title="Redo (r)" aria-label="Redo">${ICONS.redo}</button>
      <button data-act="clear" title="Clear the selection (Esc)" aria-label="Clear">${ICONS.clear}</button>
      <span class="group modes">${Object.keys(MODES).map((mode) =>
        `<button data-mode="${mode}" title="${MODES[mode]}" aria-label="${mode}">${ICONS[mode]}</button>`).join("")}</span>
    </div>
    <form class="search">${ICONS.search}<input type="search" name="star" spellcheck="false" autocomplete="off"
      placeholder="Find a star: id, name, or RA Dec" aria-label="Find a star"><kbd>/</kbd></form>
    <div class="right">
      <button data-act="theme" aria-label="Light or dark" title="Light or dark (t)"></button>
      <button data-act="help" title="Keys and gestures (?)" aria-label="Help"><b>?</b></button>
    </div>
    <div class="notice" role="status"></div>`
  el.append(bar)
  const find = (selector) => bar.querySelector(selector)
  const input = find("input")

  const paint = () => {
    find(".name").textContent = model.atlas_name
    find(".badge").hidden = !model.is_synthetic
    find(".count").textContent = model.n_selected.toLocaleString("en-US")
    find(".total").textContent = `of ${model.n_total.toLocaleString("en-US")} selected`
    find(".selected").classList.toggle("some", model.n_selected > 0)
    find("[data-act=undo]").disabled = !model.can_undo
    find("[data-act=redo]").disabled = !model.can_redo
    find("[data-act=clear]").disabled = model.n_selected === 0
    find("[data-act=theme]").innerHTML = ICONS[model.theme]
    for (const button of bar.querySelectorAll("[data-mode]"))
      button.setAttribute("aria-pressed", button.dataset.mode === model.select_mode)
    document.documentElement.dataset.theme = model.theme
  }
  let timer = 0
  const say = (text) => {
    const line = find(".notice")
    line.textContent = text
    line.classList.toggle("shown", text !== "")
    clearTimeout(timer)
  }
  const notice = () => {
    say(model.notice)
    if (model.notice) timer = setTimeout(() => model.send_msg({ act: "dismiss" }), 6000)
  }

  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button")
    if (button?.dataset.act) model.send_msg({ act: button.dataset.act })
    else if (button?.dataset.mode) model.send_msg({ act: "mode", mode: button.dataset.mode })
    else if (event.target.closest(".notice")) model.send_msg({ act: "dismiss" })
  })
  find("form").addEventListener("submit", (event) => {
    event.preventDefault()
    model.send_msg({ act: "search", text: input.value })
    input.select()
  })
  input.addEventListener("keydown", (event) => { if (event.key === "Escape") input.blur() })
  window.addEventListener("astrom3:notice", (event) => say(event.detail))
  window.addEventListener("astrom3:search", () => { input.focus(); input.select() })

  for (const name of ["atlas_name", "is_synthetic", "n_selected", "n_total", "can_undo", "can_redo", "theme", "select_mode"])
    model.on(name, paint)
  model.on("notice", notice)
  paint()
  notice()
}
