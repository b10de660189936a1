"""Named lines and bands for the spectrum view, 3800-9200 Å.

Wavelengths are in vacuum (LAMOST's and the Survey contract's convention), the air value is kept
for the tooltip. Atomic lines: the usual stellar lists in air, converted with the Ciddor formula;
molecular heads are good to about ±5 Å. Which lines are drawn depends on the class of the star:
the sets below follow what a spectroscopist looks for in that family.
"""

from dataclasses import dataclass
from typing import Any

from data_pipeline.spectra import SPEED_OF_LIGHT_KM_S


@dataclass(frozen=True)
class Line:
    """One named feature: an atomic line, or the head of a molecular band.

    Attributes
    ----------
    name : str
        As written on the plot, e.g. "Hα".
    vacuum, air : float
        Wavelength [Å].
    kind : {"atomic", "band"}
        A band's wavelength is the head, good to about ±5 Å.
    """

    name: str
    vacuum: float
    air: float
    kind: str = "atomic"


ATOMIC = {
    "H8": Line("H8", 3890.15, 3889.05),
    "Ca II K": Line("Ca II K", 3934.77, 3933.66),
    "Ca II H": Line("Ca II H", 3969.59, 3968.47),
    "He I 4026": Line("He I", 4027.33, 4026.19),
    "Sr II": Line("Sr II", 4078.86, 4077.71),
    "Hδ": Line("Hδ", 4102.90, 4101.74),
    "Ca I": Line("Ca I", 4227.92, 4226.73),
    "Hγ": Line("Hγ", 4341.69, 4340.47),
    "Fe I 4384": Line("Fe I", 4384.78, 4383.55),
    "He I 4471": Line("He I", 4472.73, 4471.48),
    "Mg II": Line("Mg II", 4482.46, 4481.20),
    "He II": Line("He II", 4686.99, 4685.68),
    "Hβ": Line("Hβ", 4862.69, 4861.33),
    "[O III] 4959": Line("[O III]", 4960.29, 4958.91),
    "[O III] 5007": Line("[O III]", 5008.24, 5006.84),
    "Mg b": Line("Mg b", 5174.12, 5172.68),
    "Fe I 5270": Line("Fe I", 5271.01, 5269.54),
    "He I D3": Line("He I", 5877.25, 5875.62),
    "Na D": Line("Na D", 5894.57, 5892.94),
    "Ba II": Line("Ba II", 6498.70, 6496.90),
    "Hα": Line("Hα", 6564.61, 6562.80),
    "[N II]": Line("[N II]", 6585.27, 6583.45),
    "He I 6678": Line("He I", 6679.99, 6678.15),
    "Li I": Line("Li I", 6709.69, 6707.84),
    "[S II]": Line("[S II]", 6718.29, 6716.44),
    "He I 7065": Line("He I", 7067.14, 7065.19),
    "K I": Line("K I", 7701.08, 7698.96),
    "O I": Line("O I", 7776.31, 7774.17),
    "Na I 8190": Line("Na I", 8191.16, 8188.91),
    "Ca T1": Line("Ca T", 8500.35, 8498.02),
    "Ca T2": Line("Ca T", 8544.44, 8542.09),
    "Ca T3": Line("Ca T", 8664.52, 8662.14),
}


def _heads(name: str, *pairs: tuple[float, float]) -> tuple[Line, ...]:
    """Band heads of one species from (air, vacuum) pairs."""
    return tuple(Line(name, vacuum, air, "band") for air, vacuum in pairs)


TIO = _heads(
    "TiO",
    *((4761, 4762), (4955, 4956), (5167, 5168), (5448, 5450), (5759, 5761), (5848, 5849)),
    (6158, 6160),
    *((6651, 6653), (7054, 7056), (7126, 7128), (8206, 8208), (8432, 8434), (8860, 8862)),
)
VO = _heads("VO", (7334, 7336), (7851, 7853), (8521, 8523))
CAH = _heads("CaH", (6346, 6348), (6382, 6384), (6750, 6752))
MGH = _heads("MgH", (4780, 4781), (5211, 5212))
ALO = _heads("AlO", (4842, 4844))
ZRO = _heads("ZrO", (4641, 4642), (5552, 5553), (6474, 6476))
YO = _heads("YO", (5972, 5974))
LAO = _heads("LaO", (7403, 7406), (7910, 7913))
C2 = _heads(
    "C₂", (4382, 4384), (4737, 4738), (5165, 5167), (5636, 5637), (6122, 6124), (6191, 6193)
)
CN = _heads(
    "CN",
    (3883, 3884),
    (4215, 4216),
    (6926, 6928),
    (7088, 7090),
    (7283, 7285),
    (7876, 7878),
    (8067, 8069),
)
G_BAND = _heads("CH G", (4300, 4301))

