"""Class colours: fixed, apart for every kind of eye, the same for a class under any name."""

from itertools import combinations

import numpy as np
import pytest

from app.palette import FAMILIES, UNLABELLED, class_style, order_classes

TEN = ("RRAB", "RRC", "HADS", "DSCT", "EW", "EB", "EA", "ROT", "SR", "M")
# colour blindness as matrices on linear RGB (Machado, Oliveira & Fernandes 2009, full severity)
EYES = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.01182, 0.04294, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.3039]],
}  # fmt: skip
TO_XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175],
          [0.0193339, 0.119192, 0.9503041]]  # fmt: skip


def lab(color: str, eye: str) -> np.ndarray:
    """CIE L*a*b* of a colour as an eye sees it."""
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(EYES[eye]) @ linear, 0, 1)
    ratio = np.asarray(TO_XYZ) @ seen / [0.95047, 1, 1.08883]
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", EYES)
def test_the_ten_classes_keep_apart(eye: str) -> None:
    for one, other in combinations(TEN, 2):
        apart = np.linalg.norm(
            lab(class_style(one).color, eye) - lab(class_style(other).color, eye)
        )
        assert apart > 17, f"{one} and {other} look alike to {eye} eyes ({apart:.0f})"


def test_markers_differ_inside_a_family() -> None:
    for family in FAMILIES:
        markers = [
            class_style(label).marker for label in TEN if class_style(label).family == family
        ]
        assert len(set(markers)) == len(markers)


@pytest.mark.parametrize(
    ("alias", "known"),
    [("EC", "EW"), ("ED", "EA"), ("ESD", "EB"), ("MIRA", "M")],
)
def test_other_surveys_names_take_the_same_style(alias: str, known: str) -> None:
    assert class_style(alias).color == class_style(known).color
    assert class_style(alias).family == class_style(known).family
    assert class_style(alias).label == alias


@pytest.mark.parametrize("eye", EYES)
def test_a_star_whose_mode_is_not_told_is_none_of_the_fundamental_mode(eye: str) -> None:
    one, other = class_style("RRLYR"), class_style("RRAB")
    assert one.marker != other.marker
    assert np.linalg.norm(lab(one.color, eye) - lab(other.color, eye)) > 16


def test_unknown_classes_have_a_style_that_stays() -> None:
    assert class_style("XYZ") == class_style("XYZ")
    assert class_style("XYZ").family == "other"
    assert class_style("DSCT:").color == class_style("DSCT").color
    assert class_style(None).label == UNLABELLED


def test_order_is_by_family_and_unlabelled_last() -> None:
    shuffled = ["XYZ", UNLABELLED, "M", "EW", "RRC", "ROT:", "RRAB", "EW", "VAR"]
    assert order_classes(shuffled) == [
        "RRAB", "RRC", "EW", "ROT:", "M", "VAR", "XYZ", UNLABELLED,
    ]  # fmt: skip
