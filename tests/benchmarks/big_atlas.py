"""An atlas of a million stars: places and vectors generated over the records of a survey.

``python tests/benchmarks/big_atlas.py ATLAS --objects 1000000 --out DIR`` repeats an atlas
with new ids, moved a little in every map, diagram and vector space, and writes a survey, embeddings
and an atlas of that size. The first of each star keeps its light curve and spectra; the copies have
none, so that the files stay as large as they were. ``python tests/benchmarks/page.py DIR/atlas``
then measures the page.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data_pipeline.cli import run_main
from data_pipeline.directories import (
    new_directory,
    provenance,
    read_manifest,
    refuse_existing,
    write_manifest,
)
from data_pipeline.schema import KIND, SCHEMA_VERSION
from data_pipeline.survey import Survey
from model import atlas_build
from model.atlas import Atlas
from model.embeddings import Embeddings
from model.links import link

MAP_JITTER, VALUE_JITTER, VECTOR_JITTER = 0.02, 0.05, 0.05
"""Of the spread of a column, for maps and for measured values; of the length of a vector."""
MEASURED = ("ra_deg", "dec_deg", "bp_rp", "parallax", "phot_g_mean_mag", "amplitude_mag")
HARD_LINKED = ("photometry.arrow", "spectra.arrow")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("atlas", type=Path, metavar="ATLAS")
    parser.add_argument("--objects", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    args = parser.parse_args(argv)
    refuse_existing(args.out)
    args.out.mkdir(parents=True, exist_ok=True)
    atlas = Atlas.open(args.atlas)
    survey = Survey.open(write_survey(atlas.survey, args.out / "survey", args.objects))
    embeddings = write_embeddings(atlas, survey, args.out / "embeddings")
    write_atlas(atlas, survey, embeddings, args.out / "atlas")
    print(f"{args.out / 'atlas'}: {args.objects:,} stars")


def repeated(table: pa.Table, n: int, ids: np.ndarray, jitter: dict[str, float]) -> pa.Table:
    """Rows over and over until there are `n`, with these ids; copies have some columns moved."""
    random, n_own = np.random.default_rng(0), len(table)
    rows = pa.concat_tables([table] * -(-n // n_own)).slice(0, n)
    for place, field in enumerate(rows.schema):
        if field.name == "source_id":
            rows = rows.set_column(place, field, pa.array(ids))
        elif field.name in jitter:
            values = rows[field.name].to_numpy().astype(np.float64)
            moves = random.normal(0, jitter[field.name] * np.nanstd(values), n)
            moves[:n_own] = 0.0
            moved = np.clip(values + moves, np.nanmin(values), np.nanmax(values))
            rows = rows.set_column(place, field, pa.array(moved).cast(field.type))
    return rows


def write_survey(survey: Survey, path: Path, n: int) -> Path:
    """A survey of `n` stars with the records of another."""
    n_own = len(survey)
    ids = np.resize(survey.source_id, n) + np.arange(n) // n_own
    assert len(np.unique(ids)) == n, "neighbouring ids: another survey is needed"
    own = read_manifest(survey.path, KIND, SCHEMA_VERSION)
    changed = ("kind", "schema_version", "provenance", "files", "name", "is_synthetic")
    rest = {name: value for name, value in own.items() if name not in changed}
    with new_directory(path) as directory:
        for name in own["files"]:
            copy = os.link if name in HARD_LINKED else shutil.copyfile
            if name != "objects.parquet":
                copy(survey.path / name, directory / name)
        table = pq.read_table(survey.path / "objects.parquet")
        jitter = {name: VALUE_JITTER for name in MEASURED if name in table.schema.names}
        pq.write_table(repeated(table, n, ids, jitter), directory / "objects.parquet")
        name = f"{survey.name}, repeated to {n:,} stars (simulated)"
        write_manifest(
            directory, KIND, SCHEMA_VERSION, provenance(), name=name, is_synthetic=True, **rest
        )
    return path


def write_embeddings(atlas: Atlas, survey: Survey, path: Path) -> Embeddings:
    """The vectors of each star for its copies too, turned a little."""
    random, n, own = np.random.default_rng(1), len(survey), atlas.embeddings
    place = np.resize(np.arange(len(own)), n)
    scale = VECTOR_JITTER / np.sqrt(own.embed_dim)
    with tempfile.TemporaryDirectory(dir=path.parent) as drafts:  # on disk: too many for memory
        vectors = {}
        for name in own.modalities:
            vectors[name] = moved = np.lib.format.open_memmap(
                Path(drafts) / f"{name}.npy", "w+", np.float16, (n, own.embed_dim)
            )
            for first in range(0, n, len(own)):
                block = own.vectors[name][: n - first].astype(np.float32)
                if first:
                    block += scale * random.standard_normal(block.shape, dtype=np.float32)
                block /= np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-12)
                moved[first : first + len(own)] = block
        return Embeddings.write(
            path, survey.source_id, vectors, {m: own.present[m][place] for m in own.modalities},
            own.train_mask[place], "none: repeated vectors", survey.path, provenance(),
        )  # fmt: skip


def write_atlas(atlas: Atlas, survey: Survey, embeddings: Embeddings, path: Path) -> None:
    """The maps, votes and neighbours of each star for its copies; neighbours within each copy."""
    n, n_own = len(survey), len(atlas)
    copy, place = np.divmod(np.arange(n), n_own)
    table = pq.read_table(atlas.path / "objects.parquet")
    maps = [name for name in table.schema.names if name.startswith(("x_", "y_"))]
    jitter = dict.fromkeys(maps, MAP_JITTER)
    linked = {"survey": survey.path, "embeddings": path.with_name("embeddings")}
    links = {name: link(target, path) for name, target in linked.items()}
    changed = ("kind", "schema_version", "provenance", "files", "name", "n_objects", "links")
    rest = {name: value for name, value in atlas.manifest.items() if name not in changed}
    with new_directory(path) as directory:
        rows = repeated(table, n, survey.source_id, jitter)
        pq.write_table(rows, directory / "objects.parquet")
        for space in atlas.modalities:
            near = np.asarray(atlas.neighbor_rows[space])[place]
            near = np.where(near >= 0, near + (copy * n_own)[:, None], near)
            near = np.where(near < n, near, -1).astype(atlas.neighbor_rows[space].dtype)
            alike = np.where(near >= 0, np.asarray(atlas.neighbor_similarity[space])[place], np.nan)
            np.save(directory / f"neighbors_{space}.npy", near)
            np.save(directory / f"similarity_{space}.npy", alike.astype(np.float32))
        write_manifest(
            directory, atlas_build.KIND, atlas_build.SCHEMA_VERSION, provenance(),
            name=survey.name, n_objects=n, links=links, **rest,
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(run_main(main, None))
