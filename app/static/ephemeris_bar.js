// Below the fold: two dials that turn the period and phase zero (the points follow in the browser
// alone, the server is told when the dial is let go), the ephemeris, and what can be done with it.

const SOURCES = ["light-curve-points", "light-curve-doubtful"]
const PIXELS_PER_CYCLE = 90 // of the period dial: one more cycle between the first and the last point

export function render({ model, view, el }) {
  const line = document.createElement("div")
  line.className = "ephemeris"
  line.innerHTML = `
    <div class="dial" data-dial="period" role="slider" tabindex="0" aria-label="Turn the period"
      title="Drag to turn the period (Shift: finely); arrow keys step"><b>P</b></div>
    <div class="dial" data-dial="zero" role="slider" tabindex="0" aria-label="Shift phase zero"
      title="Drag to shift phase zero; arrow keys step"><b>t₀</b></div>
    <output aria-label="Ephemeris"></output>
    <button data-act="refine" title="Go to the best period next to this one (e)">refine</button>
    <button data-act="copy" title="Copy the ephemeris">copy</button>
    <button data-act="keep" title="Keep this ephemeris for the star (k)">keep</button>`
  el.append(line)
  const find = (selector) => line.querySelector(selector)
  const output = find("output")

  let turned = null // {period, zero} while a dial is away from what the server knows
  const start = () => ({ period: model.period_days, zero: model.zero })
  const refold = ({ period, zero }) => {
    for (const name of SOURCES) {
      const source = view.model.document.get_model_by_name(name)
      if (!source) continue
      const { time, x, repeat } = source.data
      for (let i = 0; i < time.length; i++) {
        const cycles = (time[i] - zero) / period
        x[i] = cycles - Math.floor(cycles)
        repeat[i] = x[i] + 1
      }
      source.change.emit()
    }
    show_lines(false)
  }
  // what belongs to the old fold is hidden until the server has drawn the new one
  const show_lines = (visible) => {
    for (const name of ["light-curve-median", "light-curve-epochs"])
      view.model.document?.get_model_by_name(name)?.setv({ visible }, { sync: false })
  }
  const turn = (dial, from, pixels) => {
    const to = { ...from }
    if (dial === "period") to.period = 1 / (1 / from.period + pixels / PIXELS_PER_CYCLE / model.span_days)
    else {
      const figure = view.model.document.get_model_by_name("light-curve")
      to.zero = from.zero - (pixels / (figure.inner_width / 2)) * from.period
    }
    return to.period > 0 ? to : from
  }
  const tell = (dial) => {
    if (!turned) return
    model.send_msg({ act: "turned", dial, days: turned.period, shift: (turned.zero - model.zero) / turned.period })
    turned = null
  }
  const show = (dial, pixels) => {
    find(`[data-dial=${dial}]`).style.setProperty("--turn", `${pixels % 6}px`)
    output.textContent = dial === "period" ? `P ${turned.period.toPrecision(8)} d`
      : `t₀ ${((turned.zero - model.zero) / turned.period).toFixed(3)} cycles away`
  }

  for (const dial of line.querySelectorAll(".dial")) {
    const name = dial.dataset.dial
    dial.addEventListener("pointerdown", (event) => {
      const [x0, from] = [event.clientX, start()]
      dial.setPointerCapture(event.pointerId)
      dial.classList.add("turning")
      const move = (moved) => {
        const pixels = (moved.clientX - x0) * (moved.shiftKey ? 0.1 : 1)
        turned = turn(name, from, pixels)
        refold(turned)
        show(name, pixels)
      }
      const end = () => {
        dial.removeEventListener("pointermove", move)
        dial.classList.remove("turning")
        tell(name)
      }
      dial.addEventListener("pointermove", move)
      dial.addEventListener("lostpointercapture", end, { once: true })
    })
    dial.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
      if (!step) return
      event.preventDefault()
      event.stopPropagation()
      turned = turn(name, turned ?? start(), step * (event.shiftKey ? 1 : 5))
      refold(turned)
      show(name, step)
    })
    dial.addEventListener("keyup", (event) => { if (event.key.startsWith("Arrow")) tell(name) })
  }

  const paint = () => {
    if (!turned) show_lines(true)
    output.textContent = model.text
    output.title = model.explained
    for (const dial of line.querySelectorAll(".dial")) dial.setAttribute("aria-disabled", !model.folded)
    find("[data-dial=period]").setAttribute("aria-valuenow", model.period_days)
    find("[data-dial=zero]").setAttribute("aria-valuenow", model.zero)
    const keep = find("[data-act=keep]")
    keep.setAttribute("aria-pressed", model.kept)
    keep.textContent = model.kept ? "kept" : "keep"
    for (const button of line.querySelectorAll("button")) button.hidden = !model.folded
  }
  line.addEventListener("click", (event) => {
    const button = event.target.closest("button")
    if (!button) return
    if (button.dataset.act !== "copy") return model.send_msg({ act: button.dataset.act })
    const then = (done) => {
      button.textContent = done ? "copied" : "not copied"
      setTimeout(() => { button.textContent = "copy" }, 900)
    }
    window.dispatchEvent(new CustomEvent("astrom3:copy", { detail: { text: model.copied, then } }))
  })
  for (const name of ["text", "explained", "folded", "kept", "period_days", "zero"]) model.on(name, paint)
  paint()
}