BALMER = ("Hδ", "Hγ", "Hβ", "Hα")
CALCIUM = ("Ca II K", "Ca II H", "Ca T1", "Ca T2", "Ca T3")


def _atomic(*names: str) -> tuple[Line, ...]:
    return tuple(ATOMIC[name] for name in names)


AUTO, OFF = "auto", "no lines"
"""In place of the name of a set: that of the class, none."""
LINE_SETS: dict[str, tuple[Line, ...]] = {
    "A–K stars": (
        *_atomic("H8", *BALMER, *CALCIUM, "Ca I", "Mg b", "Fe I 5270", "Na D", "O I"),
        *G_BAND,
    ),
    "hot stars": _atomic(
        "H8", *BALMER, *CALCIUM[:2], "He I 4026", "Sr II", "He I 4471", "Mg II", "He I D3", "Na D",
        "He I 6678", "He I 7065", "O I",
    ),
    "active cool stars": (
        *_atomic(*BALMER, *CALCIUM, "Mg b", "Na D", "Li I", "K I", "Na I 8190"),
        *CAH, *MGH, *(head for head in TIO if head.air == 7054),
    ),
    "M giants": (*_atomic(*BALMER, "Ca I", "Na D", *CALCIUM[2:]), *TIO, *VO, *ALO),
    "S stars": (
        *_atomic(*BALMER, "Ca I", "Na D", "Ba II", "Li I", *CALCIUM[2:]), *ZRO, *YO, *LAO,
    ),
    "carbon stars": (*_atomic(*BALMER, "Ba II", "Na D"), *C2, *CN),
    "emission": _atomic(
        *BALMER, "He I 4471", "He II", "[O III] 4959", "[O III] 5007", "He I D3", "[N II]",
        "He I 6678", "[S II]", "He I 7065",
    ),
}  # fmt: skip

_SET_OF_CLASS = {
    "hot stars": ("BCEP", "ACV", "GCAS", "BE", "SPB", "ACYG"),
    "active cool stars": ("ROT", "YSO", "RS", "BY", "UV", "TTS"),
    "M giants": ("M", "MIRA", "SR", "SRA", "SRB", "SRC", "SRS", "LSP", "L", "LB", "LC", "OSARG"),
    "emission": ("ZAND", "UG", "NL", "N", "CV"),
}

TELLURIC: tuple[tuple[str, float, float], ...] = (
    ("[O I] of the sky", 5571.0, 5587.0),
    ("[O I] of the sky", 6294.0, 6310.0),
    ("O₂ B", 6869.0, 6946.0),
    ("H₂O", 7162.0, 7342.0),
    ("O₂ A", 7596.0, 7702.0),
    ("H₂O", 8132.0, 8352.0),
    ("H₂O", 8952.0, 9200.0),
)
"""(name, start, end): where the Earth's air absorbs, and where its glow leaves residuals.

In ångströms in vacuum. The glow in Na D lies on the star's own lines and is not shaded.
"""


def line_set_name(class_label: str | None) -> str:
    """Name of the line set that suits a class; uncertainty marks ("ROT:") are ignored."""
    bare = (class_label or "").strip().rstrip(":?").split("/")[0].split("|")[0].upper()
    for name, classes in _SET_OF_CLASS.items():
        if bare in classes:
            return name
    return "A–K stars"


def sorted_lines(set_name: str) -> tuple[Line, ...]:
    """One of `LINE_SETS`, in order of wavelength."""
    return tuple(sorted(LINE_SETS[set_name], key=lambda line: line.vacuum))


def shifted(wavelength: Any, radial_velocity_km_s: float) -> Any:
    """Observed wavelengths [Å], a number or an array, in a star that recedes at this velocity."""
    return wavelength * (1 + radial_velocity_km_s / SPEED_OF_LIGHT_KM_S)


def line_choices(label: str | None = None) -> dict[str, str]:
    """Sets of lines to choose from, by what is written: that of a class, each, none."""
    sets = {name: name for name in LINE_SETS}
    return {f"lines: {line_set_name(label)}": AUTO, **sets, OFF: OFF}
