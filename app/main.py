"""One session of the page: `panel serve app --args ATLAS`. app_hooks.py has opened the atlas."""

import panel as pn
from bokeh.io import curdoc
from panel.io.resources import get_dist_path

from app.dashboard import TITLE, Dashboard

pn.extension()
document = curdoc()
# Panel tells a session where its style sheets are when it writes the page; a session without a page
# (a browser that reconnects, or comes late) would look for them on Panel's own server
document.template_variables["dist_url"] = get_dist_path()
with document.models.freeze():  # else Bokeh looks through all models for every part that is added
    Dashboard(pn.state.cache["store"]).template().servable(title=TITLE)
