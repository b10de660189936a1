"""From a source to a survey: what was read is there, with periods, features and splits."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_pipeline import directories
from data_pipeline.build import build_survey
from data_pipeline.config import load_config
from data_pipeline.errors import InputError
from data_pipeline.survey import Survey

PERIOD = 0.61803
CONFIG = """
name = "Mine"
[catalog]
file = "stars.csv"
columns = { original_id = "id", ra_deg = "ra", dec_deg = "dec", class_label = "type" }
[bands.V]
native = "mag"
[bands.B]
native = "mag"
wavelength_angstrom = 4400
[light_curves]
file = "{original_id}.csv"
columns = { time = "t", mag = "m", mag_err = "e", band = "b" }
[spectra]
file = "spectrum_{original_id}.csv"
[features]
promote = ["lc_mean_mag"]
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two periodic stars in two bands, one of noise, one without a light curve."""
    path = tmp_path_factory.mktemp("mine")
    (path / "my.toml").write_text(CONFIG)
    rng = np.random.default_rng(3)
    names = ["sine", "sine2", "noise", "none"]
    stars = pd.DataFrame({"id": names, "ra": [1.0, 2.0, 3.0, 4.0], "dec": 5.0, "type": "X"})
    stars.to_csv(path / "stars.csv", index=False)
    for name in names[:3]:
        time = np.sort(rng.uniform(0, 300, 120))
        signal = 0.4 * np.sin(2 * np.pi * time / PERIOD) * (name != "noise")
        curve = pd.DataFrame(
            {"t": time, "m": 12 + signal + rng.normal(0, 0.02, 120), "e": 0.02,
             "b": np.where(np.arange(120) % 2, "V", "B")}
        )  # fmt: skip
        curve.to_csv(path / f"{name}.csv", index=False)
    spectrum = pd.DataFrame({"wavelength": [4000.0, 5000.0], "flux": [1.0, 2.0]})
    spectrum.to_csv(path / "spectrum_none.csv", index=False)
    return path


@pytest.fixture(scope="module")
def built(data: Path) -> Survey:
    build_survey(load_config(data / "my.toml"), data / "survey")
    return Survey.open(data / "survey")


def test_observations_are_all_there(built: Survey) -> None:
    assert built.objects["original_id"].tolist() == ["sine", "sine2", "noise", "none"]
    assert built.has_photometry.tolist() == [True, True, True, False]
    assert built.n_spectra.tolist() == [0, 0, 0, 1]
    assert built.objects["n_epochs"].tolist() == [120, 120, 120, 0]
    curve = built.light_curve(built.source_id[0])
    assert curve is not None
    assert curve.bands == ("B", "V")


def test_periods_are_found_or_honestly_absent(built: Survey) -> None:
    period = built.objects["period_days"].to_numpy()
    np.testing.assert_allclose(period[:2] / PERIOD, np.round(period[:2] / PERIOD), atol=1e-3)
    assert np.isnan(period[2:]).all()
    assert built.objects["is_periodic"].tolist() == [True, True, False, False]


def test_features_are_computed_and_promoted(built: Survey) -> None:
    assert "lc_mean_mag" in built.feature_names
    assert "lc_amplitude" in built.feature_names
    assert "lc_color" in built.feature_names  # B is bluer than V, whatever their names
    assert not [name for name in built.feature_names if not name.startswith("lc_")]
    assert built.features.iloc[3].isna().all()


def test_splits_and_provenance_are_written(built: Survey) -> None:
    assert {"default", "fold-0", "fold-4"} <= set(built.splits["split"])
    provenance = built.manifest["provenance"]
    assert provenance["seed"] == 42
    assert len(provenance["inputs"]["files"]["stars.csv"]["sha256"]) == 64
    assert provenance["inputs"]["config"]["catalog"]["file"] == "stars.csv"
    directories.verify(built.path)


def test_unfinished_work_is_cleared_away(built: Survey, data: Path) -> None:
    assert not (data / "survey.build").exists()


def test_interrupted_build_keeps_the_periods_it_found(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    config = load_config(data / "my.toml")
    with monkeypatch.context() as patch:
        patch.setattr("data_pipeline.build.compute_features", interrupt)
        with pytest.raises(KeyboardInterrupt):
            build_survey(config, tmp_path / "survey")
    assert not (tmp_path / "survey").exists()
    assert (tmp_path / "survey.build" / "periods.list").read_text()
    build_survey(config, tmp_path / "survey")
    assert [path.name for path in tmp_path.iterdir()] == ["survey"]


def test_existing_target_is_refused_before_anything_is_read(built: Survey, data: Path) -> None:
    with pytest.raises(InputError, match="survey already exists"):
        build_survey(load_config(data / "my.toml"), data / "survey")


def test_limit_takes_the_same_stars_each_time(data: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        figures = build_survey(load_config(data / "my.toml"), tmp_path / name, limit=1)
        assert figures["n_objects"] == 1
    assert directories.content_hash(tmp_path / "one") == directories.content_hash(tmp_path / "two")


def test_survey_of_spectra_alone_is_built(data: Path, tmp_path: Path) -> None:
    text = CONFIG.replace('file = "{original_id}.csv"', "").replace("promote = ", "bands = ")
    (data / "spectra.toml").write_text(text.replace('["lc_mean_mag"]', "[]"))
    figures = build_survey(load_config(data / "spectra.toml"), tmp_path / "spectra")
    assert (figures["n_light_curves"], figures["n_spectra"]) == (0, 1)
    assert figures["features"] == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "Mine"', 'name = "Mine"\nsource = "asas"', r"unknown source 'asas' \(did you mea"),
        ("lc_mean_mag", "lc_mean", r"promote: 'lc_mean' is not computed .*\(did you mean 'lc_me"),
    ],
)
def test_mistakes_are_told_before_the_search(
    data: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    (data / "wrong.toml").write_text(CONFIG.replace(old, new))
    with pytest.raises(InputError, match=message):
        build_survey(load_config(data / "wrong.toml"), tmp_path / "survey")
    assert not (tmp_path / "survey.build").exists()
