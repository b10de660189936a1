// In the page: tells when a part of it looks different after a gesture, by its canvases' pixels.

window.canvases_of = (node, found = []) => {
  if (node.tagName === "CANVAS") found.push(node)
  for (const child of [...(node.children ?? []), ...(node.shadowRoot?.children ?? [])])
    canvases_of(child, found)
  return found
}
window.look = (selector) => {
  window.eye ??= new OffscreenCanvas(120, 120).getContext("2d", { willReadFrequently: true })
  eye.clearRect(0, 0, 120, 120)
  for (const canvas of canvases_of(document.querySelector(selector)))
    if (canvas.width && canvas.height) eye.drawImage(canvas, 0, 0, 120, 120)
  let sum = 0
  const data = eye.getImageData(0, 0, 120, 120).data
  for (let i = 0; i < data.length; i++) sum = (31 * sum + data[i]) | 0
  return sum
}
// all elements of a part of the page that fit a selector, also behind shadow roots
window.deep = (node, selector, found = []) => {
  if (node.matches?.(selector)) found.push(node)
  for (const child of [...(node.children ?? []), ...(node.shadowRoot?.children ?? [])]) deep(child, selector, found)
  return found
}
// resolves to the seconds from a gesture to the frame in which a list in the tray has other rows
window.watch_rows = (gesture) => {
  window.watched = new Promise((resolve) => {
    let start = 0
    window.addEventListener(gesture, () => { start ||= performance.now() }, { capture: true, once: true })
    const rows = deep(document.querySelector(".tray"), ".rows").find((node) => node.offsetParent)
    const seen = rows.innerHTML
    const step = () => {
      const now = performance.now()
      if (start && rows.innerHTML !== seen) resolve([(now - start) / 1000, (now - start) / 1000])
      else if (start && now - start > 5000) resolve(null)
      else requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  })
}
// resolves to [first, last] change in seconds after the gesture, once nothing moved for `quiet_ms`
window.watch = (selector, gesture, quiet_ms) => {
  window.watched = new Promise((resolve) => {
    let start = 0, first = 0, last = 0, seen = look(selector)
    const begin = () => { start ||= performance.now() }
    window.addEventListener(gesture, begin, { capture: true, once: true })
    const step = () => {
      const now = performance.now(), sum = look(selector)
      if (start && sum !== seen) { last = now; first ||= now }
      seen = sum
      const waited = now - (last || start || now)
      if (start && ((last && waited > quiet_ms) || waited > 20000))
        resolve(last ? [(first - start) / 1000, (last - start) / 1000] : null)
      else requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  })
}
