// Above the light curve: time or fold, what else is drawn, the period in any unit, and small folds
// at other periods, each a button. The small folds are drawn here, from a few of the points.

const MULTIPLES = [["⅓P", 1 / 3], ["½P", 0.5], ["P", 1], ["2P", 2], ["3P", 3]]
const UNITS = { d: (p) => p, h: (p) => 24 * p, min: (p) => 1440 * p, "c/d": (p) => 1 / p }
const TOGGLES = {
  residuals: ["− fit", "Take the median of the fold away (d)"],
  cameras: ["cameras", "Colour the points by camera (o)"],
}

const digits = (x, n) => String(Number(x.toPrecision(n)))

export function render({ model, el }) {
  const bar = document.createElement("div")
  bar.className = "fold-bar"
  bar.innerHTML = `
    <div class="line">
      <span class="group" role="group" aria-label="Light curve against">
        <button data-view="time" title="Against time (f)">time</button><button data-view="fold" title="Folded over two cycles (f)">fold</button>
      </span>
      ${Object.entries(TOGGLES).map(([name, [text, title]]) =>
        `<button class="toggle" data-toggle="${name}" title="${title}">${text}</button>`).join("")}
      <span class="gap"></span>
      <input type="text" class="num" aria-label="Period of the fold" spellcheck="false" autocomplete="off"
        title="Type a period and press Enter: 12.5, 12.5 h, 1.92 c/d">
      <select aria-label="Unit of the period">${Object.keys(UNITS).map((u) => `<option>${u}</option>`).join("")}</select>
    </div>
    <div class="strip" role="group" aria-label="Folds at other periods"></div>
    <div class="all" role="group" aria-label="All folds" hidden></div>`
  el.append(bar)
  const find = (selector) => bar.querySelector(selector)
  const [strip, all, field, unit] = [find(".strip"), find(".all"), find("input"), find("select")]

  let points = JSON.parse(model.points) // t, y of the small folds
  const shown = () => model.period_days * model.factor
  // [name, period, factor or 0 where it is no multiple of P]
  const folds = () => [
    ...MULTIPLES.map(([name, factor]) => [name, model.period_days * factor, factor]),
    ...model.others.map(([name, days]) => [name, days, 0]),
  ]
  const cell = (fold) => {
    const button = document.createElement("button")
    button.className = "cell"
    button.innerHTML = `<canvas aria-hidden="true"></canvas><span></span>`
    return describe(button, fold)
  }
  const describe = (button, [name, days, factor]) => {
    button.dataset.days = days
    if (factor) button.dataset.factor = factor
    button.dataset.name = name
    button.setAttribute("aria-label", name)
    button.title = `${name}: fold at ${digits(days, 8)} d`
    button.lastElementChild.textContent = name
    return button
  }
  const draw = (canvas, days, on) => {
    const ratio = window.devicePixelRatio || 1
    const [width, height] = [canvas.clientWidth, canvas.clientHeight]
    if (!width || !points.t) return
    if (canvas.width !== Math.floor(width * ratio) || canvas.height !== Math.floor(height * ratio)) {
      canvas.width = width * ratio
      canvas.height = height * ratio
    }
    const pen = canvas.getContext("2d")
    pen.setTransform(ratio, 0, 0, ratio, 0, 0)
    pen.clearRect(0, 0, width, height)
    pen.fillStyle = getComputedStyle(bar).getPropertyValue(on ? "--accent" : "--fg")
    const { t, y } = points
    for (let cycle = 0; cycle < 2; cycle++) {
      pen.globalAlpha = (on ? 0.9 : 0.62) / (1 + 0.8 * cycle)
      for (let i = 0; i < t.length; i++) {
        const cycles = (t[i] - model.zero) / days
        const phase = cycles - Math.floor(cycles) + cycle
        pen.fillRect((phase / 2) * (width - 3) + 0.7, 1 + y[i] * (height - 3.6), 1.6, 1.6)
      }
    }
  }
  const is_on = (button) => model.folded && Math.abs(Number(button.dataset.days) / shown() - 1) < 1e-9
  const paint_cells = (parent) => {
    for (const button of parent.querySelectorAll(".cell")) {
      const on = is_on(button)
      button.setAttribute("aria-pressed", on)
      draw(button.querySelector("canvas"), Number(button.dataset.days), on)
    }
  }
  const fill = () => { // the cells stay: what is made anew has to be laid out before it is drawn
    const multiples = folds().slice(0, MULTIPLES.length)
    if (strip.children.length === 0) {
      const more = document.createElement("button")
      more.className = "more"
      more.innerHTML = "<b></b><span>others</span>"
      more.title = "All other periods: aliases, other catalogues (a)"
      strip.append(...multiples.map(cell), more)
    } else multiples.forEach((fold, i) => describe(strip.children[i], fold))
    const more = strip.querySelector(".more")
    more.hidden = model.others.length === 0
    more.firstElementChild.textContent = `+${model.others.length}`
    more.setAttribute("aria-expanded", !all.hidden)
    paint_cells(strip)
    if (!all.hidden) fill_all()
  }
  const fill_all = () => {
    all.replaceChildren(...folds().slice(MULTIPLES.length).map((fold) => {
      const button = cell(fold)
      const days = document.createElement("i")
      days.textContent = `${digits(fold[1], 6)} d`
      button.append(days)
      return button
    }))
    paint_cells(all)
  }
  const open_all = (open) => {
    all.hidden = !open || model.others.length === 0
    strip.querySelector(".more")?.setAttribute("aria-expanded", !all.hidden)
    if (!all.hidden) {
      fill_all()
      all.querySelector("button")?.focus({ preventScroll: true })
    }
  }
  const paint = () => {
    const can_fold = model.period_days > 0
    for (const button of bar.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", (button.dataset.view === "fold") === model.folded)
      button.disabled = !can_fold
    }
    for (const button of bar.querySelectorAll("[data-toggle]")) {
      const name = button.dataset.toggle
      button.setAttribute("aria-pressed", model[name])
      button.hidden = name === "cameras" && !model.has_cameras
      button.disabled = name === "residuals" && !model.can_subtract
    }
    field.value = can_fold ? digits(UNITS[unit.value](shown()), 8) : ""
    strip.hidden = !can_fold
    if (can_fold) fill()
    else all.hidden = true
  }

  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button")
    if (!button) return
    const { view, toggle, factor, days, name } = button.dataset
    if (button.classList.contains("more")) return open_all(all.hidden)
    if (view) model.send_msg({ act: "view", view })
    else if (toggle) model.send_msg({ act: toggle })
    else if (factor) model.send_msg({ act: "factor", factor: Number(factor) })
    else if (days) model.send_msg({ act: "period", days: Number(days), name })
    if (all.contains(button)) open_all(false)
  })
  bar.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !all.hidden) {
      event.stopPropagation()
      open_all(false)
      strip.querySelector(".more")?.focus()
    }
  })
  const type = () => { if (field.value.trim()) model.send_msg({ act: "typed", text: field.value, unit: unit.value }) }
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { type(); field.blur() }
    if (event.key === "Escape") { paint(); field.blur() }
  })
  unit.addEventListener("change", () => { paint(); unit.blur() })

  let waiting = false // several parameters change together: paint once
  const soon = () => {
    if (waiting) return
    waiting = true
    queueMicrotask(() => { waiting = false; paint() })
  }
  model.on("points", () => { points = JSON.parse(model.points) })
  for (const name of ["folded", "factor", "period_days", "zero", "points", "others", "residuals", "cameras",
    "has_cameras", "can_subtract", "theme"]) model.on(name, soon)
  model.on("msg:custom", (data) => {
    if (data.act === "all") open_all(all.hidden)
    if (data.act === "undo") paint()
  })
  new ResizeObserver(() => { paint_cells(strip); paint_cells(all) }).observe(bar)
  paint()
}
