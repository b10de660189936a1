"""What a file says about itself: what, from which data, how chosen, by whom, with what."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from app.export.credits import credits_of
from data_pipeline.directories import Manifest
from model.atlas import Atlas


def describe_export(
    atlas: Atlas,
    n_rows: int,
    recipe: list[dict[str, Any]],
    thresholds: Mapping[str, Any],
    what: str = "selection",
    vetters: Sequence[str] = (),
) -> dict[str, str]:
    """Provenance of an export, name to text.

    Parameters
    ----------
    atlas : Atlas
    n_rows : int
    recipe : list of dict
        Steps that make the list's stars again (see app/selection.py).
    thresholds : mapping of name to number
        Of the flags, as the page had them; with the ranking and its weights.
    what : str
        The list in words: "selection", "flag queue".
    vetters : sequence of str
        Who gave the verdicts in the file.
    """
    made_by = atlas.manifest["provenance"]
    facts: dict[str, Any] = {
        "survey": atlas.name,
        "nature": "SYNTHETIC (simulated stars)" if atlas.is_synthetic else "observed stars",
        "list": what,
        "rows": f"{n_rows} of {len(atlas)}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "credits": "; ".join(credit.text for credit in credits_of(atlas.survey.manifest)),
        "software": f"AstroM3 Explorer {version('astrom3-explorer')}, astropy {version('astropy')}",
        "atlas_hash": atlas.hash,
        "atlas_created": made_by.get("created", ""),
        "atlas_versions": made_by.get("versions", {}),
        "seed": made_by.get("seed"),
        "survey_seed": _seed(atlas.survey.manifest),
        "embedding_seed": _seed(atlas.embeddings.manifest),
        "map_settings": atlas.manifest.get("map_settings", {}),
        "predictions": atlas.manifest.get("predictions", {}),
        "survey_hash": atlas.survey.content_hash,
        "checkpoint_hash": atlas.embeddings.manifest.get("checkpoint_hash", ""),
        "selection": recipe,
        "thresholds": dict(thresholds),
        "vetters": ", ".join(vetters),
    }
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in facts.items()
        if value not in ("", None)
    }


def _seed(manifest: Manifest) -> Any:
    return manifest.get("provenance", {}).get("seed")
