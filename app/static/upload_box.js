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
      <input class="place" placeholder="RA Dec, else the file’s" aria-label="Place on the sky" title="Right ascension and declination, in degrees or h m s">
    </div>
    <div class="said" role="status"></div>
    <div class="ends"><button class="keep" title="Keep it beside the atlas, for all who open it">keep</button><button class="forget"></button><button class="remove">remove</button></div>
    <select class="kept" aria-label="Kept uploads"></select>`
  el.append(box)
  const find = (selector) => box.querySelector(selector)
  const input = find("[type=file]")
  let files = []
  let sent = {}

  const say = (html) => { find(".said").innerHTML = html }
  const paint = () => {
    box.dataset.status = model.status
    say(model.status === "busy" ? "<i class='spinner'></i> Embedding with the atlas’s model…" : model.text_html)
    const is_kept = model.status === "done" && model.kept_key >= 0
    find(".forget").hidden = !["done", "failed", "busy"].includes(model.status)
    find(".forget").textContent = model.status === "busy" ? "stop" : is_kept ? "close" : "forget it"
    find(".keep").hidden = model.status !== "done" || is_kept
    find(".remove").hidden = !is_kept
    const chosen = find(".kept")
    chosen.hidden = !model.kept.length || model.status === "busy"
    chosen.replaceChildren(...[[-1, "kept uploads…"], ...model.kept].map(([key, name]) => new Option(name, key)))
    chosen.value = String(is_kept ? model.kept_key : -1)
    for (const name of [".drop", ".known"]) find(name).hidden = model.status === "off"
  }
  const send = () => {
    if (!files.length) return
    const text = find(".period").value.trim().replace(",", ".")
    const period_days = text === "" ? null : Number(text)
    if (period_days !== null && !(period_days > 0)) return say("The period must be a positive number of days.")
    const request = { files, period_days, is_air: find(".air").checked }
    if (Object.keys(request).every((name) => request[name] === sent[name])) return
    sent = request
    model.send_msg({ act: "embed", request })
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
  find(".place").addEventListener("change", () => model.send_msg({ act: "place", text: find(".place").value }))
  const forget = () => { files = []; sent = {}; find(".place").value = "" }
  find(".forget").addEventListener("click", () => { forget(); model.send_msg({ act: "forget" }) })
  find(".keep").addEventListener("click", () => model.send_msg({ act: "keep" }))
  find(".remove").addEventListener("click", () => model.send_msg({ act: "remove" }))
  find(".kept").addEventListener("change", (event) => {
    forget()
    const key = Number(event.target.value)
    model.send_msg(key < 0 ? { act: "forget" } : { act: "open", key })
  })
  for (const name of ["status", "text_html", "kept", "kept_key"]) model.on(name, paint)
  paint()
}
