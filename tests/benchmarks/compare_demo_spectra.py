"""Compare simulated spectra with real ones, by number: SDSS templates and LAMOST RR Lyrae.

    python tests/benchmarks/compare_demo_spectra.py [--data DIR] [--json FILE]

Templates: the empirical SDSS ones of Kesseli et al. (2017). Both spectra are divided by their
median between 4000 and 9000 Angstrom; rms is that of the difference, also relative to the
template's mean flux; the indices are flux ratios (TiO5) or depths below the sides of a line.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from real_data import data_directory

from data_pipeline.cli import run_main, write_json
from data_pipeline.demo.spectra import Component, synthesize
from data_pipeline.demo.spectral_basis import WAVELENGTH
from data_pipeline.spectra import air_to_vacuum

Array = NDArray[np.float64]

# effective temperatures of the spectral types of dwarfs (Pecaut & Mamajek, rounded)
TYPES = {"B3": 17000, "B8": 12500, "A0": 9700, "A3": 8600, "A6": 8000, "A9": 7440, "F2": 6810,
         "F5": 6510, "F8": 6150, "G2": 5770, "G5": 5660, "K0": 5280, "K3": 4840, "K5": 4450,
         "K7": 4050, "M0": 3850, "M1": 3680, "M2": 3550, "M3": 3400, "M4": 3200, "M5": 3050,
         "M6": 2800, "M7": 2650, "M8": 2570}  # fmt: skip
METAL_POOR = {"F2_-2.0": 6810, "G0_-1.0": 5920, "G2_-2.0": 5770, "K2_-1.0": 5040, "K2_-2.0": 5040}
INDICES = ("tio5", "hbeta", "ca_k", "mg_b", "na_d", "ca_triplet")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, help="directory of the real data")
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args(argv)
    data = data_directory(arguments.data)
    rows = compare_templates(data / "pyhammer_sdss_templates" / "pyhammer_templates.npz")
    print(
        f"{'template':16s} {'rms':>6s} {'rel.':>6s}   " + "   ".join(f"{n:>13s}" for n in INDICES)
    )
    print(" " * 32 + "   ".join(["  real    sim "] * len(INDICES)))
    for row in rows:
        pairs = "   ".join(f"{row[n][0]:6.2f} {row[n][1]:6.2f}" for n in INDICES)
        print(f"{row['template']:16s} {row['rms']:6.3f} {row['relative_rms']:6.3f}   {pairs}")
    lyrae = compare_rr_lyrae(data / "rrlyrae_lamost_s82_linear" / "lamost_rrlyrae_spectra.npz")
    print("\nRR Lyrae, 3920-4940 Angstrom, continuum divided out: "
          + ", ".join(f"{name} {value:.3f}" for name, value in lyrae.items()))  # fmt: skip
    write_json(arguments.json, {"templates": rows, "rr_lyrae": lyrae})


def compare_templates(path: Path) -> list[dict[str, object]]:
    """One row of figures per template."""
    archive = np.load(path)
    names = [str(name) for name in archive["name"]]
    rows = []
    for wanted, temperature in {**TYPES, **METAL_POOR}.items():
        kind, _, metals = wanted.partition("_")
        name = next(n for n in names if n in (kind, f"{kind}_{metals or '+0.0'}_Dwarf"))
        real = np.interp(WAVELENGTH, archive["wavelength"], archive["flux"][names.index(name)])
        simulated = synthesize([Component(0, 1.0, temperature, float(metals or 0.0))], 1)[0]
        rows.append({"template": name, **difference(real, simulated)})
    return rows


def difference(real: Array, simulated: Array) -> dict[str, object]:
    """Figures of one pair of spectra on the survey's grid."""
    real, simulated = _normalized(real), _normalized(simulated)
    rms = float(np.std(simulated - real))
    pairs = {name: [index(real, name), index(simulated, name)] for name in INDICES}
    return {"rms": rms, "relative_rms": rms / float(real.mean()), **pairs}


def _normalized(flux: Array) -> Array:
    return np.asarray(flux / np.median(flux[_between(4000.0, 9000.0)]))


def _between(low: float, high: float) -> slice:
    return slice(*np.searchsorted(WAVELENGTH, [low, high]))


def _mean(flux: Array, low: float, high: float) -> float:
    return float(flux[_between(*air_to_vacuum(np.array([low, high])))].mean())


def index(flux: Array, name: str) -> float:
    """TiO5 as a flux ratio; the others as depth below the mean of two side bands (air Angstrom)."""
    if name == "tio5":
        return _mean(flux, 7126, 7135) / _mean(flux, 7042, 7046)
    line, blue, red = {
        "hbeta": ((4853, 4869), (4800, 4830), (4890, 4915)),
        "ca_k": ((3928, 3939), (3905, 3920), (4010, 4025)),
        "mg_b": ((5160, 5190), (5110, 5140), (5210, 5240)),
        "na_d": ((5886, 5899), (5850, 5875), (5910, 5930)),
        "ca_triplet": ((8538, 8546), (8515, 8530), (8560, 8580)),
    }[name]
    return 1.0 - 2 * _mean(flux, *line) / (_mean(flux, *blue) + _mean(flux, *red))


def compare_rr_lyrae(path: Path) -> dict[str, float]:
    """Median real RR Lyrae spectrum against the simulated one of mean temperature and metals."""
    archive = np.load(path)
    real = np.nanmedian(archive["flux"], axis=0)
    use = (archive["wavelength"] > 3925) & (archive["wavelength"] < 4935)
    simulated = synthesize([Component(0, 1.0, 6700.0, -1.5, is_giant=True)], 1)[0]
    simulated = np.interp(archive["wavelength"], WAVELENGTH, simulated)
    real, simulated = _flat(real)[use], _flat(simulated)[use]
    wave = archive["wavelength"][use]
    figures = {"rms": float(np.std(real - simulated))}
    for name, center in (
        ("Ca K", 3934.8),
        ("Hdelta", 4102.9),
        ("Hgamma", 4341.7),
        ("Hbeta", 4862.7),
    ):
        near = np.abs(wave - center) < 5.0
        figures[f"{name} depth real"] = 1.0 - float(real[near].mean())
        figures[f"{name} depth sim"] = 1.0 - float(simulated[near].mean())
    return figures


def _flat(flux: Array, width: int = 161) -> Array:
    """Divide by the running 85th percentile."""
    padded = np.pad(flux, width // 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    return np.asarray(flux / np.percentile(windows, 85, axis=1))


if __name__ == "__main__":
    raise SystemExit(run_main(main, None))
