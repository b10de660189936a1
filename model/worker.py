"""``python -m model.worker ATLAS``: embeds single stars for the page, which never loads torch.

One line of JSON in, one line of JSON out, until the input ends. A request is {"files": [{"name",
"content" (base64)}], "period_days": number or null, "is_air": bool}; the answer {"vectors":
{modality: [...]}, "fused": [...], "period_days", "notes", "light_curve": {...}, "spectrum": {...},
"place": [ra, dec] in degrees or null} or {"error": sentence}. The first line out is {"ready": true}
or an error. Nothing is kept.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_pipeline.errors import InputError
from data_pipeline.light_curves import LightCurve, join
from data_pipeline.periods import find_periods
from data_pipeline.spectra import Spectrum
from data_pipeline.survey import Survey, SurveyWriter
from data_pipeline.upload_places import together
from data_pipeline.uploads import read_upload
from model.embed import encode_all
from model.embeddings import Embeddings
from model.links import follow
from model.modalities import SurveyTensors
from model.run import Run

SOURCE_ID = 1
MAX_FILES = 6
Vectors = dict[str, NDArray[np.float32]]


class Embedder:
    """The model of an atlas, warm.

    Parameters
    ----------
    embeddings : Embeddings
        Of the atlas; they say which run made them, and how modalities are fused.
    survey : Survey
        For the names of its bands.
    """

    def __init__(self, embeddings: Embeddings, survey: Survey) -> None:
        record = embeddings.manifest["links"].get("run")
        if record is None or embeddings.path is None:
            raise InputError("these embeddings do not say which model made them.")
        self.run = Run.open(follow(embeddings.path, "run", record))
        self.model = self.run.clip()
        self.fusion = embeddings.fusion()
        self.bands = survey.bands

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Read the files of a request, find the period, embed."""
        if len(request["files"]) > MAX_FILES:
            raise InputError(f"{len(request['files'])} files; at most {MAX_FILES} are taken.")
        bands = sorted(self.bands, key=lambda b: self.bands[b].wavelength_angstrom or np.inf)
        read = [
            read_upload(one["name"], base64.b64decode(one["content"]), bands, request["is_air"])
            for one in request["files"]
        ]
        curves = [one.light_curve for one in read if one.light_curve is not None]
        spectra = [one.spectrum for one in read if one.spectrum is not None]
        curve = join(curves) if curves else None
        vectors, period, alternative = self.embed(curve, spectra, request["period_days"])
        if not vectors:
            raise InputError(
                "the model could make nothing of it: too few epochs, or a spectrum outside the "
                "wavelengths it knows."
            )
        place, is_one_star = together(one.place for one in read)
        notes = [note for one in read for note in one.notes]
        if not is_one_star:
            notes.append("the files tell different places on the sky: the first was taken")
        return {
            "vectors": {name: vector.tolist() for name, vector in vectors.items()},
            "fused": self.fuse(vectors).tolist(),
            "period_days": period if np.isfinite(period) else None,
            "period_guess_days": alternative if np.isfinite(alternative) else None,
            "notes": notes,
            "place": place,
            "light_curve": _plain(curve, ("time", "mag", "mag_err", "flux", "flux_err", "band")),
            "spectrum": _plain(spectra[0] if spectra else None, ("wavelength", "flux", "flux_err")),
        }

    def embed(
        self, curve: LightCurve | None, spectra: list[Spectrum], period_days: float | None
    ) -> tuple[Vectors, float, float]:
        """Unit vectors (D,) of what there is, the period used, and the best guess without one."""
        with tempfile.TemporaryDirectory() as directory:
            survey, period, guess = self._survey_of_one(
                Path(directory), curve, spectra, period_days
            )
            tensors = SurveyTensors(survey, self.run.model_config, Path(directory) / "tensors", 1)
            encoded = encode_all(self.model, tensors)
            present = {name: bool(mask[0]) for name, mask in tensors.present.items()}
        return {name: v[0] for name, v in encoded.items() if present[name]}, period, guess

    def fuse(self, vectors: Vectors) -> NDArray[np.float32]:
        """Fused unit vector (D,), what is missing filled in as for the stars of the atlas."""
        dim = len(next(iter(vectors.values())))
        names = self.fusion.modalities_
        stacked = {m: vectors.get(m, np.zeros(dim, np.float32))[None] for m in names}
        present = {m: np.array([m in vectors]) for m in names}
        own = np.array([SOURCE_ID], np.int64)
        fused: NDArray[np.float32] = self.fusion.transform(stacked, present, own)[0]
        return fused

    def _survey_of_one(
        self,
        directory: Path,
        curve: LightCurve | None,
        spectra: list[Spectrum],
        period_days: float | None,
    ) -> tuple[Survey, float, float]:
        """A survey of this star alone: all that follows is what every other star went through."""
        star = pd.DataFrame({"source_id": [SOURCE_ID], "class_label": pd.Series([None], dtype=str)})
        period = guess = np.nan
        if curve is not None and period_days is not None:
            period = float(period_days)
        elif curve is not None:
            found = find_periods([(SOURCE_ID, curve)], workers=1)
            period, guess = (float(found[name][0]) for name in ("period_days", "period_alt_days"))
        star["period_days"], star["period_alt_days"] = period, guess
        with SurveyWriter(directory / "survey", "upload", self.bands) as writer:
            writer.write_objects(star)
            if curve is not None:
                writer.add_light_curve(SOURCE_ID, curve)
            for number, spectrum in enumerate(spectra):
                writer.add_spectrum(SOURCE_ID, replace(spectrum, spectrum_id=number))
        return Survey.open(directory / "survey"), period, guess


def _plain(data: Any, names: tuple[str, ...]) -> dict[str, list[Any]] | None:
    """Arrays as lists, null for what is not a number."""
    if data is None:
        return None
    arrays = {name: np.asarray(getattr(data, name)) for name in names}
    return {
        name: [None if v != v else v for v in values.tolist()]
        for name, values in arrays.items()
    }  # fmt: skip


def open_embedder(atlas_path: Path) -> Embedder:
    """Load what an atlas was made with; only its links are read, not its tables."""
    links = json.loads((atlas_path / "manifest.json").read_text(encoding="utf-8"))["links"]
    survey = Survey.open(follow(atlas_path, "survey", links["survey"]))
    embeddings = Embeddings.open(follow(atlas_path, "embeddings", links["embeddings"]))
    return Embedder(embeddings, survey)


def main(argv: list[str] | None = None) -> int:
    """Answer requests until the input ends."""
    (path,) = sys.argv[1:] if argv is None else argv
    out = sys.stdout

    def say(answer: Mapping[str, Any]) -> None:
        out.write(json.dumps(answer, allow_nan=False) + "\n")
        out.flush()

    with redirect_stdout(sys.stderr):  # nothing but answers goes to the page
        try:
            embedder = open_embedder(Path(path))
        except (InputError, OSError) as error:
            say({"error": str(error)})
            return 2
        say({"ready": True})
        for line in sys.stdin:
            try:
                say(embedder.answer(json.loads(line)))
            except InputError as error:
                say({"error": str(error)})
            except Exception as error:  # one bad request must not end the worker
                print(f"{type(error).__name__}: {error}", file=sys.stderr)
                say({"error": f"this could not be embedded ({type(error).__name__}: {error})."})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
