"""Light curves as model inputs: per band scaled values, times from mid-survey, phases at 2 P.

Brightness is in magnitudes pointing up (brighter is larger), minus the band's median, over the
band's scatter; the scatter itself, less the noise, is a scalar of its own. What would tell stars
apart by how they were observed (absolute time, apparent magnitude, size of the errors, number of
epochs) is left out; the apparent magnitude is kept aside, to draw batches by.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from data_pipeline.light_curves import LightCurve
from data_pipeline.survey import Survey
from model.encoder_config import PhotometryConfig
from model.inputs.arrays import ModalityArrays

REASONS = ("", "no light curve", "too few good epochs")
VERSION = 3
"""Part of the cache's key: raise it when the arrays change for the same config."""
CLIP = 6.0  # scaled values beyond this are artefacts; deep narrow eclipses reach about 5
SCATTER_FLOOR = 1e-3  # magnitudes; keeps a constant light curve finite
POINTS = {"time": "f4", "phase": "f4", "value": "f4", "weight": "f4", "band": "i1"}


def prepare(survey: Survey, config: PhotometryConfig, rows: NDArray[np.intp]) -> ModalityArrays:
    """Return the arrays of some rows of a survey.

    Per point: `time` (days from the middle of the light curve), `phase` (in [0, 1) of the fold at
    twice the period, zero without one), `value`, `weight` (0 to 1, from the error), `band` (index).
    Per object: `log_scatter` and `level` (n_bands; log10 of magnitudes, and magnitudes; NaN where
    the band is absent), `log_period` (log10 days, NaN without any), `is_claimed` (1 where the
    period is one the survey stands by, 0 where it is the best guess of a star without).
    """
    bands = tuple(survey.bands)
    source_ids = survey.objects["source_id"].to_numpy()[rows]
    periods, is_claimed = (values[rows] for values in model_periods(survey))
    stars = [
        _star(survey.light_curve(int(source_id)), float(period), bands, config)
        for source_id, period in zip(source_ids, periods, strict=True)
    ]
    absence = np.array([star[0] for star in stars], dtype=np.int8)
    log_period = np.log10(periods[absence == 0])
    stars = [star for star in stars if star[0] == 0]
    shape = (len(stars), len(bands))  # a survey of spectra alone has no band at all
    return ModalityArrays(
        absence=absence,
        n_points=np.array([len(star[1]["time"]) for star in stars], dtype=np.int64),
        per_point={
            name: np.concatenate([np.empty(0), *(star[1][name] for star in stars)]).astype(dtype)
            for name, dtype in POINTS.items()
        },
        per_object={
            "log_scatter": np.array([s[2] for s in stars], np.float32).reshape(shape),
            "level": np.array([s[3] for s in stars], np.float32).reshape(shape),
            "log_period": log_period.astype(np.float32),
            "is_claimed": is_claimed[absence == 0].astype(np.float32),
        },
        facts={"bands": list(bands), "reasons": list(REASONS)},
    )


def model_periods(survey: Survey) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the survey's own period of each object (N,), days, and whether it is claimed (N,).

    Where no period is claimed it is the best guess, the first alternative; NaN where there is none
    either. A period that a catalog or the truth gives is never an input of the model, unless the
    survey was built to stand by its catalog's periods (`periods.source`).
    """

    def ours(name: str) -> NDArray[np.float64]:
        column = survey.columns.get(name)
        if column is None or column.role not in ("feature", "derived"):
            return np.full(len(survey), np.nan)
        values = survey.objects[name].to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(values > 0, values, np.nan)

    periods = ours("period_days")
    is_claimed = np.isfinite(periods)
    return np.where(is_claimed, periods, ours("period_alt_days")), is_claimed


Star = tuple[int, dict[str, NDArray], list[float], list[float]]


def _star(
    light_curve: LightCurve | None, period: float, bands: tuple[str, ...], config: PhotometryConfig
) -> Star:
    absent = [float("nan")] * len(bands)
    nothing = {name: np.empty(0) for name in POINTS}
    if light_curve is None or not len(light_curve):
        return 1, nothing, absent, absent
    light_curve = light_curve.select(light_curve.good)
    order = np.argsort(light_curve.time, kind="stable")
    time = light_curve.time[order]
    magnitude, error = (values[order] for values in brightness(light_curve))
    band = np.full(len(time), -1)
    for index, name in enumerate(bands):
        band[light_curve.band[order] == name] = index
    keep = np.flatnonzero(np.isfinite(magnitude) & (band >= 0))
    if len(keep) < config.min_epochs:
        return 2, nothing, absent, absent
    keep = _at_most(keep, config.max_epochs)
    time, magnitude, error, band = time[keep], magnitude[keep], error[keep], band[keep]
    value, weight = np.zeros_like(magnitude), np.ones_like(magnitude)
    log_scatter, level = list(absent), list(absent)
    for index in np.unique(band):
        here = band == index
        value[here], weight[here], log_scatter[index] = scale_band(magnitude[here], error[here])
        level[index] = -float(np.median(magnitude[here]))
    phase = aligned_phase(time, value, weight, period)
    time = time - (time[0] + time[-1]) / 2
    points = {"time": time, "phase": phase, "value": value, "weight": weight, "band": band}
    return 0, points, log_scatter, level


def brightness(light_curve: LightCurve) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return brightness (larger is brighter) and its error, both (n,), in magnitudes.

    Magnitudes as they are; elsewhere fluxes as asinh magnitudes (Lupton et al. 1999) whose
    softening is the typical error, so that fluxes near or below zero stay finite.
    """
    value = -light_curve.mag.astype(np.float64)
    error = light_curve.mag_err.astype(np.float64)
    for band in np.unique(light_curve.band[~np.isfinite(value)]):
        here = (light_curve.band == band) & ~np.isfinite(value)
        flux = light_curve.flux[here].astype(np.float64)
        flux_err = light_curve.flux_err[here].astype(np.float64)
        usable = np.isfinite(flux_err) & (flux_err > 0)
        level = float(np.nanmedian(np.abs(flux))) if np.isfinite(flux).any() else 1.0
        softening = float(np.median(flux_err[usable])) if usable.any() else 0.01 * level
        softening = softening if softening > 0 else 1.0
        value[here] = 1.0857 * np.arcsinh(flux / (2 * softening))
        error[here] = 1.0857 * flux_err / np.hypot(flux, 2 * softening)
    return value, error


