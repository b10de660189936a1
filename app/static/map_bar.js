// The bar above a map: what it shows, what a drag does, back to everything, and a remark.

const icon = (path) => `<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${path}</svg>`
const TOOLS = {
  pan: ["Drag moves the map (p)", icon('<path d="M8 1.5v13M1.5 8h13M6 3.5l2-2 2 2M6 12.5l2 2 2-2M3.5 6l-2 2 2 2M12.5 6l2 2-2 2"/>')],
  lasso: ["Drag draws a lasso (l)", icon('<path d="M5 11.5C2.6 10.800 1.500 9 1.500 7c0-2.800 2.900-4.800 6.500-4.800S14.500 4.200 14.500 7s-2.900 4.500-6 4.500"/><circle cx="6.500" cy="11.800" r="1.600"/><path d="M6 13.300c.2 1-.5 1.700-1.500 1.700"/>')],
  box: ["Drag draws a box (b)", icon('<rect x="2.500" y="3.500" width="11" height="9" rx="1" stroke-dasharray="2.200 1.800"/>')],
}
const ALL = icon('<path d="M2 6V2h4M14 6V2h-4M2 10v4h4M14 10v4h-4"/>')

export function render({ model, el }) {
  const bar = document.createElement("div")
  bar.className = "bar"
  bar.innerHTML = `
    <select class="what" aria-label="${model.label}"></select>
    <span class="pair"><select class="x" aria-label="Column along x"></select><span class="muted">·</span><select class="y" aria-label="Column along y"></select></span>
    <span class="gap"></span>
    <span class="group">${Object.entries(TOOLS).map(([tool, [title, drawing]]) =>
      `<button data-tool="${tool}" title="${title}" aria-label="${title}">${drawing}</button>`).join("")}</span>
    <button class="all" title="Show all (double click)" aria-label="Show all">${ALL}</button>
    <div class="note"><span></span></div>`
  el.append(bar)
  const what = bar.querySelector(".what")
  const note = bar.querySelector(".note span")

  const pair = bar.querySelector(".pair")
  const [x, y] = pair.querySelectorAll("select")
  const options = (choices) => Object.entries(choices).map(([value, text]) => new Option(text, value))
  const names = Object.keys(model.columns)

  const fill = () => {
    what.replaceChildren(...options(model.options))
    if (names.length > 1) what.append(new Option("Any two columns", "xy"))
    for (const axis of [x, y]) axis.replaceChildren(...options(model.columns))
    what.hidden = what.options.length === 0
    paint()
  }
  const paint = () => {
    const is_pair = model.value.startsWith("xy:")
    what.value = is_pair ? "xy" : model.value
    pair.hidden = !is_pair
    if (is_pair) [x.value, y.value] = model.value.slice(3).split("~")
    note.textContent = model.note
  }
  const press = (tool) => {
    for (const button of bar.querySelectorAll("[data-tool]"))
      button.setAttribute("aria-pressed", button.dataset.tool === tool)
  }
  what.addEventListener("change", () => {
    const first = (wanted, place) => names.includes(wanted) ? wanted : names[place]
    model.value = what.value === "xy" ? `xy:${first("bp_rp", 0)}~${first("phot_g_mean_mag", 1)}` : what.value
    what.blur()
  })
  for (const axis of [x, y]) axis.addEventListener("change", () => {
    model.value = `xy:${x.value}~${y.value}`
    axis.blur()
  })
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button")
    if (button?.dataset.tool) window.dispatchEvent(new CustomEvent("astrom3:tool", { detail: button.dataset.tool }))
    else if (button?.classList.contains("all")) model.send_msg({ act: "show_all" })
  })
  model.on("options", fill)
  for (const name of ["value", "note"]) model.on(name, paint)
  window.addEventListener("astrom3:tool", (event) => press(event.detail))
  fill()
  press(sessionStorage.getItem("astrom3:tool") ?? "pan")
}
