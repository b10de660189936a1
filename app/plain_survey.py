"""A survey opened without an atlas: a map is made of its own features, once, and kept.

It lies with the demo atlases (see `app.demo`), under a hash of the survey's content and place.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path

from app.demo import Say, demo_directory, run_command
from data_pipeline.directories import MANIFEST
from data_pipeline.survey import Survey


def is_survey(path: Path) -> bool:
    """Return whether a directory is a survey rather than an atlas."""
    try:
        return json.loads((path / MANIFEST).read_text(encoding="utf-8"))["kind"] == "survey"
    except (OSError, ValueError, KeyError, TypeError):  # whoever opens it tells what is wrong
        return False


def survey_atlas(path: Path, say: Say) -> Path:
    """Return the path of an atlas of a survey, made from nothing but its features.

    Parameters
    ----------
    path : Path
        A survey directory.
    say : callable
        Told in a sentence what is being done.
    """
    survey = Survey.open(path)
    key = hashlib.sha256(f"{survey.content_hash} {path.resolve()}".encode()).hexdigest()[:12]
    whole = demo_directory() / f"survey-{key}"
    if (whole / "atlas").is_dir():
        return whole / "atlas"
    say(
        f"{survey.name} is a survey, not an atlas. A map of its own features is made in {whole}; "
        "`python -m model train`, `embed` and `atlas` make one that was learned."
    )
    part = whole.with_name(f"{whole.name}.part-{os.getpid()}")
    part.mkdir(parents=True)
    try:
        run_command("model", "embed", path, "--plain", "--out", part / "embeddings")
        run_command("model", "atlas", path, part / "embeddings", "--out", part / "atlas")
        if not whole.exists():  # else another process was faster, with the same result
            part.rename(whole)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return whole / "atlas"
