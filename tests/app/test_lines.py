"""Named lines: right wavelengths, right set for a class."""

import numpy as np
import pytest

from app.lines import ATOMIC, LINE_SETS, TELLURIC, line_set_name, shifted, sorted_lines
from data_pipeline.spectra import air_to_vacuum


def test_vacuum_wavelengths_follow_from_the_air_values() -> None:
    lines = list(ATOMIC.values()) + [line for lines in LINE_SETS.values() for line in lines]
    for line in lines:
        tolerance = 0.02 if line.kind == "atomic" else 1.0
        assert line.vacuum == pytest.approx(float(air_to_vacuum(line.air)), abs=tolerance), line


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("M", "M giants"),
        ("MIRA", "M giants"),
        ("SR", "M giants"),
        ("ROT:", "active cool stars"),
        ("BCEP", "hot stars"),
        ("RRAB", "A–K stars"),
        ("SRD", "A–K stars"),
        (None, "A–K stars"),
        ("ROT|EW", "active cool stars"),
    ],
)
def test_the_set_of_lines_follows_the_class(label: str | None, expected: str) -> None:
    assert line_set_name(label) == expected


def test_every_set_is_in_order_and_has_the_balmer_lines_of_its_range() -> None:
    for name in LINE_SETS:
        wavelengths = [line.vacuum for line in sorted_lines(name)]
        assert wavelengths == sorted(wavelengths)
        assert "Hα" in {line.name for line in sorted_lines(name)}


def test_the_molecules_of_every_kind_of_star_are_named() -> None:
    bands = {
        name: {one.name for one in LINE_SETS[name] if one.kind == "band"} for name in LINE_SETS
    }
    assert bands["M giants"] == {"TiO", "VO", "AlO"}
    assert bands["S stars"] == {"ZrO", "YO", "LaO"}
    assert bands["carbon stars"] == {"C₂", "CN"}
    assert bands["active cool stars"] == {"CaH", "MgH", "TiO"}
    assert "H8" in {line.name for line in LINE_SETS["hot stars"]}


def test_a_receding_star_has_its_lines_to_the_red() -> None:
    assert shifted(6564.61, 100.0) - 6564.61 == pytest.approx(2.19, abs=0.01)


def test_telluric_bands_are_ordered_and_do_not_overlap() -> None:
    edges = np.array([band[1:] for band in TELLURIC])
    assert (np.diff(edges.ravel()) > 0).all()
