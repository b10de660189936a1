// One layout per message. Bokeh lays a whole root out again, and paints its plots, at once for every
// property that may move something; a star that comes into focus sets a dozen of those. Here the
// layout waits until the message is applied to its end.

(() => {
  let view_type = Bokeh.Models.get("Column").prototype.default_view.prototype
  while (!Object.hasOwn(view_type, "invalidate_layout") || !Object.hasOwn(view_type, "compute_layout"))
    view_type = Object.getPrototypeOf(view_type)
  const at_once = view_type.invalidate_layout
  const waiting = new Set()
  view_type.invalidate_layout = function () {
    let root = this
    while (root.parent instanceof view_type.constructor) root = root.parent
    if (!root._layout_computed) return at_once.call(root) // the first time others wait for it
    if (waiting.size === 0) queueMicrotask(() => {
      const roots = [...waiting]
      waiting.clear()
      for (const root of roots) if (root.el?.isConnected) at_once.call(root)
    })
    waiting.add(root)
  }
  const of_elements = Object.getPrototypeOf(view_type)
  view_type.rerender = function () { // a button that is disabled is rendered anew
    of_elements.rerender.call(this)
    this.update_layout()
    this.invalidate_layout()
  }
})()
