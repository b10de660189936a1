"""What `panel serve app` does once, before it listens: find or build the atlas and open it.

Bokeh runs this file at start-up with what stands behind --args. Without an atlas there, the demo
atlas is used, and built on first use; a survey gets a map of its own features. A path that is
neither ends the server with one message.
"""

import argparse
import gc
import sys
import threading
from functools import partial
from pathlib import Path

import panel as pn
from bokeh.settings import settings

from app.atlas_store import AtlasStore
from app.demo import demo_atlas
from app.plain_survey import is_survey, survey_atlas
from app.serving import (
    listen_to_this_machine,
    lock_for_messages,
    send_small_arrays_inline,
    serve_health,
)
from app.shading import warm_up
from app.star_view import MARKER_LIMIT
from app.verdicts.book import VerdictBook
from app.verdicts.database import default_url, without_password
from app.verdicts.log import VerdictLog
from data_pipeline.errors import InputError
from model.atlas import Atlas

MANY = 100_000
say = partial(print, file=sys.stderr, flush=True)


def open_atlas(arguments: list[str]) -> AtlasStore:
    """Open the atlas that the command line names, or the demo atlas, and its log of verdicts."""
    parser = argparse.ArgumentParser(prog="panel serve app --args", exit_on_error=False)
    parser.add_argument("atlas", nargs="*")
    parser.add_argument("--verdicts", metavar="URL", help="log of verdicts, by default beside it")
    try:
        options, unknown = parser.parse_known_args(arguments)
    except argparse.ArgumentError as error:
        raise InputError(f"{error}.") from None
    if unknown:
        raise InputError(f"{unknown[0]} is not an option; --verdicts URL is the only one.")
    if len(options.atlas) > 1:
        raise InputError(
            f"one atlas at most, found {len(options.atlas)}: {' '.join(options.atlas)}."
        )
    path = Path(options.atlas[0]) if options.atlas else demo_atlas(say)
    store = AtlasStore(Atlas.open(survey_atlas(path, say) if is_survey(path) else path))
    log = VerdictLog(options.verdicts or default_url(store.atlas.path))
    store.verdicts = VerdictBook(log)
    say(f"Verdicts: {without_password(log.url)}, {len(log):,} entries.")
    return store


def prepare() -> None:
    """Put the store where main.py finds it; Bokeh runs this file twice, the work is done once."""
    listen_to_this_machine()
    serve_health()
    send_small_arrays_inline()
    lock_for_messages()
    settings.perform_error_diagnostics = False  # Panel asks for absent names with every change
    if "store" in pn.state.cache:
        return
    try:
        store = open_atlas(sys.argv[1:])
    except InputError as error:
        say(f"panel serve app: {error}")
        sys.exit(2)
    pn.state.cache["store"] = store
    say(f"{store.atlas.name}: {store.n:,} stars.")
    if store.n > MANY:  # seconds that the first page need not wait
        say("Ranking the stars that do not fit their class ...")
        store.flags.usual()
        for view in ("map:fused", *(f"diagram:{key}" for key in list(store.diagrams)[:1])):
            _ = store.points(view).cells
    if store.n > MARKER_LIMIT:  # compiling takes seconds; nobody should wait for it with the page
        threading.Thread(target=warm_up, daemon=True).start()
    gc.freeze()  # what stays to the end: the collector need not look through it with every session


prepare()
