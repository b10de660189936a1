// A button that hands a file to the server piece by piece: the next piece goes when the last one
// has arrived, and nothing goes of a file that is too large.

const PIECE = 393216 // a multiple of 3: pieces in base64 can be joined

export function render({ model, el }) {
  const button = document.createElement("button")
  button.type = "button"
  const input = document.createElement("input")
  input.type = "file"
  input.hidden = true
  el.append(button, input)
  const label = () => { button.textContent = model.label; input.accept = model.accept; button.title = model.hint }
  label()
  model.on("label", label)

  let file = null
  const send = async (first) => {
    const piece = new Uint8Array(await file.slice(first, first + PIECE).arrayBuffer())
    let text = ""
    for (let i = 0; i < piece.length; i += 32768) text += String.fromCharCode(...piece.subarray(i, i + 32768))
    model.send_msg({ type: "piece", first, size: file.size, name: file.name, data: btoa(text) })
  }
  const take = (chosen) => {
    if (!chosen) return
    file = chosen
    if (file.size > model.max_bytes) model.send_msg({ type: "too large", name: file.name, size: file.size })
    else send(0)
  }
  button.addEventListener("click", () => input.click())
  input.addEventListener("change", () => { take(input.files[0]); input.value = "" })
  button.addEventListener("dragover", (event) => { event.preventDefault(); button.classList.add("over") })
  button.addEventListener("dragleave", () => button.classList.remove("over"))
  button.addEventListener("drop", (event) => {
    event.preventDefault()
    button.classList.remove("over")
    take(event.dataTransfer.files[0])
  })
  model.on("msg:custom", (message) => { if (message.next > 0 && file) send(message.next) })
}
