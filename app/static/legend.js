// The legend: every class with its marker, colour and count. Click switches it; double click, or
// click with Alt, leaves it alone on; families are set apart.

export function render({ model, el }) {
  const box = document.createElement("div")
  box.className = "legend"
  box.innerHTML = `<select aria-label="Colour by"></select><div class="room"><div class="reserve" inert aria-hidden="true"></div><div class="entries"></div></div>
    <select class="over" aria-label="Lay over the maps" title="Stars of a class drawn large above all others"></select>
    <button class="all" title="Switch all classes on">all</button>`
  el.append(box)
  const by = box.querySelector("select")
  const entries = box.querySelector(".entries")
  const all = box.querySelector(".all")

  // room for the classes of the catalogue, whatever is shown: the maps above keep their size
  box.querySelector(".reserve").innerHTML = model.reserve_html.replaceAll("data-label", "data-of")

  const over = box.querySelector(".over")
  const options = (choices) => Object.entries(choices).map(([value, text]) => new Option(text, value))

  const fill = () => {
    by.replaceChildren(...Object.entries(model.options).map(([group, choices]) => {
      const found = document.createElement("optgroup")
      found.label = group
      found.append(...options(choices))
      return found
    }))
    by.value = model.color_by
    over.replaceChildren(...options(model.over_options))
    entries.innerHTML = model.entries_html
    entries.classList.toggle("scale", model.is_scale)
    paint()
  }
  const paint = () => {
    by.value = model.color_by
    over.value = model.over
    over.classList.toggle("quiet", model.over === "")
    for (const entry of entries.querySelectorAll("[data-label]"))
      entry.setAttribute("aria-pressed", !model.hidden_labels.includes(entry.dataset.label))
    all.disabled = model.hidden_labels.length === 0
  }
  const labels = () => [...entries.querySelectorAll("[data-label]")].map((entry) => entry.dataset.label)
  const only = (label) => labels().filter((other) => other !== label)
  const toggle = (label) => {
    const hidden = model.hidden_labels
    model.hidden_labels = hidden.includes(label) ? hidden.filter((other) => other !== label) : [...hidden, label]
  }

  entries.addEventListener("click", (event) => {
    const entry = event.target.closest("[data-label]")
    if (!entry || event.detail > 1) return
    if (event.altKey) model.hidden_labels = only(entry.dataset.label)
    else toggle(entry.dataset.label)
  })
  entries.addEventListener("dblclick", (event) => {
    const entry = event.target.closest("[data-label]")
    if (entry) model.hidden_labels = only(entry.dataset.label)
  })
  all.addEventListener("click", () => { model.hidden_labels = [] })
  by.addEventListener("change", () => { model.color_by = by.value; by.blur() })
  over.addEventListener("change", () => { model.over = over.value; over.blur() })
  for (const name of ["entries_html", "options", "over_options", "is_scale"]) model.on(name, fill)
  for (const name of ["hidden_labels", "color_by", "over"]) model.on(name, paint)
  fill()
}
