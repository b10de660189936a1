// One painting a frame. Bokeh paints a plot as soon as it has a new size, and again in the next frame
// for the data that came with it. Here a plot that was laid out waits for that frame, where what is
// due to be painted anyhow takes its turn first.

(() => {
  const plot = Bokeh.require("models/plots/plot_canvas").PlotView.prototype
  const { _after_layout, paint } = plot
  plot._after_layout = function () {
    this._is_being_laid_out = true
    _after_layout.call(this)
    this._is_being_laid_out = false
  }
  plot.paint = function () {
    if (!this._is_being_laid_out) {
      this._is_paint_due = false
      return paint.call(this)
    }
    if (this._is_paint_due) return
    this._is_paint_due = true
    requestAnimationFrame(() => { if (this._is_paint_due && !this.is_destroyed) this.paint() })
  }
})()
