"""Configurations: every mistake is told, all at once, with what was probably meant."""

from pathlib import Path

import pytest

from data_pipeline.config import PRESETS, BuildConfig, load_config
from data_pipeline.errors import InputError


def load(directory: Path, text: str) -> BuildConfig:
    path = directory / "my.toml"
    path.write_text(text)
    return load_config(path)


def test_file_becomes_dataclasses(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """
        name = "Mine"
        [catalog]
        file = "stars.csv"
        columns = { original_id = "ID" }
        [catalog.extra.sp]
        column = "SpType"
        dtype = "string"
        [bands.g]
        native = "flux"
        wavelength_angstrom = 4800
        [features]
        bands = ["g"]
        [periods]
        max_harmonics = 3
        """,
    )
    assert config.path("stars.csv") == tmp_path / "stars.csv"
    assert config.catalog.columns == {"original_id": "ID"}
    assert config.catalog.extra["sp"].define("sp").dtype == "string"
    assert config.bands["g"].wavelength_angstrom == 4800.0
    assert isinstance(config.bands["g"].wavelength_angstrom, float)
    assert config.features.bands == ("g",)
    assert config.periods.max_harmonics == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nam = 'x'", r"unknown key 'nam' \(did you mean 'name'\?\); missing key 'name'"),
        ("name = 1", "name should be text, found 1"),
        ("name = 'x'\nseed = true", "seed should be a whole number, found True"),
        ("name = 'x'\nseed = 1.5", "seed should be a whole number, found 1.5"),
        ("name = 'x'\ncatalog = 'stars.csv'", "catalog should be a table, found 'stars.csv'"),
        ("name = 'x'\n[catalog]\nra_in_hours = 'yes'", "catalog.ra_in_hours should be true or"),
        (
            "name = 'x'\n[light_curves]\nbnad = 'V'",
            r"unknown key 'light_curves.bnad' \(did you mean 'band'\?\)",
        ),
        ("name = 'x'\n[features]\nbands = 'V'", "features.bands should be a list, found 'V'"),
        ("name = 'x'\n[features]\nbands = [1]", "features.bands should be text, found 1"),
        ("name = 'x'\n[bands.V]\nnative = 'm'", "bands.V: a band's native quantity is 'mag' or"),
        ("name = 'x'\n[bands.V]", "missing key 'bands.V.native'"),
        ("name = 'x'\n[spectra]\nmedium = 'water'", "spectra.medium is 'vacuum' or 'air'"),
        ("name = 'x'\n[periods]\nharmonics = 3", r"'periods.harmonics' \(did you mean 'max_ha"),
        ("name = 'x'\ndata_dir = 'nowhere'", r"nowhere does not exist. Give it with --data"),
        ("name = ", "is not valid TOML"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(tmp_path, text)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"seed should be.*unknown key 'catalog.fil'") as refusal:
        load(tmp_path, "name = 'x'\nseed = 'a'\n[catalog]\nfil = 1\n[spectra]\nmedium = 'ether'")
    assert "medium" in str(refusal.value)
    assert str(tmp_path / "my.toml") in str(refusal.value)


def test_presets_load_by_name(tmp_path: Path) -> None:
    names = [path.stem for path in PRESETS.glob("*.toml")]
    assert {"asas_acvs", "eros1", "files", "asassn"} <= set(names)
    for name in names:
        assert load_config(name, tmp_path).data_dir == tmp_path


def test_unknown_preset_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"no configuration asas_acv \(did you mean 'asas_acvs'\?\)"
    ):
        load_config("asas_acv", tmp_path)
