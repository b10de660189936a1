// Selects, two a row; the server knows what their options mean.

export function render({ model, el }) {
  const box = document.createElement("div")
  box.className = "filters"
  el.append(box)

  const fill = () => {
    box.replaceChildren(...model.fields.map((field) => {
      const select = document.createElement("select")
      select.name = field.name
      select.title = field.hint
      select.setAttribute("aria-label", field.hint)
      select.append(...field.words.map((text, place) => new Option(text, place)))
      select.addEventListener("change", () => {
        model.send_msg({ act: "choose", name: field.name, place: Number(select.value) })
        select.blur() // the keys belong to the verdicts again
      })
      return select
    }))
    paint()
  }
  const paint = () => {
    for (const select of box.children) {
      select.value = model.chosen[select.name]
      select.classList.toggle("active", select.value !== "0")
      select.disabled = select.options.length < 2
    }
  }
  model.on("fields", fill)
  model.on("chosen", paint)
  fill()
}
