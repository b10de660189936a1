"""Files as an astronomer has them (catalogue, CSV per light curve and spectrum), from a survey."""

import shutil
from pathlib import Path

import pandas as pd

from data_pipeline.survey import Survey

CONFIG = """
name = "Files of the demo sky"
source = "files"
data_dir = "."

[catalog]
file = "stars.csv"

[catalog.columns]
original_id = "id"
ra_deg = "ra"
dec_deg = "dec"
class_label = "type"
bp_rp = "bp_rp"

[bands.V]
native = "mag"
time_reference = "HJD"
wavelength_angstrom = 5450

[light_curves]
file = "light_curves/{original_id}.csv"
band = "V"

[light_curves.columns]
time = "hjd"
mag = "mag"
mag_err = "mag_err"

[spectra]
file = "spectra/{original_id}*.csv"
medium = "vacuum"

[spectra.columns]
wavelength = "wavelength"
flux = "flux"
flux_err = "flux_err"
"""


def write(survey: Survey, directory: Path, n: int) -> Path:
    """Write the first n stars of a survey as files; returns the configuration that builds them."""
    shutil.rmtree(directory, ignore_errors=True)
    for name in ("light_curves", "spectra"):
        (directory / name).mkdir(parents=True)
    stars = survey.objects.head(n)
    names = {"source_id": "id", "ra_deg": "ra", "dec_deg": "dec", "class_label": "type"}
    catalog = stars.rename(columns=names)[["id", "ra", "dec", "type", "bp_rp"]]
    catalog.assign(id="s" + catalog["id"].astype(str)).to_csv(directory / "stars.csv", index=False)
    for source_id in stars["source_id"].tolist():
        _write_star(survey, source_id, directory)
    config = directory / "files.toml"
    config.write_text(CONFIG)
    return config


def _write_star(survey: Survey, source_id: int, directory: Path) -> None:
    light_curve = survey.light_curve(source_id)
    if light_curve is not None:
        good = light_curve.select(light_curve.good).in_band("V")
        table = pd.DataFrame({"hjd": good.time, "mag": good.mag, "mag_err": good.mag_err})
        table.to_csv(directory / "light_curves" / f"s{source_id}.csv", index=False)
    for number, spectrum in enumerate(survey.spectra(source_id)):
        columns = ("wavelength", "flux", "flux_err")
        table = pd.DataFrame({name: getattr(spectrum, name) for name in columns})
        table.to_csv(directory / "spectra" / f"s{source_id}_{number}.csv", index=False)
