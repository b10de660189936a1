"""What `panel serve app` does once, before it listens: find or build the atlas and open it.

Bokeh runs this file at start-up with what stands behind --args. Without an atlas there, the demo
atlas is used, and built on first use. A path that is no atlas ends the server with one message.
"""

import sys
import threading
from functools import partial

import panel as pn

from app.atlas_store import AtlasStore
from app.demo import demo_atlas
from app.shading import warm_up
from app.star_view import MARKER_LIMIT
from data_pipeline.errors import InputError
from model.atlas import Atlas

say = partial(print, file=sys.stderr, flush=True)


def open_atlas(arguments: list[str]) -> AtlasStore:
    """Open the atlas that the command line names, or the demo atlas."""
    if len(arguments) > 1:
        raise InputError(f"one atlas at most, found {len(arguments)}: {' '.join(arguments)}.")
    return AtlasStore(Atlas.open(arguments[0] if arguments else demo_atlas(say)))


def prepare() -> None:
    """Put the store where main.py finds it; Bokeh runs this file twice, the work is done once."""
    if "store" in pn.state.cache:
        return
    try:
        store = open_atlas(sys.argv[1:])
    except InputError as error:
        say(f"panel serve app: {error}")
        sys.exit(2)
    pn.state.cache["store"] = store
    say(f"{store.atlas.name}: {store.n:,} stars.")
    if store.n > MARKER_LIMIT:  # compiling takes seconds; nobody should wait for it with the page
        threading.Thread(target=warm_up, daemon=True).start()


prepare()
