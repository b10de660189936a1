"""``python -m app.dossier ATLAS LIST --out FILE.html``: write a dossier of the stars of a list.

LIST is any file that `app.export` writes, or any such table with a column source_id; what it says
of its stars (suspicion, suggestion, sentence, verdict...) is told. With ``--progress`` every page
done is a line of JSON on stdout, for the page that started this.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from app.atlas_store import AtlasStore
from app.dossier.pages import CLOSING, Dossier, opening, star_page
from app.export.lists import CandidateList, all_stars
from app.export.paper import methods_sentence
from app.export.reading import read_list
from data_pipeline.cli import progress, run_main
from data_pipeline.errors import InputError
from model.atlas import Atlas


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m app.dossier", description=__doc__)
    parser.add_argument("atlas", type=Path, metavar="ATLAS")
    parser.add_argument("list", type=Path, metavar="LIST", help="a list of stars")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.html")
    parser.add_argument("--title", default="")
    parser.add_argument("--progress", action="store_true", help="lines of JSON on stdout")
    args = parser.parse_args(argv)
    store = AtlasStore(Atlas.open(args.atlas))
    dossier = dossier_of(store, args.list, args.title)
    write(dossier, store, args.out, args.progress)
    if not args.progress:
        print(f"{len(dossier.source_id)} stars: {args.out}")


def dossier_of(store: AtlasStore, path: Path, title: str = "") -> Dossier:
    """Read a list and find its stars in the atlas; stars the atlas lacks are left out."""
    found = read_list(path)
    facts = pd.read_parquet(path) if path.suffix == ".parquet" else pd.DataFrame()
    known = [store.row(source_id) >= 0 for source_id in found.source_id.tolist()]
    ids = found.source_id[known].tolist()
    if not ids:
        raise InputError(f"none of the {len(known)} stars of {path.name} is in {store.atlas.name}.")
    told = dict(found.provenance)
    if not told:
        told = _plain(store, len(ids)).provenance(store, {})
    kept = facts[known].reset_index(drop=True) if len(facts) == len(known) else pd.DataFrame()
    return Dossier(
        title or f"{store.atlas.name}: {len(ids)} candidates", ids, kept, told,
        methods_sentence(told, store.survey.manifest) if "atlas_hash" in told else "",
    )  # fmt: skip


def _plain(store: AtlasStore, n: int) -> CandidateList:
    return CandidateList("list", all_stars(store).rows[:n])


def write(dossier: Dossier, store: AtlasStore, path: Path, tell: bool = False) -> None:
    """Write the dossier page by page, under its name only when it is whole."""
    part = path.with_name(f"{path.name}.part")
    n = len(dossier.source_id)
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(opening(dossier, store))
            places = range(n) if tell else progress(range(n), "dossier")
            for place in places:
                file.write(star_page(dossier, store, place))
                if tell:
                    print(json.dumps({"done": place + 1, "of": n}), flush=True)
            file.write(CLOSING)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(run_main(main, None))
