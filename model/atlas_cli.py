"""``python -m model atlas SURVEY EMB --out ATLAS``: build an atlas and say what is in it."""

import argparse
import time
from pathlib import Path
from typing import Any

from data_pipeline.cli import not_negative, positive, write_json
from data_pipeline.survey import Survey
from model.atlas import Atlas, build_atlas
from model.embeddings import Embeddings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("survey", type=Path, metavar="SURVEY", help="survey directory")
    parser.add_argument("embeddings", type=Path, metavar="EMB", help="its embeddings directory")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="ATLAS", help="directory to make"
    )
    parser.add_argument(
        "--predictions",
        type=Path,
        metavar="FILE",
        help="out-of-fold class probabilities from `predict`; by default a linear probe makes them",
    )
    parser.add_argument("--seed", type=not_negative, default=42, help="seed of maps and folds (42)")
    parser.add_argument(
        "--neighbors", type=positive, default=50, metavar="K", help="neighbours kept per star (50)"
    )
    parser.add_argument(
        "--map-seeds",
        type=positive,
        default=1,
        metavar="N",
        help="make the map with N seeds, to tell how often a star stands apart (1)",
    )
    parser.add_argument("--overwrite", action="store_true", help="set an existing directory aside")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")


def main(args: argparse.Namespace) -> None:
    """Build the atlas and print a short summary."""
    started = time.perf_counter()
    survey, embeddings = Survey.open(args.survey), Embeddings.open(args.embeddings)
    atlas = build_atlas(
        survey, embeddings, args.out, args.predictions, args.seed, args.neighbors,
        args.overwrite, args.map_seeds,
    )  # fmt: skip
    figures = summarize(atlas) | {"seconds": time.perf_counter() - started}
    print(_in_words(figures, args.out))
    write_json(args.json, figures)


def summarize(atlas: Atlas) -> dict[str, Any]:
    """Figures of an atlas, for machines."""
    objects = atlas.objects
    labeled = objects["class_label"].notna() if "class_label" in objects else objects.index < 0
    agree = {
        what: float((objects[column] == objects["class_label"])[labeled].mean())
        for what, column in (("vote", "vote_class_fused"), ("prediction", "predicted_class"))
        if labeled.any()
    }
    return {
        "name": atlas.name,
        "is_synthetic": atlas.is_synthetic,
        "n_objects": len(atlas),
        "n_labeled": int(labeled.sum()),
        "n_present": atlas.manifest["n_present"],
        "agreement_with_labels": agree,
        "n_dbscan_outliers": int(objects["is_dbscan_outlier"].sum()),
        "placement": atlas.manifest["placement"],
        "hash": atlas.hash,
    }


def _in_words(figures: dict[str, Any], out: Path) -> str:
    """Two lines for a person."""
    kind = "simulated objects" if figures["is_synthetic"] else "objects"
    have = ", ".join(f"{n} with {m}" for m, n in figures["n_present"].items())
    agree = ", ".join(f"{w} {v:.1%}" for w, v in figures["agreement_with_labels"].items())
    return (
        f"{figures['name']}: {figures['n_objects']} {kind} ({have}) in {figures['seconds']:.0f} s\n"
        f"agreement with the labels: {agree or 'there are none'}\n"
        f"atlas written to {out}; look at it with: panel serve app --args {out}"
    )
