"""Every row gets its source_id: the Gaia id where there is one, else a stable hash of its name."""

import numpy as np
import pandas as pd

from data_pipeline.config import BuildConfig
from data_pipeline.gaia_ids import gaia_ids, release
from data_pipeline.ids import stable_id
from data_pipeline.sources.base import Rejections, with_source_ids


def identified(
    objects: pd.DataFrame, survey: str, file: str, rejections: Rejections
) -> pd.DataFrame:
    """Return the rows with source_id, original_id and name; rows without, or repeated, go.

    Where the catalog has both Gaia ids and its own, a star without a Gaia id is known by its own.
    """
    if "source_id" not in objects:
        known = rejections.without(objects, objects["original_id"].isna(), file, "no identifier")
        known = with_source_ids(known, survey, file, rejections)
    else:
        known = _by_gaia(objects, survey, file, rejections)
    return known if "name" in known else known.assign(name=known["original_id"])


def _by_gaia(objects: pd.DataFrame, survey: str, file: str, rejections: Rejections) -> pd.DataFrame:
    text = objects["source_id"]
    has_own = "original_id" in objects
    known = objects if has_own else objects.assign(original_id=text)
    known = rejections.without(known, known["original_id"].isna(), file, "no identifier")
    digits, reason = gaia_ids(text[known.index])
    if not has_own:
        for why in reason[digits.isna()].unique():
            known = rejections.without(known, digits.isna() & (reason == why), file, why)
            digits, reason = digits[known.index], reason[known.index]
    ids = [
        stable_id(survey, own) if pd.isna(gaia) else int(gaia)
        for gaia, own in zip(digits, known["original_id"], strict=True)
    ]
    known = known.assign(source_id=np.array(ids, np.int64))
    repeated = known["source_id"].duplicated()
    return rejections.without(known, repeated, file, "identifier occurs before")


def survey_release(config: BuildConfig) -> str:
    """Return the Gaia release of the catalog's ids, or "" if it has none or does not say."""
    column = config.catalog.columns.get("source_id", "")
    return release(config.catalog.release, column)
