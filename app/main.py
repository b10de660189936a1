"""The page, one session of it: `panel serve app --args ATLAS`. See app_hooks.py for the loading."""

import panel as pn

from app.atlas_store import AtlasStore
from app.dashboard import TITLE, Dashboard
from model.atlas import Atlas

pn.extension()
import sys
store = pn.state.as_cached("store", lambda: AtlasStore(Atlas.open(sys.argv[1])))
Dashboard(store).template().servable(title=TITLE)
