// A box for files: dropped or chosen, read here, sent as base64 in one message. What is known about
// them (a period, air wavelengths) can be said before or after; then they are sent again.

const as_base64 = (file) => new Promise((resolve, reject) => {
  const reader = new FileReader()
  reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1))
  reader.onerror = () => reject(reader.error)
  reader.readAsDataURL(file)
})

export function render({ model, el }) {
  const box = document.createElement("div")
  box.className = "box"
  box.innerHTML = `
    <button class="drop"><b>Light curve, spectrum</b><span class="muted">drop or choose: CSV, FITS, VOTable, ECSV</span></button>
    <input type="file" multiple hidden aria-label="Light curve or spectrum" accept="${model.endings}">
    <div class="known">
      <input class="period" inputmode="decimal" placeholder="period [d], else found" aria-label="Period in days">
      <label title="Wavelengths in air; else taken as in vacuum"><input type="checkbox" class="air"> air</label>
    </div>
    <div class="said" role="status"></div>
    <button class="forget">forget it</button>`
  el.append(box)
  const find = (selector) => box.querySelector(selector)
  const input = find("[type=file]")
  let files = []

  const say = (html) => { find(".said").innerHTML = html }
  const paint = () => {
    box.dataset.status = model.status
    say(model.status === "busy" ? "<i class='spinner'></i> Embedding with the atlas’s model…" : model.text_html)
    find(".forget").hidden = !["done", "failed", "busy"].includes(model.status)
    for (const name of [".drop", ".known"]) find(name).hidden = model.status === "off"
  }
  const send = () => {
    if (!files.length) return
    const text = find(".period").value.trim().replace(",", ".")
    const period_days = text === "" ? null : Number(text)
    if (period_days !== null && !(period_days > 0)) return say("The period must be a positive number of days.")
    model.send_msg({ act: "embed", request: { files, period_days, is_air: find(".air").checked } })
  }
  const take = async (chosen) => {
    const list = [...chosen]
    const total = list.reduce((sum, file) => sum + file.size, 0)
    if (!list.length) return
    if (total > model.max_bytes)
      return say(`${(total / 1e6).toFixed(1)} MB are too much; at most ${model.max_bytes / 1e6} MB are taken.`)
    files = await Promise.all(list.map(async (file) => ({ name: file.name, content: await as_base64(file) })))
    send()
  }

  find(".drop").addEventListener("click", () => input.click())
  input.addEventListener("change", () => { take(input.files); input.value = "" })
  box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over") })
  box.addEventListener("dragleave", () => box.classList.remove("over"))
  box.addEventListener("drop", (event) => {
    event.preventDefault()
    box.classList.remove("over")
    take(event.dataTransfer.files)
  })
  find(".period").addEventListener("change", send)
  find(".air").addEventListener("change", send)
  find(".forget").addEventListener("click", () => { files = []; model.send_msg({ act: "forget" }) })
  for (const name of ["status", "text_html"]) model.on(name, paint)
  paint()
}
