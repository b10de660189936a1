// Names for screen readers where Bokeh gives none: a box to tick, the handle
// of a slider, the arrows of a number.

(() => {
  const name = {
    Slider: (view) => {
      for (const handle of view.shadow_el.querySelectorAll(".noUi-handle")) handle.setAttribute("aria-label", view.model.title)
    },
    Checkbox: (view) => view.shadow_el.querySelector("input")?.setAttribute("aria-label", view.model.label),
    Spinner: (view) => {
      for (const [arrow, words] of [["up", "one more"], ["down", "one less"]])
        view.shadow_el.querySelector(`.bk-spin-btn-${arrow}`)?.setAttribute("aria-label", words)
    },
  }
  for (const [model, act] of Object.entries(name)) {
    const view_type = Bokeh.Models.get(model).prototype.default_view.prototype
    const plain = view_type.render
    view_type.render = function () { plain.call(this); act(this) }
  }
})()
