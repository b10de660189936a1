"""Numeric columns (period, color, parallax, [Fe/H]) read off neighbours and off a linear probe.

Per modality and across: asked by one modality's vector, answered by train stars in another's.
Guesses are scored by R² on the test part, beside what nuisance features give; the mean scores zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge

from data_pipeline.errors import InputError
from data_pipeline.schema import did_you_mean
from data_pipeline.survey import Survey
from model.analysis.threads import one_thread
from model.embeddings import Embeddings
from model.evaluation.statistics import r2_interval
from model.science.baselines import varying_columns

DEFAULT_UCDS = ("time.period", "src.var.period", "phot.color", "pos.parallax", "phys.abund")
"""Kinds of columns read off where none are named."""
N_NEIGHBORS = 20
LEAST = 30
"""Stars with a value and a vector, in each part, below which nothing is said."""
WIDE = 30.0
"""A positive column whose central 96 % span more than this factor is read as its logarithm."""
RIDGE = 0.1

Rows = NDArray[np.int64]
Values = NDArray[np.float64]


def numeric_columns(survey: Survey, names: Sequence[str] = ()) -> dict[str, Values]:
    """Return columns (N,) to read off, by name; "log10 name" where the logarithm is taken."""
    table = survey.objects
    unknown = [n for n in names if n not in table or not pd.api.types.is_numeric_dtype(table[n])]
    if unknown:
        hint = did_you_mean(unknown[0], table.columns)
        raise InputError(f"{survey.path} has no numeric column {unknown[0]!r}{hint}.")
    chosen = names or [
        name
        for name, column in survey.columns.items()
        if column.ucd.startswith(DEFAULT_UCDS)
        and column.role in ("feature", "derived", "catalog")
        and not name.startswith("lc_")
        and pd.api.types.is_numeric_dtype(table[name])
    ]
    found = {}
    for name in chosen:
        values = table[name].to_numpy(np.float64, na_value=np.nan)
        finite = values[np.isfinite(values)]
        if len(finite) < LEAST:
            continue
        low, high = np.percentile(finite, (2, 98))
        if finite.min() > 0 and high > WIDE * low:
            found[f"log10 {name}"] = np.log10(values)
        else:
            found[name] = values
    return found


def read_off(
    embeddings: Embeddings,
    columns: dict[str, Values],
    nuisance: pd.DataFrame,
    train: Rows,
    test: Rows,
) -> list[dict[str, Any]]:
    """Return a record per column and pair of spaces: R² of neighbours, probe and nuisance.

    Parameters
    ----------
    columns : name to (N,), NaN where unknown
    nuisance : DataFrame, rows as in the survey
    train, test : rows
    """
    spaces = _spaces(embeddings)
    records = []
    for name, values in columns.items():
        known, asked = (rows[np.isfinite(values[rows])] for rows in (train, test))
        beside = _nuisance(nuisance, values, known, asked)
        for query, answer in _pairs(spaces):
            (q, q_present), (a, a_present) = spaces[query], spaces[answer]
            source, target = known[a_present[known]], asked[q_present[asked]]
            record: dict[str, Any] = {"column": name, "by": query, "from": answer}
            record |= {"n_train": len(source), "n_test": len(target)}
            if min(len(source), len(target)) < LEAST:
                records.append({**record, "reason": f"fewer than {LEAST} stars"})
                continue
            truth = values[target]
            near = _by_neighbors(q[target], a[source], values[source])
            probe = _by_probe(q[target], a[source], values[source])
            guess = beside[np.searchsorted(asked, target)]
            for key, one in (("neighbors", near), ("probe", probe), ("nuisance", guess)):
                record[key] = list(r2_interval(truth, one))
            records.append(record)
    return records


def _spaces(embeddings: Embeddings) -> dict[str, tuple[NDArray, NDArray[np.bool_]]]:
    """Centred vectors of each modality, the fused ones, and who has them."""
    spaces = {
        name: (embeddings.centered(name), embeddings.present[name])
        for name in embeddings.modalities
    }
    if len(spaces) > 1:
        spaces["fused"] = (np.asarray(embeddings.fused), embeddings.any_present)
    return spaces


def _pairs(spaces: dict[str, Any]) -> list[tuple[str, str]]:
    same = [(name, name) for name in spaces]
    return same + [(a, b) for a in spaces for b in spaces if a != b and "fused" not in (a, b)]


def _by_neighbors(query: NDArray, known: NDArray, values: Values) -> Values:
    """Mean value of the most similar train stars, weighted by similarity above the least."""
    with one_thread():
        similarity = query @ known.T
    k = min(N_NEIGHBORS, len(known))
    rows = np.argpartition(-similarity, k - 1, axis=1)[:, :k]
    weight = np.take_along_axis(similarity, rows, axis=1)
    weight = weight - weight.min(axis=1, keepdims=True) + 0.1
    return np.asarray((weight * values[rows]).sum(axis=1) / weight.sum(axis=1))


def _by_probe(query: NDArray, known: NDArray, values: Values) -> Values:
    with one_thread():
        probe = Ridge(alpha=RIDGE * len(known) / known.shape[1]).fit(known, values)
        return np.asarray(probe.predict(query), np.float64)


def _nuisance(table: pd.DataFrame, values: Values, known: Rows, asked: Rows) -> Values:
    if min(len(known), len(asked)) < LEAST:
        return np.zeros(len(asked))
    features = table.to_numpy(np.float64, na_value=np.nan)
    features = features[:, varying_columns(features[known])]
    trees = HistGradientBoostingRegressor(max_iter=80, random_state=0)
    return np.asarray(trees.fit(features[known], values[known]).predict(features[asked]))
