"""How the flags' scores become one ranking: a weighted sum of ranks, the weights fixed or learned.

Ranks on the logit scale, so that no score's unit counts and the ends count more than the middle; a
score that is not known of a star counts as middling. Weights are a logistic regression's, of labels
known to be wrong on those ranks, kept at or above zero: no flag may speak for a label by being
raised. The default ones were fixed on planted wrong labels (docs/flags.md says which).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import rankdata

from data_pipeline.errors import InputError
from model.analysis.labels import BoolArray, FloatArray

LEAST_VERDICTS = 20
"""Verdicts of each kind, wrong and right, before weights are learned from them."""
_PENALTY = 1.0
_MOST_UNEQUAL = 10.0


@dataclass(frozen=True)
class FlagWeights:
    """Weights of the scores, by name, and where they come from.

    Attributes
    ----------
    name : str
        What the ranking is called.
    weights : dict of str to float
        Scores that are not named have none.
    made_from : str
        In words.
    """

    name: str
    weights: Mapping[str, float]
    made_from: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Keep them as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", "utf-8")

    @classmethod
    def read(cls, path: Path) -> "FlagWeights":
        """Read what `write` kept."""
        try:
            told = json.loads(path.read_text("utf-8"))
            weights = {str(k): float(v) for k, v in told["weights"].items()}
            return cls(str(told["name"]), weights, str(told.get("made_from", "")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{path} holds no weights of flags ({error}).") from None


DEFAULT_WEIGHTS = FlagWeights(
    "planted labels",
    {"probe": 1.0, "vote": 0.2, "centroid": 0.1, "centers": 0.15, "external": 0.1},
    "wrong labels planted in the demo sky, ASAS ACVS and EROS-1",
)


def combine(scores: Mapping[str, FloatArray], weights: Mapping[str, float]) -> FloatArray:
    """Weighted sum (N,) of the scores' ranks; NaN where no weighted score is known."""
    used = [name for name in scores if weights.get(name, 0.0) > 0]
    if not used:
        return np.full(len(next(iter(scores.values()), np.empty(0))), np.nan)
    ranks = np.stack([logit_of_rank(scores[name]) for name in used])
    total = np.tensordot([weights[name] for name in used], np.nan_to_num(ranks), axes=1)
    return np.where(np.isfinite(ranks).any(axis=0), total, np.nan)


def learn_weights(
    scores: Mapping[str, FloatArray], is_wrong: BoolArray, is_known: BoolArray | None = None
) -> dict[str, float]:
    """Weights that tell wrong labels from right ones.

    Parameters
    ----------
    scores : dict of str to float array (N,)
    is_wrong : bool array (N,)
    is_known : bool array (N,), optional
        Stars of which that is known; by default all. Right ones are weighted down until they count
        at most ten times the wrong ones: a regression on a few per cent learns nothing else.
    """
    names = list(scores)
    ranks = np.nan_to_num(np.stack([logit_of_rank(scores[name]) for name in names], axis=1))
    known = np.ones(len(is_wrong), dtype=bool) if is_known is None else is_known
    x, y = ranks[known], np.asarray(is_wrong[known], dtype=np.float64)
    n_wrong, n_right = y.sum(), len(y) - y.sum()
    if n_wrong == 0 or n_right == 0:
        raise InputError("Weights are learned from wrong and right labels; one kind is missing.")
    weight = np.where(y > 0, 1.0, min(1.0, _MOST_UNEQUAL * n_wrong / n_right))

    def loss(parameters: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        value = x @ parameters[:-1] + parameters[-1]
        error = weight * (expit(value) - y)
        gradient = np.append(x.T @ error + _PENALTY * parameters[:-1], error.sum())
        fit = weight @ (np.logaddexp(0, value) - y * value)
        return float(fit + 0.5 * _PENALTY * (parameters[:-1] ** 2).sum()), gradient

    bounds = [(0.0, None)] * len(names) + [(None, None)]
    found = minimize(loss, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B", bounds=bounds)
    return dict(zip(names, found.x[:-1].tolist(), strict=True))


def learn_from_verdicts(
    scores: Mapping[str, FloatArray], verdict: FloatArray, name: str
) -> FlagWeights | None:
    """Weights learned from people's verdicts; None while there are too few.

    Parameters
    ----------
    scores : dict of str to float array (N,)
    verdict : float array (N,)
        1 where the label was found wrong, 0 where right, anything else where that is open.
    name : str
        What the ranking is to be called.
    """
    wrong, right = verdict == 1, verdict == 0
    if min(wrong.sum(), right.sum()) < LEAST_VERDICTS:
        return None
    weights = learn_weights(scores, wrong, wrong | right)
    if not any(weights.values()):
        return None
    return FlagWeights(name, weights, f"{wrong.sum()} labels found wrong and {right.sum()} right")


def logit_of_rank(score: FloatArray) -> FloatArray:
    """Ranks of a score (N,) on the logit scale: the ends count more than the middle."""
    known = np.isfinite(score)
    result = np.full(len(score), np.nan)
    n = int(known.sum())
    result[known] = logit((rankdata(score[known]) - 0.5) / max(n, 1))
    return result
