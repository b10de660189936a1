"""Columns made for colouring: what other catalogues say, which data a star has, flag, split, trust.

They belong to no table on disk; each is text, or a number, per star of the atlas.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.analysis.flags import Evidence
from model.analysis.trust import map_trust
from model.atlas import FUSED, Atlas

VERDICT = "verdict"
"""Made from the log of verdicts, which `derive` does not know."""
TITLES = {
    "external_class": "Class in other catalogues",
    VERDICT: "Verdict",
    "flag": "Flag",
    "part": "Part of the split",
    "modalities": "Data present",
}
TRUST = "map_trust"
"""How far to trust the map of all data; with a colon and the name of the data, that map."""
_WORDS = {"photometry": "light curve", "spectra": "spectrum", "metadata": "catalogue"}


def derivable(atlas: Atlas) -> dict[str, str]:
    """Those that this atlas has anything for, with their titles."""
    external = atlas.survey.external
    has = {
        "external_class": "class_label" in external and external["class_label"].notna().any(),
        VERDICT: True,
        "flag": True,
        "part": len(atlas.survey.splits) > 0,
        "modalities": len(atlas.modalities) > 2,
    }
    trust = {
        f"{TRUST}:{m}": f"Trust in the map: {_WORDS.get(m, m)}"
        for m in atlas.modalities
        if m != FUSED
    }
    known = {name: title for name, title in TITLES.items() if has[name]}
    return {**known, TRUST: "Trust in the map: all data", **trust}


def is_slow(name: str) -> bool:
    """Whether making the column is nothing for the event loop: seconds for 100,000 stars."""
    return name.startswith(TRUST)


def derive(atlas: Atlas, evidence: Evidence, name: str) -> NDArray[Any]:
    """One of them (N,), in the atlas's order."""
    if name.startswith(TRUST):
        of = name.removeprefix(TRUST).removeprefix(":") or FUSED
        xy = atlas.objects[[f"x_{of}", f"y_{of}"]].to_numpy(np.float64)
        return map_trust(xy, atlas.vectors(of), atlas.present(of))
    match name:
        case "external_class":
            return _external_class(atlas)
        case "flag":
            return _flag(atlas, evidence)
        case "part":
            return _part(atlas)
        case "modalities":
            return _modalities(atlas)
    raise KeyError(name)


def _external_class(atlas: Atlas) -> NDArray[np.object_]:
    """Class that the nearest entry of another catalogue gives, None without one."""
    external = atlas.survey.external
    known = external[external["class_label"].notna()].sort_values("separation_arcsec")
    nearest = known.drop_duplicates("source_id").set_index("source_id")["class_label"]
    found = nearest.reindex(atlas.source_id)
    return found.astype(object).where(found.notna(), None).to_numpy(object)


def _flag(atlas: Atlas, evidence: Evidence) -> NDArray[np.object_]:
    flagged = evidence.rank()["row"].to_numpy(np.int64)
    text = np.full(len(atlas), "not flagged", dtype=object)
    text[flagged] = "flagged"
    return text


def _part(atlas: Atlas) -> NDArray[np.object_]:
    """Part of the survey's first split, None where a star is in none."""
    splits = atlas.survey.splits
    first = splits[splits["split"] == splits["split"].iloc[0]] if len(splits) else splits
    found = first.drop_duplicates("source_id").set_index("source_id")["part"]
    parts = found.reindex(atlas.source_id)
    return parts.astype(object).where(parts.notna(), None).to_numpy(object)


def _modalities(atlas: Atlas) -> NDArray[np.object_]:
    """Names of the data a star has: "light curve + spectrum"."""
    names = [m for m in atlas.modalities if m != FUSED]
    text = np.full(len(atlas), "", dtype=object)
    for name in names:
        joined = np.where(text == "", "", " + ") + _WORDS.get(name, name)
        text = np.where(atlas.present(name), text + joined, text)
    text[text == ""] = None
    return text
