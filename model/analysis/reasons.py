"""The reasons for a flag as one sentence an astronomer can check."""

import math
from collections.abc import Mapping, Sequence

_IN_WORDS = {
    "photometry": ("light curve", False),
    "spectra": ("spectrum", False),
    "metadata": ("catalogue values", True),
}
"""What a modality is called, and whether that is a plural."""


def because(
    label: str | None,
    percentiles: Mapping[str, float],
    nearest: Mapping[str, str | None],
    vote: tuple[str | None, float],
    predicted: tuple[str | None, float],
    percentile: float = 99.0,
    is_alone: bool = False,
    recurrence: float = math.nan,
    mismatch: float = math.nan,
    isolation: float = math.nan,
    stray: float = math.nan,
    more: Sequence[str] = (),
) -> str:
    """Say what speaks against a star's label, and what is odd about it.

    Parameters
    ----------
    label : str or None
    percentiles, nearest : dict of modality to float, str
        How far out the star lies in its class, and the class with the nearest centre.
    vote, predicted : (class, share of the vote), (class, probability)
    percentile : float
        From which percentile on a distance, a mismatch or an isolation is worth a word.
    is_alone : bool
        Outside the main cluster of its class on the map.
    recurrence : float
        Share of the maps, made from other seeds, on which it is; NaN where there is one map.
    mismatch, isolation, stray : float
        Percentiles among all stars: of how badly its modalities go together, of how few are alike,
        of how wide a radius DBSCAN of all stars needs to take it into a cluster.
    more : sequence of str
        Further clauses.

    Returns
    -------
    str
        Empty where there is nothing to say.
    """
    parts = [] if label is None else _distance_parts(label, percentiles, nearest, percentile)
    if is_alone and label is not None:
        again = f" ({100 * recurrence:.0f} % of maps)" if math.isfinite(recurrence) else ""
        parts.append(f"it stands apart from the other {label} stars on the map{again}")
    voted, share = vote
    if voted is not None and voted != label:
        parts.append(f"{100 * share:.0f} % of its neighbours' vote says {voted}")
    guessed, probability = predicted
    if guessed is not None and guessed != label:
        parts.append(f"a classifier that never saw its label says {guessed} ({probability:.2f})")
    if mismatch >= percentile:
        parts.append(f"its data go together worse than those of {_than(mismatch, 'star', 'stars')}")
    if isolation >= percentile:
        parts.append(f"fewer stars are like it than like {_than(isolation, 'star', 'stars')}")
    if stray >= percentile:
        farther = _than(stray, "star", "stars")
        parts.append(f"it is in no cluster of stars, farther out than {farther}")
    parts += more
    if not parts:
        return ""
    return "; ".join(["Unlabelled" if label is None else f"Labelled {label}", *parts]) + "."


def _distance_parts(
    label: str, percentiles: Mapping[str, float], nearest: Mapping[str, str | None], least: float
) -> list[str]:
    """One clause for each class that is nearer than the star's own, one for its own."""
    groups: dict[str, list[str]] = {}
    for modality, value in percentiles.items():
        if value >= least:
            groups.setdefault(nearest[modality] or label, []).append(modality)
    return [
        _distance_part(label, center, modalities, min(percentiles[m] for m in modalities))
        for center, modalities in groups.items()
    ]


def _distance_part(label: str, center: str, modalities: Sequence[str], least: float) -> str:
    words = [_IN_WORDS.get(modality, (modality, False)) for modality in modalities]
    named = [f"its {word}" for word, _ in words]
    subject = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    verb = "lies" if len(words) == 1 and not words[0][1] else "lie"
    than = f"than {_than(least, f'{label} star', f'{label} stars')}"
    if center == label:
        return f"{subject} {verb} farther from the centre of {label} {than}"
    return f"{subject} {verb} nearer the centre of {center} (farther from {label} {than})"


def _than(percentile: float, one: str, many: str) -> str:
    """Whom a percentile exceeds, rounded down: never claim more than was measured."""
    if percentile >= 100:
        return f"any other {one}"
    return f"{math.floor(10 * percentile) / 10:g} % of {many}"
