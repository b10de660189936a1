"""One session of the page: `panel serve app --args ATLAS`. app_hooks.py has opened the atlas."""

import panel as pn

from app.dashboard import TITLE, Dashboard

pn.extension()
with pn.state.curdoc.models.freeze():  # else every part added has Bokeh look through all of them
    Dashboard(pn.state.cache["store"]).template().servable(title=TITLE)
