"""From rows to arrays: what reaches a model, what does not, and what happens to bad data."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_pipeline.errors import InputError
from data_pipeline.features.columns import FEATURE_COLUMNS
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import PAPER_FEATURES, Band, Column
from data_pipeline.spectra import Spectrum
from data_pipeline.survey import Survey
from data_pipeline.survey_writer import SurveyWriter
from model import tensors
from model.encoder_config import MetadataConfig, PhotometryConfig, SpectraConfig
from model.inputs import metadata, photometry, spectra
from model.inputs.arrays import ModalityArrays

TIME = np.sort(np.random.default_rng(1).uniform(0, 300, 90)) + 2457000.0
MAG = 12 + 0.3 * np.sin(2 * np.pi * TIME / 0.7)
ERROR = np.full(TIME.size, 0.02)


def one_star(
    path: Path, light_curve: LightCurve | None, spectrum: Spectrum | None = None
) -> Survey:
    """A survey of a single star with a period."""
    bands = {"V": Band("mag"), "g": Band("flux", unit="mJy")}
    with SurveyWriter(path, "One", bands) as writer:
        if light_curve is not None:
            writer.add_light_curve(1, light_curve)
        if spectrum is not None:
            writer.add_spectrum(1, spectrum)
        writer.write_objects(pd.DataFrame({"source_id": [1], "period_days": [0.7]}))
    return Survey.open(path)


def prepared(path: Path, light_curve: LightCurve | None) -> ModalityArrays:
    """The photometry arrays of one star."""
    return photometry.prepare(one_star(path, light_curve), PhotometryConfig(), np.array([0]))


def test_values_are_scaled_and_point_up(tmp_path: Path) -> None:
    arrays = prepared(tmp_path / "s", LightCurve.from_mag(TIME, MAG, ERROR))
    value = arrays.per_point["value"]
    assert arrays.present.tolist() == [True]
    assert np.corrcoef(value, -MAG)[0, 1] > 0.999
    assert 0.9 < value.std() < 1.1
    assert 10 ** arrays.per_object["log_scatter"][0, 0] == pytest.approx(0.3 / np.sqrt(2), rel=0.1)
    assert np.isnan(arrays.per_object["log_scatter"][0, 1])
    assert arrays.at(np.array([0])).tolist() == [0]


def test_times_carry_no_zero_point(tmp_path: Path) -> None:
    early = prepared(tmp_path / "a", LightCurve.from_mag(TIME, MAG, ERROR))
    late = prepared(tmp_path / "b", LightCurve.from_mag(TIME + 1234.567, MAG, ERROR))
    for name in photometry.POINTS:
        np.testing.assert_allclose(early.per_point[name], late.per_point[name], atol=1e-4)


def test_float64_times_keep_the_phase(tmp_path: Path) -> None:
    arrays = prepared(tmp_path / "s", LightCurve.from_mag(TIME, MAG, ERROR))
    once = 2 * arrays.per_point["phase"] % 1
    expected = np.cos(2 * np.pi * once)  # brightest at phase zero
    assert np.corrcoef(arrays.per_point["value"], expected)[0, 1] > 0.99


@pytest.mark.parametrize("native", ["constant", "flux", "negative flux", "no errors"])
def test_odd_light_curves_stay_finite(tmp_path: Path, native: str) -> None:
    flux = 10 ** (-0.4 * (MAG - 12))
    light_curves = {
        "constant": LightCurve.from_mag(TIME, np.full(TIME.size, 12.0), ERROR),
        "flux": LightCurve.from_flux(TIME, flux, 0.02 * flux, "g"),
        "negative flux": LightCurve.from_flux(TIME, flux - flux.mean(), ERROR, "g"),
        "no errors": LightCurve.from_mag(TIME, MAG, np.full(TIME.size, np.nan)),
    }
    arrays = prepared(tmp_path / "s", light_curves[native])
    assert arrays.present.all()
    for name in photometry.POINTS:
        assert np.isfinite(arrays.per_point[name]).all()
    assert (arrays.per_point["weight"] > 0).all()


def test_flux_and_magnitudes_of_one_star_look_alike(tmp_path: Path) -> None:
    flux = 100 * 10 ** (-0.4 * (MAG - 12))
    as_mag = prepared(tmp_path / "a", LightCurve.from_mag(TIME, MAG, ERROR))
    as_flux = prepared(tmp_path / "b", LightCurve.from_flux(TIME, flux, 0.02 * flux, "g"))
    np.testing.assert_allclose(as_mag.per_point["value"], as_flux.per_point["value"], atol=0.02)
    assert as_flux.per_object["log_scatter"][0, 1] == pytest.approx(
        as_mag.per_object["log_scatter"][0, 0], abs=0.01
    )


def test_absence_has_a_reason(tmp_path: Path) -> None:
    none = prepared(tmp_path / "a", None)
    single = prepared(tmp_path / "b", LightCurve.from_mag(TIME[:1], MAG[:1], ERROR[:1]))
    flagged = prepared(tmp_path / "c", LightCurve.from_mag(TIME, MAG, ERROR, quality=1))
    assert none.absent_counts() == {"no light curve": 1}
    assert single.absent_counts() == {"too few good epochs": 1}
    assert flagged.absent_counts() == {"too few good epochs": 1}


def test_long_light_curves_are_thinned(tmp_path: Path) -> None:
    survey = one_star(tmp_path / "s", LightCurve.from_mag(TIME, MAG, ERROR))
    arrays = photometry.prepare(survey, PhotometryConfig(max_epochs=20), np.array([0]))
    assert arrays.n_points.tolist() == [20]


def test_spectra_are_scaled_or_absent(tmp_path: Path) -> None:
    wavelength = np.linspace(3800.0, 9100.0, 1000)
    ones = np.ones(wavelength.size)

    def of(name: str, flux: np.ndarray, mask: np.ndarray) -> ModalityArrays:
        spectrum = Spectrum(1, wavelength, flux, 0.1 * ones, mask)
        survey = one_star(tmp_path / name, None, spectrum)
        return spectra.prepare(survey, SpectraConfig(), np.array([0]))

    good = of("good", 7.0 * ones, ~ones.astype(bool))
    channels = good.per_object["channels"][0]
    assert good.present.all()
    np.testing.assert_allclose(channels[0], np.arcsinh(1.0), atol=1e-3)
    np.testing.assert_allclose(channels[1], 0.0, atol=2e-2)
    assert of("zero", 0.0 * ones, ~ones.astype(bool)).absent_counts() == {"no positive flux": 1}
    bad = of("bad", np.nan * ones, ~ones.astype(bool))
    assert bad.absent_counts() == {"too few good pixels in range": 1}


def two_surveys(tmp_path: Path) -> tuple[Survey, Survey]:
    """Surveys that agree in their features and periods, and in nothing else."""
    columns = [Column("lc_skew", "", "skewness", "", "feature"), Column("gcvs", dtype="string")]
    opened = []
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        with SurveyWriter(
            tmp_path / f"{seed}", "S", {"V": Band("mag")}, columns, is_synthetic=True
        ) as writer:
            ids = np.arange(5)
            table = {
                "source_id": ids,
                "lc_skew": [0.1, np.nan, 3.0, np.inf, 5.0],
                "period_days": [0.7] * 5,
                "class_label": rng.choice(["EW", "SR"], 5),
                "gcvs": rng.choice(["A", "B"], 5),
                "ra_deg": rng.uniform(0, 360, 5),
                "dec_deg": rng.uniform(-90, 90, 5),
                "period_catalog_days": rng.uniform(0, 9, 5),
                "n_epochs": rng.integers(1, 99, 5),
            }
            for source_id in ids[:4]:
                writer.add_light_curve(int(source_id), LightCurve.from_mag(TIME, MAG, ERROR))
            writer.write_objects(pd.DataFrame(table))
            writer.write_truth(pd.DataFrame({"source_id": ids, "true": rng.choice(["x", "y"], 5)}))
        opened.append(Survey.open(tmp_path / f"{seed}"))
    return opened[0], opened[1]


def test_only_features_and_observations_reach_a_model(tmp_path: Path) -> None:
    first, second = two_surveys(tmp_path)
    rows = np.arange(5)
    for inputs, config in ((photometry, PhotometryConfig()), (metadata, MetadataConfig())):
        one, two = (inputs.prepare(s, config, rows) for s in (first, second))
        for kind in ("per_object", "per_point"):
            for name, array in getattr(one, kind).items():
                np.testing.assert_array_equal(array, getattr(two, kind)[name])
        assert one.facts == two.facts
    values = metadata.prepare(first, MetadataConfig(), rows)
    assert values.facts["features"] == ["lc_skew"]
    assert values.present.tolist() == [True, False, True, False, True]


def test_a_catalog_period_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "s"
    column = Column("period_days", "d", "of the catalog", role="catalog")
    with SurveyWriter(path, "S", {"V": Band("mag")}, [column]) as writer:
        writer.write_objects(pd.DataFrame({"source_id": [1], "period_days": [0.7]}))
    periods, is_claimed = photometry.model_periods(Survey.open(path))
    assert np.isnan(periods).all()
    assert not is_claimed.any()


def test_a_star_without_a_claimed_period_is_folded_at_the_best_guess(tmp_path: Path) -> None:
    path = tmp_path / "s"
    table = pd.DataFrame(
        {
            "source_id": [1, 2, 3],
            "period_days": [0.7, np.nan, np.nan],
            "period_alt_days": [1.4, 0.3, np.nan],
        }
    )
    with SurveyWriter(path, "S", {"V": Band("mag")}) as writer:
        writer.write_objects(table)
    periods, is_claimed = photometry.model_periods(Survey.open(path))
    np.testing.assert_array_equal(periods, [0.7, 0.3, np.nan])
    assert is_claimed.tolist() == [True, False, False]


def test_brightness_and_errors_become_intrinsic() -> None:
    table = {
        "phot_g_mean_mag": np.array([10.0, 15.0]),
        "e_phot_g_mean_mag": np.array([0.01, 0.02]),
        "j_mag": np.array([9.0, 14.0]),
        "parallax": np.array([10.0, 1.0]),
        "parallax_error": np.array([0.1, 0.1]),
        "pm": np.array([20.0, 2.0]),
        "pmra": np.array([20.0, 2.0]),
        "parallax_over_error": np.array([100.0, 10.0]),
        "bp_rp": np.array([1.0, 1.0]),
        "l": np.array([10.0, 20.0]),
    }
    columns = {name: PAPER_FEATURES[name] for name in table}
    own = ("lc_amplitude", "lc_scatter", "lc_slope", "lc_depth_p", "lc_fourier_amplitude")
    table |= {name: np.array([0.5, 0.6]) for name in own}
    columns |= {name: FEATURE_COLUMNS[name] for name in own}
    derived = metadata.intrinsic_features(table, columns, MetadataConfig().exclude)
    assert set(derived) == {
        "bp_rp", "absolute_magnitude", "j_mag-phot_g_mean_mag", "tangential_velocity",
    }  # fmt: skip
    np.testing.assert_allclose(derived["absolute_magnitude"], [5.0, 5.0])
    np.testing.assert_allclose(derived["tangential_velocity"], 9.48)
    np.testing.assert_allclose(derived["j_mag-phot_g_mean_mag"], [-1.0, -1.0])


def test_light_curve_features_stay_where_parallaxes_are_empty(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"source_id": [1, 2], "phot_g_mean_mag": [10.0, 11.0], "lc_skew": [0.5, 0.6]}
    )
    got = {}
    for name, parallax in (("empty", [np.nan, np.nan]), ("one", [np.nan, 2.0])):
        with SurveyWriter(
            tmp_path / name, "S", {"V": Band("mag")}, [Column("lc_skew", role="feature")]
        ) as writer:
            writer.write_objects(table.assign(parallax=parallax))
        arrays = metadata.prepare(
            Survey.open(tmp_path / name), MetadataConfig(), np.array([0])
        )  # the star of the other row decides as well
        got[name] = arrays.facts["features"]
    assert got == {"empty": ["phot_g_mean_mag", "lc_skew"], "one": ["absolute_magnitude"]}


def test_magnitudes_of_variation_are_no_apparent_magnitudes() -> None:
    own = [name for name, column in FEATURE_COLUMNS.items() if column.role == "feature"]
    table = {name: np.array([0.5, 0.6]) for name in own}
    columns = {name: FEATURE_COLUMNS[name] for name in own}
    table["parallax"], columns["parallax"] = np.array([1.0, 1.0]), PAPER_FEATURES["parallax"]
    derived = metadata.intrinsic_features(table, columns, ())
    np.testing.assert_array_equal(derived["lc_amplitude"], [0.5, 0.6])
    assert "absolute_magnitude" not in derived


def test_negative_parallax_gives_the_faintest_the_star_can_be() -> None:
    one = np.array([12.0])
    got = metadata.absolute_magnitude(one, np.array([-0.5]), np.array([0.1]))
    np.testing.assert_allclose(got, 12.0 - 10 + 5 * np.log10(0.1))


def test_arrays_are_cached_under_content_and_config(tiny_survey: Path, tmp_path: Path) -> None:
    survey = Survey.open(tiny_survey)
    inputs = {"metadata": metadata}
    first = tensors.prepare(survey, {"metadata": MetadataConfig()}, inputs, tmp_path)
    again = tensors.prepare(survey, {"metadata": MetadataConfig(hidden_dim=8)}, inputs, tmp_path)
    other = tensors.prepare(
        survey, {"metadata": MetadataConfig(exclude=("bp_rp",))}, inputs, tmp_path
    )
    np.testing.assert_array_equal(
        first["metadata"].per_object["values"], again["metadata"].per_object["values"]
    )
    assert "bp_rp" not in other["metadata"].facts["features"]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_cache_is_shared_and_never_at_the_root_of_the_disk(
    tiny_survey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey = Survey.open(tiny_survey)
    tensors.prepare(survey, {"metadata": MetadataConfig()}, {"metadata": metadata}, tmp_path / "c")
    (made,) = (tmp_path / "c").iterdir()
    assert made.stat().st_mode & 0o055 == 0o055  # others of a team may read it
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"--cache .*file/x cannot be written to"):
        tensors.cache_directory(survey, tmp_path / "file" / "x")
    monkeypatch.setattr(survey, "path", tmp_path / "file" / "survey")  # nothing can be made there
    assert tensors.cache_directory(survey).name.startswith("astrom3-tensors-")


def test_blocks_and_processes_give_the_same_arrays(
    tiny_survey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey = Survey.open(tiny_survey)
    encoders, inputs = {"photometry": PhotometryConfig()}, {"photometry": photometry}
    whole = tensors.prepare(survey, encoders, inputs, tmp_path / "a", workers=1)["photometry"]
    monkeypatch.setattr(tensors, "BLOCK", 25)
    parts = tensors.prepare(survey, encoders, inputs, tmp_path / "b", workers=2)["photometry"]
    for name, array in whole.per_point.items():
        np.testing.assert_array_equal(array, parts.per_point[name])
    np.testing.assert_array_equal(whole.n_points, parts.n_points)
