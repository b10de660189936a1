// No CSS variables for plots. Before it paints a line or a letter, Bokeh asks the browser for a CSS
// variable that could override each of its properties, hundreds of times a picture, and each time
// the browser has to have its styles in order. No style sheet here sets one (--bk-...): a plot's
// colors are those of its models, and the question is answered at once.

Bokeh.require("core/visuals/visual").VisualProperties.prototype._get_css_value = () => ""
