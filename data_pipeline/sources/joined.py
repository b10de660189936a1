"""Stars with the columns of other catalogs, and what other catalogs say about them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from data_pipeline.config import BuildConfig
from data_pipeline.config_tables import JoinConfig
from data_pipeline.crossmatch import Match, match_keys, match_positions, separations
from data_pipeline.errors import InputError
from data_pipeline.gaia_ids import gaia_ids, release, same_release
from data_pipeline.known_columns import KNOWN_COLUMNS, METADATA
from data_pipeline.schema import STANDARD_COLUMNS, Column
from data_pipeline.sources.base import Rejections, check_periods
from data_pipeline.sources.catalogs import on_disk, read_columns
from data_pipeline.sources.external import external_rows

_POSITION = ("ra_deg", "dec_deg")


@dataclass
class Catalog:
    """The stars with all that catalogs say about them."""

    objects: pd.DataFrame
    release: str
    columns: list[Column] = field(default_factory=list)
    external: pd.DataFrame | None = None
    paths: list[Path] = field(default_factory=list)


def with_joins(
    objects: pd.DataFrame,
    config: BuildConfig,
    our_release: str,
    rejections: Rejections,
    columns: Sequence[Column] = (),
) -> Catalog:
    """Add the columns of every `[[join]]`, and gather the rows of every `[[external]]`."""
    catalog = Catalog(objects, our_release)
    defined = {name: one.define(name) for name, one in config.catalog.extra.items()}
    for join in config.join:
        catalog.objects = _joined(catalog.objects, join, config, our_release, rejections)
        defined |= {name: one.define(name) for name, one in join.extra.items()}
        defined[_separation(join)] = Column(
            _separation(join), "arcsec", f"distance of the match in {join.catalog}",
            "pos.angDistance", "derived",
        )  # fmt: skip
        catalog.paths.append(on_disk(config.data_dir, join.file))
    tables = [
        external_rows(catalog.objects, one, config, our_release, rejections)
        for one in config.external
    ]
    catalog.paths += [on_disk(config.data_dir, one.file) for one in config.external]
    catalog.external = pd.concat(tables, ignore_index=True) if tables else None
    beyond = [
        KNOWN_COLUMNS[name]
        for name in catalog.objects.columns
        if name in KNOWN_COLUMNS and name not in STANDARD_COLUMNS and name not in defined
    ]
    catalog.columns = [*beyond, *columns, *defined.values()]
    return catalog


def _joined(
    objects: pd.DataFrame, join: JoinConfig, config: BuildConfig, ours: str, rejections: Rejections
) -> pd.DataFrame:
    known = METADATA if join.known_columns else ()
    theirs = read_columns(
        config.data_dir, join.file, join.table, join.columns, join.extra, rejections, known=known
    )
    theirs = check_periods(theirs, Path(join.file).name, rejections)
    match = matched(objects, theirs, join.by, join.catalog, join.radius_arcsec,
                    (config.catalog.epoch, join.epoch), ours,
                    release(join.release, join.columns.get("source_id", "")))  # fmt: skip
    note_ambiguous(match, objects, theirs, Path(join.file).name, join.catalog, rejections)
    best = match.best
    ours_alone = {"row", "source_id", "original_id", join.by, *(set(_POSITION) & set(objects))}
    added = [name for name in theirs if name not in ours_alone]
    picked = theirs[added].iloc[best["theirs"]].set_axis(best["ours"].to_numpy())
    result = objects.copy()
    for name in added:
        exact = picked[name].astype("Int64") if picked[name].dtype.kind == "i" else picked[name]
        column = exact.reindex(np.arange(len(objects))).set_axis(objects.index)
        result[name] = (
            result[name].where(result[name].notna(), column) if name in result else column
        )
    apart = best["separation_arcsec"].to_numpy()
    if join.by != "position":  # how far two rows of one name lie apart, where both say where
        has_places = set(_POSITION) <= set(objects) & set(theirs)
        pairs = objects.iloc[best["ours"]], theirs.iloc[best["theirs"]]
        apart = separations(*pairs) if has_places else np.full(len(best), np.nan)
    kept = pd.Series(apart, best["ours"]).reindex(np.arange(len(objects)))
    result[_separation(join)] = kept.to_numpy()
    return result


def matched(
    ours: pd.DataFrame,
    theirs: pd.DataFrame,
    by: str,
    name: str,
    radius_arcsec: float,
    epochs: tuple[float, float],
    our_release: str,
    their_release: str,
) -> Match:
    """Match two catalogs by position or by a column that both have.

    Raises `InputError` where the column is missing, or Gaia ids of two releases would be compared.
    """
    if by == "position":
        for side, table in (("the survey's catalog", ours), (name, theirs)):
            if not set(_POSITION) <= set(table):
                raise InputError(
                    f"{name}: to match by position, {side} needs ra_deg and dec_deg among its "
                    "columns."
                )
        return match_positions(ours, theirs, radius_arcsec, *epochs)
    for side, table in (("the survey's catalog", ours), (name, theirs)):
        if by not in table:
            raise InputError(f"{name}: to match by {by}, {side} needs it among its columns.")
    left, right = ours[by].astype("str"), theirs[by].astype("str")
    if by == "source_id":
        same_release(our_release, their_release, name)
        left, right = gaia_ids(left)[0], gaia_ids(right)[0]
    return match_keys(left.where(ours[by].notna()), right.where(theirs[by].notna()))


def note_ambiguous(
    match: Match,
    objects: pd.DataFrame,
    theirs: pd.DataFrame,
    file: str,
    catalog: str,
    rejections: Rejections,
) -> None:
    """Enter every candidate that was not taken and every doubtful match into the account."""
    names = objects["original_id"].to_numpy()
    rows = theirs["row"].to_numpy()
    best = match.best
    for ours, other, apart in best[match.is_ambiguous].itertuples(index=False):
        rejections.add(
            file, rows[other], names[ours],
            f"{catalog}: ambiguous match, the nearest at {apart:.2f} arcsec is taken",
        )  # fmt: skip
    for ours, other, apart in match.pairs[~match.is_best].itertuples(index=False):
        rejections.add(
            file, rows[other], names[ours],
            f"{catalog}: second candidate at {apart:.2f} arcsec, not taken",
        )  # fmt: skip


def _separation(join: JoinConfig) -> str:
    words = "".join(letter if letter.isalnum() else "_" for letter in join.catalog.lower())
    return f"separation_{words}_arcsec"