def scale_band(
    magnitude: NDArray[np.float64], error: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Scale one band's brightness (n,): value, weight, log10 of the scatter beyond the errors."""
    centered = magnitude - np.median(magnitude)
    low, high = np.percentile(centered, (1, 99))
    scatter = max(float(np.std(np.clip(centered, low, high))), SCATTER_FLOOR)
    usable = np.isfinite(error) & (error > 0)
    typical = float(np.median(error[usable])) if usable.any() else SCATTER_FLOOR
    # Between 0 and 1, a half for a typical point: one overconfident error cannot rule a bin.
    relative = np.where(usable, error, typical) / typical
    weight = 1 / (1 + relative**2)
    value = np.clip(centered / scatter, -CLIP, CLIP)
    intrinsic = np.sqrt(max(scatter**2 - typical**2, (0.2 * scatter) ** 2))
    return value, weight, float(np.log10(intrinsic))


def aligned_phase(
    time: NDArray[np.floating],
    value: NDArray[np.floating],
    weight: NDArray[np.floating],
    period: float,
) -> NDArray[np.floating]:
    """Return the phase (n,) of the fold at twice the period, its zero set by the curve itself.

    The first harmonic at the period is at its maximum at phase zero, so that the folded curve does
    not depend on the zero of time; zeros where there is no period.
    """
    if not (np.isfinite(period) and period > 0):
        return np.zeros(len(time))
    cycles = (time - time[0]) / period
    centered = value - np.average(value, weights=weight)
    first_harmonic = np.sum(weight * centered * np.exp(2j * np.pi * cycles))
    return np.mod((cycles - np.angle(first_harmonic) / (2 * np.pi)) / 2, 1.0)


def _at_most(indices: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    if len(indices) <= n:
        return indices
    return indices[np.linspace(0, len(indices) - 1, n).astype(np.intp)]


def resolve(config: PhotometryConfig, arrays: ModalityArrays) -> PhotometryConfig:
    """Return the config with the bands of the survey, where it names none."""
    return config if config.bands else replace(config, bands=tuple(arrays.facts["bands"]))


def scalars(
    arrays: ModalityArrays, rows: NDArray[np.intp], config: PhotometryConfig
) -> NDArray[np.float32]:
    """Return log scatter and colors of the bands, is_claimed and log period: (n, 2 F + 1)."""
    found, at = arrays.facts["bands"], arrays.at(rows)

    def of_bands(name: str) -> list[NDArray[np.float32]]:
        values = arrays.per_object[name][at]
        missing = np.full(len(rows), np.nan, np.float32)
        return [values[:, found.index(b)] if b in found else missing for b in config.bands]

    first, *others = of_bands("level")
    colors = [first - other for other in others]
    period = [arrays.per_object[name][at] for name in ("is_claimed", "log_period")]
    return np.stack([*of_bands("log_scatter"), *colors, *period], axis=1)


def magnitudes(arrays: ModalityArrays) -> NDArray[np.float64]:
    """Return the apparent magnitude (N,) of every object, mean over its bands, NaN where absent."""
    result = np.full(len(arrays), np.nan)
    level = np.asarray(arrays.per_object["level"], dtype=np.float64)
    known = np.isfinite(level)
    mean = np.where(known, level, 0).sum(1) / np.maximum(known.sum(1), 1)
    result[arrays.present] = np.where(known.any(1), mean, np.nan)
    return result


def collate(
    arrays: ModalityArrays, rows: NDArray[np.intp], config: PhotometryConfig
) -> dict[str, NDArray]:
    """Return the padded epochs (n, T) and scalars of some rows that have photometry.

    Padding, and points in bands the model does not know, have weight zero.
    """
    at = arrays.at(rows)
    counts = arrays.n_points[at]
    column = np.arange(max(int(counts.max(initial=1)), 1))
    valid = column < counts[:, None]  # (n, T)
    index = np.where(valid, arrays.point_starts()[at][:, None] + column, 0)
    batch = {name: np.where(valid, arrays.per_point[name][index], 0) for name in POINTS}
    known = np.array([_index(config.bands, name) for name in arrays.facts["bands"]])
    band = known[batch["band"]]
    batch["weight"] = np.where(band >= 0, batch["weight"], 0)
    batch["band"] = np.maximum(band, 0).astype(np.int64)
    return {**batch, "scalars": scalars(arrays, rows, config)}


def _index(names: tuple[str, ...], name: str) -> int:
    return names.index(name) if name in names else -1
