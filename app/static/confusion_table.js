// A confusion matrix: a click on a cell, a row's or a column's name selects its stars.

export function render({ model, el }) {
  const box = document.createElement("div")
  box.className = "box"
  el.append(box)
  const mark = () => {
    for (const button of box.querySelectorAll("td button"))
      button.classList.toggle("picked", button.dataset.label === model.picked[0] && button.dataset.predicted === model.picked[1])
  }
  const paint = () => { box.innerHTML = model.table_html; mark() }
  box.addEventListener("click", (event) => {
    const button = event.target.closest("button")
    if (button) model.send_msg({ label: button.dataset.label, predicted: button.dataset.predicted })
  })
  model.on("table_html", paint)
  model.on("picked", mark)
  paint()
}
