// Select by a condition, a class, pasted or dropped identifiers; keep a selection, bring one back.

export function render({ model, el }) {
  const form = document.createElement("div")
  form.className = "form"
  form.innerHTML = `
    <input class="where" list="columns" spellcheck="false" autocomplete="off" aria-label="Condition"
      placeholder="period_days < 1 and amplitude > 0.3" title="A condition on the columns; Enter selects">
    <datalist id="columns"></datalist>
    <div class="line"><select class="class" aria-label="Select a class"></select></div>
    <div class="line"><textarea class="ids" rows="1" spellcheck="false" aria-label="Identifiers or names"
      placeholder="paste ids or names" title="Identifiers or names, one a line, or a file dropped here; Ctrl+Enter selects"></textarea>
      <button class="open" title="A file of identifiers or names, one a line or the first column of a CSV">file…</button>
      <input type="file" class="file" aria-label="File of identifiers or names" hidden></div>
    <div class="line keep"><input class="name" maxlength="80" placeholder="name it to keep it" aria-label="Name of the selection">
      <button class="save">keep</button></div>
    <div class="line kept"><select class="saved" aria-label="Kept selections"></select>
      <button class="delete" title="Take it from the list" aria-label="Delete">✕</button></div>
    <div class="wrong" role="alert"></div>`
  el.append(form)
  const find = (selector) => form.querySelector(selector)
  const options = (select, first, entries) => {
    select.replaceChildren(new Option(first, ""), ...entries.map(([text, value]) => new Option(text, value)))
    select.value = ""
  }
  const fill = () => {
    find("datalist").replaceChildren(...model.columns.map((name) => new Option(name)))
    options(find(".class"), "select a class…", model.classes.map((name) => [name, name]))
    options(find(".saved"), "bring one back…", Object.entries(model.saved))
    find(".kept").hidden = Object.keys(model.saved).length === 0
    find(".delete").hidden = true
  }
  const paint = () => {
    find(".wrong").textContent = model.error
    find(".save").disabled = find(".name").disabled = !model.has_selection
  }
  const on_enter = (selector, act) => find(selector).addEventListener("keydown", (event) => {
    if (event.key === "Escape") event.target.blur()
    if (event.key !== "Enter") return
    event.preventDefault()
    act()
  })
  const where = find(".where")
  on_enter(".where", () => model.send_msg({ act: "where", text: where.value }))
  where.addEventListener("change", () => { if (where.value === "") model.send_msg({ act: "quiet" }) })
  find(".class").addEventListener("change", (event) => {
    if (event.target.value) model.send_msg({ act: "class", label: event.target.value })
    event.target.value = ""
    event.target.blur()
  })

  const ids = find(".ids")
  const send_ids = () => { if (ids.value.trim()) model.send_msg({ act: "ids", text: ids.value }) }
  ids.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey || !ids.value.includes("\n"))) {
      event.preventDefault()
      send_ids()
    }
  })
  ids.addEventListener("paste", () => setTimeout(() => { if (ids.value.trim().includes("\n")) send_ids() }))
  ids.addEventListener("dragover", (event) => event.preventDefault())
  const read = async (file) => {
    if (file.size > 4e6) { find(".wrong").textContent = "A list of at most 4 MB, please."; return }
    ids.value = await file.text()
    send_ids()
  }
  ids.addEventListener("drop", (event) => {
    const file = event.dataTransfer.files[0]
    if (!file) return
    event.preventDefault()
    read(file)
  })
  const chosen = find(".file")
  find(".open").addEventListener("click", () => chosen.click())
  chosen.addEventListener("change", () => {
    if (chosen.files[0]) read(chosen.files[0])
    chosen.value = "" // the same file can be read again
  })

  const save = () => {
    const name = find(".name").value.trim()
    if (!name) return find(".name").focus()
    model.send_msg({ act: "save", name })
    find(".name").value = ""
    find(".name").blur()
  }
  on_enter(".name", save)
  find(".save").addEventListener("click", save)
  find(".saved").addEventListener("change", (event) => {
    const id = Number(event.target.value)
    find(".delete").hidden = !id
    if (id) model.send_msg({ act: "restore", id })
    event.target.blur()
  })
  find(".delete").addEventListener("click", () => model.send_msg({ act: "delete", id: Number(find(".saved").value) }))
  for (const name of ["columns", "classes", "saved"]) model.on(name, fill)
  for (const name of ["error", "has_selection"]) model.on(name, paint)
  fill()
  paint()
}
