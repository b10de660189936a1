"""The kinds of stars on the simulated sky: a table of priors by class and subtype.

Ranges follow the class definitions of GCVS and VSX and the period-luminosity relations of the
literature (sources in docs/demo_sky.md). A kind says how period, temperature, luminosity and
amplitude are drawn and which family of light-curve shapes it belongs to; `physics` draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PAPER_CLASSES = ("EW", "EB", "EA", "RRAB", "RRC", "DSCT", "HADS", "M", "SR", "ROT")
UNSEEN_CLASSES = ("RRD", "ROT:", "SRD", "LSP", "DCEP", "DCEPS", "CWA", "CWB", "VAR")

# objects per class: the paper's sample with the rare classes left out of it, and our demo's
PAPER_COUNTS = {"EW": 6168, "SR": 4590, "EA": 2916, "RRAB": 2351, "EB": 1976, "ROT": 1839,
                "RRC": 796, "HADS": 281, "M": 268, "DSCT": 255, "ROT:": 67, "LSP": 61, "DCEP": 43,
                "VAR": 24, "SRD": 20, "DCEPS": 19, "CWB": 17, "RRD": 16, "CWA": 14}  # fmt: skip
BALANCED_COUNTS = {"EW": 600, "SR": 520, "EA": 470, "RRAB": 430, "EB": 390, "ROT": 430,
                   "RRC": 260, "HADS": 140, "M": 200, "DSCT": 160, "ROT:": 45, "LSP": 45,
                   "DCEP": 45, "VAR": 45, "SRD": 44, "DCEPS": 44, "CWB": 44, "RRD": 44,
                   "CWA": 44}  # fmt: skip
PROPORTIONS = {"balanced": BALANCED_COUNTS, "paper": PAPER_COUNTS}

# population: scale height, scale length [pc]; rotation lag and dispersions (U, V, W) [km/s]
POPULATIONS = {
    "young": (80.0, 2800.0, 5.0, (20.0, 14.0, 9.0)),
    "thin": (260.0, 2700.0, 15.0, (35.0, 23.0, 18.0)),
    "thick": (850.0, 3000.0, 50.0, (65.0, 45.0, 40.0)),
    "halo": (0.0, 0.0, 215.0, (150.0, 105.0, 95.0)),
}


@dataclass(frozen=True)
class Kind:
    """Priors of one subtype of a class.

    Parameters
    ----------
    log_period : center, sigma, low, high of log10(period / d)
    temperature : center K, slope in K per dex of period, sigma, low, high
    absolute : relation ("ms", "V" or "K"), zero point, slope per dex of period, sigma in mag;
        "ms" is an offset from the main sequence at the star's temperature
    amplitude : median, sigma in dex, low, high; peak to peak in V, ignored by eclipsing shapes
    """

    label: str
    subtype: str
    share: float
    shape: str
    population: str
    log_period: tuple[float, float, float, float]
    temperature: tuple[float, float, float, float, float]
    absolute: tuple[str, float, float, float]
    amplitude: tuple[float, float, float, float] = (0.3, 0.2, 0.05, 1.5)
    feh: tuple[float, float] = (-0.1, 0.2)
    is_giant: bool = False
    is_carbon: bool = False
    dust: float = 0.0
    """Median K-W3 excess in mag from circumstellar dust."""
    activity: float = 0.0
    """Median strength of chromospheric emission, 1 for a very active star."""

    @property
    def is_periodic(self) -> bool:
        """Whether stars of this kind have a period at all."""
        return self.shape != "irregular"


KINDS: tuple[Kind, ...] = (
    # eclipsing: the period follows from temperature and separation, log_period only bounds it
    Kind("EW", "contact A", 0.45, "eclipse", "thin", (-0.40, 0.1, -0.66, -0.05),
         (6350, 0, 420, 5500, 7800), ("ms", -0.75, 0.0, 0.30), activity=0.25),
    Kind("EW", "contact W", 0.55, "eclipse", "thin", (-0.50, 0.1, -0.66, -0.2),
         (5550, 0, 480, 4500, 6500), ("ms", -0.65, 0.0, 0.30), activity=0.45),
    Kind("EB", "hot", 0.40, "eclipse", "thin", (0.1, 0.2, -0.35, 1.3),
         (9500, 0, 3200, 7000, 22000), ("ms", -0.9, 0.0, 0.5)),
    Kind("EB", "near contact", 0.60, "eclipse", "thin", (-0.2, 0.2, -0.5, 0.6),
         (6700, 0, 700, 4800, 9000), ("ms", -0.8, 0.0, 0.4), activity=0.2),
    Kind("EA", "Algol", 0.40, "eclipse", "thin", (0.4, 0.2, -0.3, 1.8),
         (8300, 0, 1700, 6300, 16000), ("ms", -0.5, 0.0, 0.5)),
    Kind("EA", "detached", 0.45, "eclipse", "thin", (0.4, 0.2, -0.4, 1.8),
         (6400, 0, 1100, 4300, 12000), ("ms", -0.6, 0.0, 0.4), activity=0.15),
    Kind("EA", "low mass", 0.15, "eclipse", "thin", (0.1, 0.2, -0.5, 1.2),
         (4100, 0, 450, 3300, 5200), ("ms", -0.6, 0.0, 0.3), activity=0.8),
    Kind("RRAB", "RRab", 1.0, "rrab", "halo", (-0.25, 0.055, -0.40, -0.05),
         (6500, -1500, 170, 5900, 7200), ("V", 0.66, -0.6, 0.10), (0.97, 0.11, 0.2, 1.6),
         feh=(-1.4, 0.45), is_giant=True),
    Kind("RRC", "RRc", 1.0, "rrc", "halo", (-0.48, 0.05, -0.68, -0.34),
         (7050, -1500, 180, 6500, 7700), ("V", 0.62, -0.8, 0.10), (0.45, 0.11, 0.12, 0.75),
         feh=(-1.5, 0.45), is_giant=True),
    Kind("RRD", "RRd", 1.0, "rrd", "halo", (-0.45, 0.02, -0.52, -0.38),
         (6900, -1500, 150, 6500, 7400), ("V", 0.62, -0.8, 0.10), (0.42, 0.08, 0.25, 0.6),
         feh=(-1.7, 0.35), is_giant=True),
    Kind("DSCT", "multi-mode", 1.0, "dsct", "thin", (-0.97, 0.17, -1.6, -0.55),
         (7450, -700, 420, 6600, 8600), ("V", 1.5, -2.94, 0.45), (0.14, 0.22, 0.04, 0.55)),
    Kind("HADS", "radial", 0.85, "hads", "thin", (-0.98, 0.14, -1.35, -0.6),
         (7250, -900, 320, 6400, 8300), ("V", 1.56, -3.31, 0.25), (0.36, 0.15, 0.13, 0.95)),
    Kind("HADS", "SX Phe", 0.15, "hads", "halo", (-1.22, 0.08, -1.42, -1.0),
         (7500, -900, 250, 6900, 8300), ("V", 2.5, -3.31, 0.25), (0.40, 0.15, 0.17, 0.8),
         feh=(-1.3, 0.4)),
    Kind("ROT", "dwarf", 0.58, "spots", "thin", (0.65, 0.50, -0.6, 1.65),
         (4500, 350, 620, 3200, 6200), ("ms", -0.2, 0.0, 0.35), (0.11, 0.24, 0.03, 0.5),
         activity=0.9),
    Kind("ROT", "giant", 0.42, "spots", "thin", (1.25, 0.35, 0.3, 2.1),
         (4650, -150, 230, 4000, 5300), ("V", 2.0, -1.3, 0.8), (0.16, 0.24, 0.03, 0.6),
         is_giant=True, activity=0.8),
    Kind("ROT:", "dwarf", 0.6, "spots", "thin", (0.5, 0.6, -0.7, 1.9),
         (4900, 200, 800, 3300, 6800), ("ms", -0.2, 0.0, 0.5), (0.06, 0.24, 0.02, 0.3),
         activity=0.5),
    Kind("ROT:", "giant", 0.4, "spots", "thin", (1.3, 0.45, 0.2, 2.2),
         (4700, -150, 280, 4000, 5500), ("V", 1.8, -1.2, 0.9), (0.07, 0.24, 0.02, 0.3),
         is_giant=True, activity=0.4),
    Kind("M", "M-type", 0.70, "mira", "thick", (2.44, 0.13, 2.0, 2.75),
         (2950, -600, 160, 2450, 3350), ("K", -7.37, -3.55, 0.30), (3.8, 0.13, 1.7, 6.5),
         feh=(-0.3, 0.3), is_giant=True, dust=0.9),
    Kind("M", "C-type", 0.30, "mira", "thin", (2.57, 0.09, 2.25, 2.85),
         (2650, -500, 170, 2250, 3100), ("K", -7.82, -3.55, 0.35), (2.9, 0.12, 1.5, 4.8),
         feh=(-0.2, 0.25), is_giant=True, is_carbon=True, dust=1.4),
    Kind("SR", "M-type", 0.90, "semiregular", "thick", (1.85, 0.35, 1.2, 2.75),
         (3420, -280, 150, 2850, 3950), ("K", -5.6, -2.6, 0.55), (0.45, 0.32, 0.06, 3.0),
         feh=(-0.25, 0.3), is_giant=True, dust=0.25),
    Kind("SR", "C-type", 0.10, "semiregular", "thin", (2.15, 0.25, 1.5, 2.8),
         (2950, -200, 200, 2400, 3500), ("K", -7.0, -2.0, 0.5), (0.50, 0.22, 0.1, 2.0),
         feh=(-0.2, 0.25), is_giant=True, is_carbon=True, dust=0.5),
    Kind("SRD", "yellow", 1.0, "semiregular", "halo", (1.95, 0.3, 1.45, 2.6),
         (4700, -300, 280, 4100, 5600), ("V", -1.9, -1.5, 0.6), (0.45, 0.22, 0.12, 1.6),
         feh=(-1.3, 0.5), is_giant=True, dust=0.1),
    Kind("LSP", "sequence D", 1.0, "lsp", "thick", (2.62, 0.13, 2.25, 3.0),
         (3450, -200, 130, 3050, 3850), ("K", -5.9, -2.5, 0.4), (0.45, 0.18, 0.15, 1.1),
         feh=(-0.25, 0.3), is_giant=True, dust=0.35),
    Kind("DCEP", "fundamental", 1.0, "cepheid", "young", (0.85, 0.28, 0.35, 1.7),
         (5750, -650, 130, 4900, 6400), ("V", -4.0, -2.67, 0.15), (0.70, 0.12, 0.3, 1.4),
         feh=(0.0, 0.12), is_giant=True),
    Kind("DCEPS", "first overtone", 1.0, "overtone", "young", (0.48, 0.16, -0.1, 0.8),
         (6200, -600, 130, 5500, 6700), ("V", -3.4, -3.0, 0.15), (0.32, 0.12, 0.12, 0.5),
         feh=(0.0, 0.12), is_giant=True),
    Kind("CWA", "W Vir", 1.0, "cepheid", "thick", (1.18, 0.09, 0.92, 1.35),
         (5500, -600, 180, 4900, 6200), ("V", -1.65, -1.7, 0.25), (0.80, 0.12, 0.3, 1.4),
         feh=(-0.8, 0.5), is_giant=True),
    Kind("CWB", "BL Her", 1.0, "cepheid", "thick", (0.28, 0.16, 0.02, 0.85),
         (6250, -700, 200, 5600, 7000), ("V", -0.4, -1.7, 0.2), (0.72, 0.12, 0.3, 1.2),
         feh=(-1.0, 0.5), is_giant=True),
    Kind("VAR", "red irregular", 0.5, "irregular", "thick", (1.9, 0.4, 1.2, 2.8),
         (3450, 0, 250, 2900, 4000), ("K", -5.8, 0.0, 0.8), (0.35, 0.25, 0.08, 1.5),
         feh=(-0.2, 0.3), is_giant=True, dust=0.2),
    Kind("VAR", "young star", 0.3, "irregular", "young", (0.7, 0.3, 0.1, 1.5),
         (4200, 0, 450, 3400, 5500), ("ms", -1.5, 0.0, 0.7), (0.45, 0.25, 0.1, 2.0),
         dust=0.9, activity=2.0),
    Kind("VAR", "Be star", 0.2, "irregular", "young", (1.5, 0.4, 0.5, 2.5),
         (19000, 0, 3500, 12000, 27000), ("ms", -0.4, 0.0, 0.5), (0.20, 0.2, 0.08, 0.6),
         dust=0.3, activity=3.0),
)  # fmt: skip


def class_counts(n_stars: int, proportions: str) -> dict[str, int]:
    """Objects of each class for a survey of `n_stars`, by largest remainder; each at least one."""
    wanted = PROPORTIONS[proportions]
    share = {name: n_stars * count / sum(wanted.values()) for name, count in wanted.items()}
    counts = {name: max(1, int(value)) for name, value in share.items()}
    by_remainder = sorted(share, key=lambda name: share[name] - int(share[name]), reverse=True)
    for name in by_remainder * 2:
        if sum(counts.values()) < n_stars:
            counts[name] += 1
    while sum(counts.values()) > n_stars:
        counts[max(counts, key=counts.__getitem__)] -= 1
    return counts


def kind_list(n_stars: int, proportions: str) -> list[Kind]:
    """One kind per star, classes and their subtypes in their shares, in the table's order."""
    return [kind for label, count in class_counts(n_stars, proportions).items()
            for kind in _subtypes(label, count)]  # fmt: skip


def _subtypes(label: str, count: int) -> list[Kind]:
    kinds = [kind for kind in KINDS if kind.label == label]
    shares = np.cumsum([kind.share for kind in kinds])
    edges = np.round(shares / shares[-1] * count).astype(int)
    return [
        kind for kind, n in zip(kinds, np.diff(edges, prepend=0), strict=True) for _ in range(n)
    ]
