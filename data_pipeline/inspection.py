"""What is in a survey, what is missing, what looks wrong: figures and sentences."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from data_pipeline.survey import Survey

FEW_EPOCHS = 20
MOSTLY_MISSING = 0.5
SAME_POSITION_ARCSEC = 1.0
FEW_IN_CLASS = 10
_NAMED = 3


def inspect_survey(survey: Survey) -> dict[str, Any]:
    """Return the figures of a survey and, under "warnings", what looks wrong with it."""
    return {
        **contents(survey),
        "classes": class_table(survey).to_dict("index"),
        "splits": split_sizes(survey),
        "funnel": funnel(survey),
        "external": survey.external["catalog"].value_counts().to_dict(),
        "warnings": list(warnings(survey)),
    }


def _in_kinds(reasons: pd.Series) -> pd.Series:
    """Return reasons without what differs from row to row, where that makes many alike."""
    kinds = reasons.str.replace(r"'[^']*'|\d[\w.+-]*", "…", regex=True)
    n_alike = reasons.groupby(kinds).transform("nunique")
    return reasons.where(n_alike <= _NAMED, kinds)


def contents(survey: Survey) -> dict[str, Any]:
    """Return counts and names: what a summary begins with."""
    objects = survey.objects
    return {
        "survey": survey.name,
        "path": str(survey.path),
        "is_synthetic": survey.is_synthetic,
        "created": survey.manifest["provenance"].get("created"),
        "n_objects": len(survey),
        "n_light_curves": int(survey.has_photometry.sum()),
        "n_points": int(survey.n_points.sum()),
        "n_spectra": int(survey.n_spectra.sum()),
        "n_with_spectra": int(survey.has_spectra.sum()),
        "n_labelled": int(objects["class_label"].notna().sum()) if "class_label" in objects else 0,
        "n_periods": int(objects["period_days"].notna().sum()) if "period_days" in objects else 0,
        "bands": list(survey.bands),
        "features": survey.feature_names,
        "n_rejected": len(survey.rejected),
        "rejected": _in_kinds(survey.rejected["reason"]).value_counts().to_dict(),
    }


def funnel(survey: Survey) -> list[dict[str, Any]]:
    """Return what each criterion removed, in order: file, criterion, removed, left."""
    return list(survey.manifest["provenance"].get("funnel", []))


def class_table(survey: Survey) -> pd.DataFrame:
    """Return, per class, the number of stars and the share that has each modality.

    Columns: n; photometry, spectra, period (ours), period_catalog (fractions); features (mean
    fraction of features known).
    """
    objects = survey.objects
    label = objects.get("class_label", pd.Series(index=objects.index, dtype="str"))
    known = survey.features.notna()
    nothing = pd.Series(np.nan, objects.index)
    per_star = pd.DataFrame(
        {
            "photometry": survey.has_photometry,
            "spectra": survey.has_spectra,
            "period": objects.get("period_days", nothing).notna(),
            "period_catalog": objects.get("period_catalog_days", nothing).notna(),
            "features": known.mean(axis=1) if known.shape[1] else np.nan,
        },
        index=objects.index,
    ).astype(float)
    groups = per_star.groupby(label.fillna("(no label)").astype(str))
    table = groups.mean().round(4)
    table.insert(0, "n", groups.size())
    return table.sort_values("n", ascending=False)


def split_sizes(survey: Survey) -> dict[str, dict[str, int]]:
    """Return, per split, the number of stars in each part."""
    sizes = survey.splits.groupby(["split", "part"]).size().unstack(fill_value=0)
    return {str(name): sizes.loc[name].to_dict() for name in sizes.index}


def warnings(survey: Survey) -> Iterator[str]:
    """Yield one sentence for each thing that looks wrong."""
    yield from _feature_warnings(survey)
    yield from _object_warnings(survey)
    yield from _class_warnings(survey)


def _feature_warnings(survey: Survey) -> Iterator[str]:
    if not survey.feature_names:
        yield "no column is a feature: a model has no metadata to learn from"
    mostly_missing: dict[str, list[str]] = {}
    constant: list[tuple[str, float]] = []
    for name, values in survey.features.items():
        missing = float(values.isna().mean())
        if missing == 1.0:
            yield f"feature {name} has no value at all"
        elif missing > MOSTLY_MISSING:
            share = f"{missing:.0%}" if missing < 0.995 else "more than 99%"
            mostly_missing.setdefault(share, []).append(str(name))
        elif values.nunique() == 1:
            constant.append((str(name), float(values.dropna().iloc[0])))
    if len(constant) == 1:
        yield f"feature {constant[0][0]} is constant ({constant[0][1]:g})"
    elif constant:
        named = ", ".join(f"{name} {value:g}" for name, value in constant[:_NAMED])
        more = ", …" if len(constant) > _NAMED else ""
        yield f"{len(constant)} features are constant ({named}{more})"
    for share, names in mostly_missing.items():
        if len(names) == 1:
            yield f"feature {names[0]} is missing for {share} of the stars"
        else:
            named = f"{', '.join(names[:_NAMED])}{', …' if len(names) > _NAMED else ''}"
            yield f"{len(names)} features are missing for {share} of the stars ({named})"


def _object_warnings(survey: Survey) -> Iterator[str]:
    few = survey.has_photometry & (survey.n_points < FEW_EPOCHS)
    if few.any():
        yield f"{few.sum()} light curves have fewer than {FEW_EPOCHS} points"
    nothing = ~survey.has_photometry & ~survey.has_spectra
    if nothing.any():
        yield f"{nothing.sum()} stars have neither light curve nor spectrum"
    pairs = same_position_pairs(survey)
    if len(pairs):
        names = survey.objects.get("name", survey.objects["source_id"])
        first = " and ".join(str(names.iloc[row]) for row in pairs[0])
        yield (
            f"{len(pairs)} pairs of stars lie within {SAME_POSITION_ARCSEC:g} arcsec of each other "
            f"({first} ...)"
        )


def _class_warnings(survey: Survey) -> Iterator[str]:
    if "class_label" not in survey.objects:
        yield "no class_label column: classes cannot be learned or compared"
        return
    counts = survey.objects["class_label"].value_counts()
    rare = counts[counts < FEW_IN_CLASS]
    if len(rare):
        named = ", ".join(f"{label} {n}" for label, n in rare.items())
        yield f"classes with fewer than {FEW_IN_CLASS} stars: {named}"


def same_position_pairs(survey: Survey) -> NDArray[np.int64]:
    """Return the pairs of rows closer than `SAME_POSITION_ARCSEC`, shape (P, 2), in their order."""
    if not {"ra_deg", "dec_deg"} <= set(survey.objects):
        return np.empty((0, 2), np.int64)
    position = survey.objects[["ra_deg", "dec_deg"]].dropna()
    ra, dec = np.radians(position.to_numpy(dtype=np.float64)).T
    unit = np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)
    chord = 2.0 * np.sin(np.radians(SAME_POSITION_ARCSEC / 3600.0) / 2.0)
    pairs = cKDTree(unit).query_pairs(chord, output_type="ndarray")
    rows = position.index.to_numpy()[pairs]
    return rows[np.lexsort((rows[:, 1], rows[:, 0]))]
