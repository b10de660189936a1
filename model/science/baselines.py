"""What stands beside the classifier: trees on nuisance features, and trees on the same features.

Nuisance is how a star was observed: number of points, time span, size of the errors, apparent
brightness, position. A class predicted from these is no astrophysics. Folds are the survey's own,
so every figure is of the same stars.
"""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from data_pipeline.light_curves import LightCurve
from data_pipeline.survey import Survey

logger = logging.getLogger(__name__)


def nuisance_features(survey: Survey) -> pd.DataFrame:
    """Return how each star was observed, rows as in the survey.

    Columns: n_epochs, span_days, ra_deg, dec_deg, and per band median_err and median_mag.
    """
    rows = {
        source_id: _nuisance(curve.select(curve.good), tuple(survey.bands))
        for source_id, curve in survey.iter_light_curves()
    }
    observed = pd.DataFrame.from_dict(rows, orient="index")
    observed = observed.reindex(survey.source_id).reset_index(drop=True)
    return observed.join(survey.objects[["ra_deg", "dec_deg"]].reset_index(drop=True))


def _nuisance(curve: LightCurve, bands: Sequence[str]) -> dict[str, float]:
    span = float(np.ptp(curve.time)) if len(curve) else 0.0
    found: dict[str, float] = {"n_epochs": len(curve), "span_days": span}
    for band in bands:
        here = curve.in_band(band)
        found[f"median_err_{band}"] = float(np.median(here.mag_err)) if len(here) else np.nan
        found[f"median_mag_{band}"] = float(np.median(here.mag)) if len(here) else np.nan
    return found


def varying_columns(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which columns (F,) of (N, F) have two values or more: trees learn from no others,
    and stop at a column without any.
    """
    known = np.isfinite(values)
    low = np.where(known, values, np.inf).min(axis=0, initial=np.inf)
    high = np.where(known, values, -np.inf).max(axis=0, initial=-np.inf)
    return high > low


def trees_by_fold(
    survey: Survey, features: pd.DataFrame, labels: pd.Series, folds: Sequence[str]
) -> NDArray[np.object_]:
    """Return the class that boosted trees predict for each star, from its fold's other stars.

    Columns that are the same for all stars learned from, or known of none, are left out, and named
    in the log; where no column is left, the commonest class is predicted.

    Parameters
    ----------
    features : DataFrame, rows as in the survey
    labels : Series of str, (N,)
        None where a star is not learned from; it is predicted all the same.
    """
    values = features.to_numpy(np.float64, na_value=np.nan)
    labelled = labels.notna().to_numpy()
    predicted = np.full(len(survey), None, dtype=object)
    for fold in folds:
        part = fold_parts(survey, fold)
        train, test = labelled & (part != "test"), part == "test"
        varying = varying_columns(values[train])
        if not varying.all():
            dropped = ", ".join(features.columns[~varying].astype(str))
            logger.warning("%s: trees are not shown %s, the same for all stars.", fold, dropped)
        if not varying.any():
            predicted[test] = labels[train].mode()[0]
            continue
        trees = HistGradientBoostingClassifier(
            max_iter=150, learning_rate=0.08, max_leaf_nodes=15, min_samples_leaf=8,
            l2_regularization=1.0, random_state=0,
        )  # fmt: skip
        trees.fit(values[np.ix_(train, varying)], labels[train].astype(str))
        predicted[test] = trees.predict(values[np.ix_(test, varying)])
    return predicted


def fold_parts(survey: Survey, fold: str) -> NDArray[np.object_]:
    """Return "train", "val" or "test" for each star of the survey."""
    rows = survey.splits[survey.splits["split"] == fold].set_index("source_id")["part"]
    return rows.reindex(survey.source_id).to_numpy(object)
