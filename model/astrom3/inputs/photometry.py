"""Light curves as the paper scales them; cropping and padding is the encoder's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_pipeline.errors import InputError
from data_pipeline.light_curves import LightCurve
from data_pipeline.survey import Survey
from model.astrom3.encoder_config import InformerConfig
from model.astrom3.preprocess import scaled_light_curve
from model.inputs.arrays import ModalityArrays
from model.inputs.features import single_precision
from model.inputs.photometry import model_periods

REASONS = (
    "", "no light curve", "fewer than two good epochs, or all at one time", "constant light curve",
)  # fmt: skip
VERSION = 2
PHOTO_COLS = (
    ("amplitude", "lc_amplitude"),
    ("lksl_statistic", "lc_string_length_p"),
    ("rfr_score",),
)
"""The paper's photometric columns besides the period, and what stands in where they are missing."""
MAG_TO_FLUX = 0.4 * np.log(10)

Array = NDArray[np.float64]


def prepare(survey: Survey, config: InformerConfig, rows: NDArray[np.intp]) -> ModalityArrays:
    """Return the arrays of some rows of a survey.

    Per point `row` (3: time, flux, error; scaled over the whole curve). Per object `constants` (6:
    amplitude, log10 period, lksl_statistic, rfr_score, NaN where missing; log10 MAD; span in years)
    and `level` (apparent magnitude; of fluxes alone, one without a zero point).
    """
    photo_cols = _photo_cols(survey)[rows]
    absence = np.zeros(len(rows), np.int8)
    points, constants, levels = [np.empty((0, 3))], [], []
    for i, source_id in enumerate(survey.source_id[rows]):
        light_curve = survey.light_curve(int(source_id))
        curve, level = _single_band(light_curve) if light_curve is not None else (None, np.nan)
        if curve is None or not len(curve):
            absence[i] = 1 if light_curve is None or not len(light_curve) else 2
            continue
        if np.ptp(curve[:, 0]) == 0:
            absence[i] = 2
            continue
        try:
            scaled, log_mad, span_years = scaled_light_curve(curve)
        except InputError:
            absence[i] = 3
            continue
        points.append(scaled)
        constants.append([*photo_cols[i], log_mad, span_years])
        levels.append(level)
    return ModalityArrays(
        absence=absence,
        n_points=np.array([len(p) for p in points[1:]], np.int64),
        per_point={"row": np.concatenate(points).astype(np.float32)},
        per_object={
            "constants": single_precision(constants).reshape(-1, 6),
            "level": single_precision(levels).reshape(-1, 1),
        },
        facts={"reasons": list(REASONS)},
    )


def _single_band(light_curve: LightCurve) -> tuple[Array, float]:
    """Return (n, 3) time, flux, error of the band with the most good points, and its magnitude."""
    light_curve = light_curve.select(light_curve.good)
    if not len(light_curve):
        return np.empty((0, 3)), np.nan
    names, counts = np.unique(light_curve.band, return_counts=True)
    light_curve = light_curve.in_band(str(names[counts.argmax()]))
    flux, error = (np.asarray(v, np.float64) for v in (light_curve.flux, light_curve.flux_err))
    magnitude = np.asarray(light_curve.mag, np.float64)
    level = float(np.nanmedian(magnitude)) if np.isfinite(magnitude).any() else np.nan
    if not np.isfinite(flux).any():
        flux = 10 ** (-0.4 * (magnitude - level))
        error = MAG_TO_FLUX * flux * light_curve.mag_err
    known = np.isfinite(flux)
    error = np.where(np.isfinite(error), error, 0.0)
    if not np.isfinite(level) and known.any() and np.median(flux[known]) > 0:
        level = float(-2.5 * np.log10(np.median(flux[known])))
    return np.stack([light_curve.time, flux, error], axis=1)[known], level


def resolve(config: InformerConfig, arrays: ModalityArrays) -> InformerConfig:
    """Return the config as it is: nothing in it depends on the survey."""
    return config


def _photo_cols(survey: Survey) -> Array:
    """Return amplitude, log10 period, lksl_statistic and rfr_score (N, 4), NaN where missing."""
    features = set(survey.feature_names)

    def first_of(names: tuple[str, ...]) -> Array:
        for name in names:
            if name in features:
                return survey.objects[name].to_numpy(np.float64, na_value=np.nan)
        return np.full(len(survey), np.nan)

    amplitude, lksl, rfr = (first_of(names) for names in PHOTO_COLS)
    return np.stack([amplitude, np.log10(model_periods(survey)[0]), lksl, rfr], axis=1)


def collate(
    arrays: ModalityArrays, rows: NDArray[np.intp], config: InformerConfig
) -> dict[str, NDArray]:
    """Return the padded `row` (n, T, 3), `n_rows` (n,) and `constants` (n, 6) of some rows."""
    at = arrays.at(rows)
    counts = arrays.n_points[at]
    column = np.arange(max(int(counts.max(initial=1)), 1))
    valid = column < counts[:, None]  # (n, T)
    index = np.where(valid, arrays.point_starts()[at][:, None] + column, 0)
    return {
        "row": np.where(valid[..., None], arrays.per_point["row"][index], 0),
        "n_rows": counts,
        "constants": arrays.per_object["constants"][at],
    }
