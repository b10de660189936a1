"""What each photometric feature is: name, unit, description, UCD and role.

All names start with ``lc_``. A suffix ``_p`` means folded at the period found, ``_2p`` at twice
that period: eclipsers with equal minima are found at half their orbit, so both folds are described.
Mean magnitudes are kept as catalog values, because apparent brightness says how far a star is
before it says what it is; a survey whose stars share one distance may promote them to features.
"""

from data_pipeline.schema import Column

_MAG = ("mag", "phot.mag")
_AMPLITUDE = ("mag", "src.var.amplitude")
_RATIO = ("", "stat.value")


def _feature(name: str, kind: tuple[str, str], text: str, role: str = "feature") -> Column:
    unit, ucd = kind
    return Column(f"lc_{name}", unit, text, ucd, role, "float32")


_SERIES = [
    _feature("mean_mag", _MAG, "median brightness in the bluest band", "catalog"),
    _feature("amplitude", _AMPLITUDE, "range between the 5th and 95th percentile"),
    _feature(
        "scatter", ("mag", "stat.stdev;phot.mag"), "1.4826 times the median absolute deviation"
    ),
    _feature("skewness", _RATIO, "third standardised moment; positive where dips dominate"),
    _feature("tail_weight", _RATIO, "range of 2nd-98th over range of 25th-75th percentile"),
    _feature("asymmetry", _RATIO, "(p95 + p5 - 2 p50) / (p95 - p5); +1 dips, -1 outbursts"),
    _feature("asymmetry_tails", _RATIO, "the same with the 2nd and 98th percentile"),
    _feature("von_neumann", _RATIO, "mean squared successive difference over the variance"),
    _feature("stetson_k", _RATIO, "mean over root mean square of the absolute deviations"),
    _feature("slope", ("mag.yr-1", "phot.mag;arith.rate"), "linear trend"),
    _feature("season_amplitude", _RATIO, "scatter of the seasons' medians over the scatter"),
    _feature("trend_fraction", _RATIO, "variance left in 30-day medians, over the variance"),
]

_PERIOD = [
    _feature("log_period", ("log(d)", "time.period"), "log10 of the period found"),
    _feature("log_period_ratio", _RATIO, "log10 of the second period over the first"),
    _feature("period_alt_odds", _RATIO, "odds of the second period against the first, 0 to 1"),
    _feature("period_power", ("", "stat.fit.goodness"), "periodogram power at the period found"),
    _feature("string_length_half", _RATIO, "Lafler-Kinman string length at half the period"),
    _feature("string_length_p", _RATIO, "Lafler-Kinman string length at the period"),
    _feature("string_length_2p", _RATIO, "Lafler-Kinman string length at twice the period"),
]


def _fold_columns(tag: str, fold: str) -> list[Column]:
    texts = {
        "depth": (_AMPLITUDE, "depth of the deepest minimum below the bright level"),
        "minima_ratio": (_RATIO, "depth of the second minimum over that of the first"),
        "minima_offset": (_RATIO, "distance of the second minimum from half a cycle, in cycles"),
        "between_minima": (_RATIO, "level between the minima over the depth: 0 flat, 1 no maximum"),
        "duty": (_RATIO, "fraction of the cycle fainter than the middle level"),
        "width": (_RATIO, "width of the deepest minimum at half its depth, in cycles"),
        "flat_fraction": (_RATIO, "fraction of the cycle within 15 % of the bright level"),
        "rise_fraction": (_RATIO, "fraction of the cycle from faintest to brightest"),
        "steepness": (_RATIO, "log10 of the steepest rise over the steepest decline"),
        "residual": (_RATIO, "scatter about the mean fold over the scatter"),
    }
    return [
        _feature(f"{name}_{tag}", kind, f"{text} (folded at {fold})")
        for name, (kind, text) in texts.items()
    ]


_FOURIER_P = [
    _feature("fourier_amplitude", _AMPLITUDE, "peak-to-peak of the harmonic fit"),
    _feature("fourier_r2", _RATIO, "variance explained by the harmonic fit"),
    *(
        _feature(f"r{k}1", _RATIO, f"amplitude of harmonic {k} over harmonic 1, as r/(1+r)")
        for k in range(2, 7)
    ),
    *(
        _feature(f"{axis}_phi{k}1", _RATIO, f"{axis} of phi_{k} - {k} phi_1")
        for k in (2, 3, 4)
        for axis in ("cos", "sin")
    ),
]


def _cosine_columns(tag: str, fold: str, harmonics: int) -> list[Column]:
    where = f"with phase zero at the primary minimum (folded at {fold})"
    return [
        *(
            _feature(f"a{k}_{tag}", _RATIO, f"cosine term {k} over the fit's range, {where}")
            for k in range(1, harmonics + 1)
        ),
        *(
            _feature(f"i{k}_{tag}", _RATIO, f"cosine term {k} of the dip in intensity, {where}")
            for k in range(1, 5)
        ),
        _feature(f"sine_share_{tag}", _RATIO, f"sine terms' share of the power, {where}"),
    ]


_DOUBLE = [
    _feature("odd_even_2p", _RATIO, "odd over even harmonics at twice the period, as r/(1+r)"),
    _feature("odd_gain_2p", _RATIO, "variance the odd harmonics explain beyond the even ones"),
]

_BANDS = [
    _feature("mean_mag_red", _MAG, "median brightness in the second band", "catalog"),
    _feature("color", ("mag", "phot.color"), "median of the bluest minus the second band"),
    _feature("amplitude_ratio", _RATIO, "harmonic amplitude, second over bluest band, as r/(1+r)"),
    _feature("scatter_ratio", _RATIO, "scatter, second over bluest band, as r/(1+r)"),
    _feature("cos_band_lag", _RATIO, "cosine of the first harmonic's lag between the bands"),
    _feature("sin_band_lag", _RATIO, "sine of the first harmonic's lag between the bands"),
    _feature("string_length_red", _RATIO, "string length at the period in the second band"),
    _feature("von_neumann_red", _RATIO, "von Neumann ratio in the second band"),
    _feature("skewness_red", _RATIO, "skewness in the second band"),
    _feature("band_correlation", _RATIO, "correlation of the bands' nightly deviations"),
    *(
        column
        for name, band in (("blue", "bluest"), ("red", "second"))
        for column in (
            _feature(
                f"log_period_{name}",
                ("log(d)", "time.period"),
                f"log10 of the strongest period of the {band} band alone, one harmonic",
            ),
            _feature(
                f"period_power_{name}",
                ("", "stat.fit.goodness"),
                f"periodogram power of the {band} band alone at its strongest period",
            ),
        )
    ),
]

FEATURE_COLUMNS: dict[str, Column] = {
    column.name: column
    for column in [
        *_SERIES,
        *_PERIOD,
        *_fold_columns("p", "the period"),
        *_fold_columns("2p", "twice the period"),
        *_FOURIER_P,
        *_cosine_columns("p", "the period", 6),
        *_cosine_columns("2p", "twice the period", 8),
        *_DOUBLE,
        *_BANDS,
    ]
}
"""Every feature that `photometric_features` returns, in its order."""
