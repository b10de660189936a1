// Borders between panels that can be dragged, or moved with the arrow keys; remembered by the browser.

(() => {
  const STORE = "astrom3:panels"
  // each border: the CSS variable it sets, along which axis, and between which shares of the window
  const BORDERS = {
    map: { axis: "x", least: 0.2, most: 0.8, of: ".page > main" },
    card: { axis: "x", least: 0.24, most: 0.5, of: ".page", from_end: true },
    tray: { axis: "y", least: 0.16, most: 0.7, of: ".page > main", from_end: true },
  }
  const read = () => { try { return JSON.parse(localStorage.getItem(STORE)) ?? {} } catch { return {} } }
  const sizes = read()
  const apply = (name) => {
    const style = document.documentElement.style
    if (Number.isFinite(sizes[name])) style.setProperty(`--${name}-share`, sizes[name])
    else style.removeProperty(`--${name}-share`)
    document.documentElement.classList.toggle(`own-${name}`, Number.isFinite(sizes[name]))
  }
  const keep = () => { try { localStorage.setItem(STORE, JSON.stringify(sizes)) } catch { /* a private window */ } }
  for (const name in BORDERS) apply(name)

  const start = () => {
    for (const [name, border] of Object.entries(BORDERS)) {
      const handle = document.querySelector(`.handle.of-${name}`)
      const whole = document.querySelector(border.of)
      const is_x = border.axis === "x"
      const share_at = (event) => {
        const box = whole.getBoundingClientRect()
        const share = is_x ? (event.clientX - box.left) / box.width : (event.clientY - box.top) / box.height
        return border.from_end ? 1 - share : share
      }
      const set = (share) => {
        sizes[name] = share === null ? undefined : Math.min(border.most, Math.max(border.least, share))
        apply(name)
        tell()
      }
      const now = () => {
        const box = handle.getBoundingClientRect()
        return share_at({ clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 })
      }
      const tell = () => handle.setAttribute("aria-valuenow", Math.round(100 * now()))
      handle.addEventListener("pointerdown", (event) => {
        event.preventDefault()
        handle.setPointerCapture(event.pointerId)
        handle.classList.add("held")
        const move = (moved) => set(share_at(moved))
        handle.addEventListener("pointermove", move)
        handle.addEventListener("lostpointercapture", () => {
          handle.removeEventListener("pointermove", move)
          handle.classList.remove("held")
          keep()
        }, { once: true })
      })
      handle.addEventListener("dblclick", () => { set(null); keep() })
      handle.addEventListener("keydown", (event) => {
        const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key]
        if (!step && event.key !== "Home") return
        event.preventDefault()
        event.stopPropagation()
        set(event.key === "Home" ? null : now() + 0.02 * step * (border.from_end ? -1 : 1))
        keep()
      })
      tell()
    }
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start)
  else start()
})()
