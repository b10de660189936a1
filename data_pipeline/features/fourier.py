"""Harmonic fits of a folded light curve, and the amplitudes and phases astronomers read from them.

m(t) = A0 + sum over k of A_k cos(2 pi k phase + phi_k), fitted by weighted least squares with a
weak ridge that grows with k, so that a gap in the phases does not make the fit swing.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from data_pipeline.features.series import bounded, ratio

Array = NDArray[np.floating]

RIDGE = 0.02
"""Prior weight of harmonic k, times k squared, as a fraction of the points' total weight."""
_GRID = np.linspace(0.0, 1.0, 200, endpoint=False)


@dataclass(frozen=True)
class HarmonicFit:
    """A fitted Fourier series: m(phase) = mean + sum of cos_k cos + sin_k sin."""

    mean: float
    cos: Array  # (n_harmonics,)
    sin: Array  # (n_harmonics,)

    @property
    def amplitude(self) -> Array:
        """A_k, shape (n_harmonics,)."""
        return np.hypot(self.cos, self.sin)

    @property
    def phase(self) -> Array:
        """phi_k of the cosine convention in radians, shape (n_harmonics,)."""
        return np.arctan2(-self.sin, self.cos)

    def __call__(self, phase: Array) -> Array:
        """Return the fitted brightness at phases (n,)."""
        return self._of(harmonic_basis(phase, len(self.cos)))

    @property
    def curve(self) -> Array:
        """The fitted brightness at the phases of `_GRID`, shape (200,)."""
        return self._of(_grid_basis(len(self.cos)))

    def _of(self, basis: Array) -> Array:
        return self.mean + basis @ np.concatenate([self.cos, self.sin])

    def shifted(self, zero: float) -> "HarmonicFit":
        """Return the same curve with phase zero moved to `zero` (cycles)."""
        turn: Array = 2 * np.pi * zero * np.arange(1.0, len(self.cos) + 1)
        cos: Array = self.cos * np.cos(turn) + self.sin * np.sin(turn)
        sin: Array = self.sin * np.cos(turn) - self.cos * np.sin(turn)
        return HarmonicFit(self.mean, cos, sin)


def harmonic_basis(phase: Array, n_harmonics: int) -> Array:
    """Return cosines then sines of the first harmonics, shape (n, 2 n_harmonics)."""
    angle = 2 * np.pi * np.multiply.outer(phase, np.arange(1, n_harmonics + 1))
    return np.hstack([np.cos(angle), np.sin(angle)])


@lru_cache(maxsize=8)
def _grid_basis(n_harmonics: int) -> Array:
    return harmonic_basis(_GRID, n_harmonics)


def fit_harmonics(phase: Array, value: Array, err: Array, n_harmonics: int) -> HarmonicFit:
    """Fit a Fourier series to a folded curve by weighted, weakly ridged least squares."""
    weight = err**-2.0 / np.sum(err**-2.0)
    basis = harmonic_basis(phase, n_harmonics)
    center, mean = weight @ basis, float(weight @ value)
    basis = basis - center
    order = np.tile(np.arange(1, n_harmonics + 1), 2)
    normal = (basis * weight[:, None]).T @ basis
    # A unit-variance basis function has a diagonal of one half: the ridge is relative to that.
    normal[np.diag_indices_from(normal)] += 0.5 * RIDGE * order**2.0 / np.sqrt(len(value))
    terms: Array = np.linalg.solve(normal, basis.T @ (weight * (value - mean)))
    return HarmonicFit(mean - float(center @ terms), terms[:n_harmonics], terms[n_harmonics:])


def explained_variance(fit: HarmonicFit, phase: Array, value: Array, err: Array) -> float:
    """Return 1 - chi2 of the fit over chi2 of a constant."""
    weight = err**-2.0
    about_mean = float(weight @ (value - np.average(value, weights=weight)) ** 2)
    return 1.0 - ratio(float(weight @ (value - fit(phase)) ** 2), about_mean)


def shape_features(fit: HarmonicFit, phase: Array, value: Array, err: Array) -> dict[str, float]:
    """Return range, explained variance, R_k1 and phi_k1 (Simon & Lee 1981) of a fit.

    R_k1 = A_k / A_1, given as r / (1 + r); phi_k1 = phi_k - k phi_1, given as cosine and sine so
    that there is no wrap.
    """
    amplitude, angle = fit.amplitude, fit.phase
    features = {
        "fourier_amplitude": float(np.ptp(fit.curve)),
        "fourier_r2": explained_variance(fit, phase, value, err),
    }
    for k in range(2, 7):
        features[f"r{k}1"] = bounded(ratio(amplitude[k - 1], amplitude[0]))
    for k in (2, 3, 4):
        features[f"cos_phi{k}1"] = float(np.cos(angle[k - 1] - k * angle[0]))
        features[f"sin_phi{k}1"] = float(np.sin(angle[k - 1] - k * angle[0]))
    return features


def cosine_features(fit: HarmonicFit, tag: str) -> dict[str, float]:
    """Return the cosine terms with phase zero at the primary minimum (Rucinski 1993), by range.

    The plane of a2 and a4 is where contact and detached eclipsers part; a1 measures how unequal the
    minima are when the fold is the orbit. The share of the sine terms measures what is asymmetric.
    """
    curve = fit.curve
    aligned = fit.shifted(float(_GRID[np.argmax(curve)]))
    span = float(np.ptp(curve))
    terms = {f"a{k}_{tag}": ratio(a, span) for k, a in enumerate(aligned.cos, start=1)}
    share = ratio(float(np.sum(aligned.sin**2)), float(np.sum(aligned.amplitude**2)))
    return {**terms, f"sine_share_{tag}": share}


def intensity_features(phase: Array, value: Array, err: Array, tag: str) -> dict[str, float]:
    """Return the first four cosine terms of the intensity, its maximum 1, zero phase at minimum.

    In the signs of Rucinski (1993) turned round: positive a_k make the minimum deeper. Catalogs of
    eclipsers draw their borders in this plane (a_2, a_4).
    """
    intensity = 10 ** (-0.4 * (value - np.percentile(value, 5)))
    fit = fit_harmonics(phase, intensity, err * intensity, 4)
    curve = fit.curve
    aligned = fit.shifted(float(_GRID[np.argmin(curve)]))
    brightest = float(curve.max())
    return {f"i{k}_{tag}": ratio(-a, brightest) for k, a in enumerate(aligned.cos, start=1)}


def double_period_features(
    fit: HarmonicFit, phase: Array, value: Array, err: Array
) -> dict[str, float]:
    """Return how much the odd harmonics matter at twice the period: do alternate cycles differ?"""
    odd = np.arange(1, len(fit.cos) + 1) % 2 == 1
    even_only = HarmonicFit(fit.mean, np.where(odd, 0.0, fit.cos), np.where(odd, 0.0, fit.sin))
    power = fit.amplitude**2
    both = explained_variance(fit, phase, value, err)
    return {
        "odd_even_2p": bounded(
            ratio(float(np.sqrt(power[odd].sum())), float(np.sqrt(power[~odd].sum())))
        ),
        "odd_gain_2p": float(
            np.clip(both - explained_variance(even_only, phase, value, err), 0.0, 1.0)
        ),
    }
