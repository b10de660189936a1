// The modes, one under the other: what the tray holds and which controls stand beside it.

const PATHS = {
  Explore: '<circle cx="8" cy="8" r="6"/><path d="m10.4 5.6-1.6 3.2-3.2 1.6 1.6-3.2z"/>',
  Vet: '<path d="M3 8.5 6.5 12 13 4.5"/>',
  Search: '<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 4 4"/>',
  Cluster: '<circle cx="5" cy="5" r="2.6"/><circle cx="11.2" cy="6.5" r="1.9"/><circle cx="7" cy="12" r="1.9"/>',
  Report: '<path d="M4 1.8h5.5L12.5 5v9.2H4zM6.5 8h3.5M6.5 11h3.5"/>',
}

export function render({ model, el }) {
  const rail = document.createElement("div")
  rail.className = "rail"
  for (const mode of model.modes) {
    const button = document.createElement("button")
    button.dataset.mode = mode
    button.title = model.hints[mode] ?? mode
    button.innerHTML = `<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${PATHS[mode] ?? ""}</svg><span>${mode}</span>`
    button.addEventListener("click", () => {
      if (model.mode !== mode) model.mode = mode
      else model.send_msg({ act: "go", mode }) // another tab may be in front
    })
    rail.append(button)
  }
  el.append(rail)
  const paint = () => {
    for (const button of rail.children) button.setAttribute("aria-pressed", button.dataset.mode === model.mode)
  }
  model.on("mode", paint)
  paint()
}
