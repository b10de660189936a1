"""An earlier survey of the same source, for what need not be done again.

What the source holds of a star is compared by its fingerprint with what the survey was built from;
a star that is unchanged keeps its light curve, spectra, period and features. Nothing is taken from
a survey made with other settings or other versions of the programs.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from data_pipeline import directories
from data_pipeline.config import BuildConfig
from data_pipeline.features import FEATURE_COLUMNS
from data_pipeline.features.compute import FEATURES_VERSION
from data_pipeline.light_curves import LightCurve
from data_pipeline.periods import PERIOD_COLUMNS
from data_pipeline.periods.parallel import SEARCH_VERSION
from data_pipeline.schema import Band
from data_pipeline.spectra import Spectrum
from data_pipeline.survey import Survey


class EarlierSurvey:
    """What a survey at the target holds already; without one, nothing.

    Parameters
    ----------
    path : Path or None
        The survey, where there is one to be updated.
    settings : mapping
        See `computation`.
    """

    def __init__(self, path: Path | None, settings: dict[str, Any]) -> None:
        self._survey = None if path is None or not path.exists() else Survey.open(path)
        self._light_curve: dict[int, str] = {}
        self._spectra: dict[int, str] = {}
        self.is_comparable = False
        if self._survey is None:
            return
        stored = self._survey.path / "inputs.parquet"
        made_with = self._survey.manifest["provenance"].get("computation")
        self.is_comparable = stored.exists() and made_with == settings
        if not self.is_comparable:
            return
        doubtful = set(self._survey.rejected["original_id"])
        known = self._survey.objects["original_id"].isin(doubtful)
        again = set(self._survey.source_id[known])
        for source_id, light_curve, spectra in zip(
            *pq.read_table(stored).to_pydict().values(), strict=True
        ):
            if source_id in again:  # whatever was noted about it is to be noted again
                continue
            if light_curve is not None:
                self._light_curve[source_id] = light_curve
            if spectra is not None:
                self._spectra[source_id] = spectra

    def light_curves(self, source_id: int, fingerprint: str) -> list[LightCurve] | None:
        """Return a star's light curve, None where it must be parsed."""
        if self._survey is None or self._light_curve.get(source_id) != fingerprint:
            return None
        curve = self._survey.light_curve(source_id)
        return [] if curve is None else [curve]

    def spectra(self, source_id: int, fingerprint: str) -> list[Spectrum] | None:
        """Return a star's spectra, None where they must be parsed."""
        if self._survey is None or self._spectra.get(source_id) != fingerprint:
            return None
        return self._survey.spectra(source_id)

    def with_period(self, source_ids: set[int], objects: pd.DataFrame) -> set[int]:
        """Return those stars whose period in the catalog is the period they were folded at."""
        if self._survey is None or not source_ids:
            return set()
        then = self._survey.objects.set_index("source_id")["period_days"]
        now = objects.set_index("source_id")["period_catalog_days"]
        both = pd.DataFrame({"then": then, "now": now.where(now > 0)}).loc[sorted(source_ids)]
        same = (both["then"] == both["now"]) | both.isna().all(axis=1)
        return set(map(int, both.index[same]))

    def computed(self, source_ids: set[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the periods and the features of some of its stars."""
        if self._survey is None:
            empty = pd.DataFrame({"source_id": pd.Series(dtype="int64")})
            return empty, empty
        objects = self._survey.objects
        mine = objects[objects["source_id"].isin(source_ids)]
        return (
            mine[[name for name in PERIOD_COLUMNS if name in mine]],
            mine[["source_id", *(name for name in FEATURE_COLUMNS if name in mine)]],
        )


def computation(config: BuildConfig, bands: dict[str, Band]) -> dict[str, Any]:
    """Return all that periods and features depend on beside the light curves."""
    settings = {
        "periods": asdict(config.periods),
        "features": asdict(config.features),
        "bands": {name: asdict(band) for name, band in bands.items()},
        "search": SEARCH_VERSION,
        "describe": FEATURES_VERSION,
        "versions": directories.versions(),
    }
    return json.loads(json.dumps(settings))  # as it will be read back
