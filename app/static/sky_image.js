// A picture of the sky about the star by Aladin Lite (CDS, Strasbourg). Nothing is asked of the
// network before the button is pressed; then the viewer lives in a frame of its own.

const PATIENCE_MS = 20000
const page = (model) => `<!doctype html><html><head><meta charset="utf-8">
<style>html,body,#sky{margin:0;width:100%;height:100%;overflow:hidden;background:#000}</style></head><body>
<div id="sky"></div>
<script src="${model.source}" charset="utf-8" onerror="parent.postMessage('astrom3:sky:failed', '*')"></scr` + `ipt>
<script>
  const target = ${JSON.stringify(`${model.ra_deg} ${model.dec_deg}`)}
  window.A && A.init.then(() => {
    const sky = A.aladin("#sky", { target, fov: ${model.fov_deg}, survey: "CDS/P/DSS2/color", cooFrame: "ICRSd",
      showReticle: true, showLayersControl: false, showFrame: false, showProjectionControl: false })
    addEventListener("message", (event) => {
      if (event.data?.ra !== undefined) sky.gotoRaDec(event.data.ra, event.data.dec)
    })
    parent.postMessage("astrom3:sky:ready", "*")
  }).catch(() => parent.postMessage("astrom3:sky:failed", "*"))
</scr` + `ipt></body></html>`

export function render({ model, el }) {
  const box = document.createElement("div")
  box.className = "sky"
  box.innerHTML = `<p role="status"></p><button class="show">Show the sky here</button>`
  el.append(box)
  const [words, button] = [box.querySelector("p"), box.querySelector("button")]
  let frame = null
  let timer = 0

  const say = (text, offer) => {
    words.textContent = text
    words.hidden = text === ""
    button.hidden = !offer
  }
  const stop = () => {
    clearTimeout(timer)
    frame?.remove()
    frame = null
  }
  const failed = () => {
    stop()
    say("No picture: the image service of CDS does not answer. Is this machine offline?", true)
    button.textContent = "Try again"
  }
  const load = () => {
    stop()
    say("Asking CDS…", false)
    frame = document.createElement("iframe")
    frame.title = `Sky about ${model.star}`
    frame.srcdoc = page(model)
    box.append(frame)
    timer = setTimeout(failed, PATIENCE_MS)
  }
  const listen = (event) => {
    if (!box.isConnected) return window.removeEventListener("message", listen)
    if (!frame || event.source !== frame.contentWindow) return
    if (event.data === "astrom3:sky:failed") failed()
    if (event.data === "astrom3:sky:ready") { clearTimeout(timer); say("", false) }
  }
  window.addEventListener("message", listen)
  const paint = () => {
    if (model.words) { stop(); return say(model.words, false) }
    if (frame) return frame.contentWindow?.postMessage({ ra: model.ra_deg, dec: model.dec_deg }, "*")
    say("The picture comes from CDS in Strasbourg: only then does this page ask the network.", true)
  }
  button.addEventListener("click", load)
  for (const name of ["ra_deg", "dec_deg", "words"]) model.on(name, paint)
  paint()
}
