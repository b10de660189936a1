"""Data from the network: the published AstroM³ sets, and what other catalogs say about a survey.

Both use well-kept libraries that are not installed by default (huggingface_hub, astroquery); an
interrupted download goes on where it stopped, and every file is checked against its SHA-256.
"""

import hashlib
from pathlib import Path

import pandas as pd

from data_pipeline.cli import progress
from data_pipeline.errors import InputError
from data_pipeline.survey import Survey

REPOSITORIES = {
    "raw": "AstroMLCore/AstroM3Dataset",
    "processed": "AstroMLCore/AstroM3Processed",
}
_SCRIPTS = ("*.py", "*.ipynb", "*.pkl", "*.pickle")
EXTERNAL = {
    "VSX": "vizier:B/vsx/vsx",
    "GCVS": "vizier:B/gcvs/gcvs_cat",
    "SIMBAD": "simbad",
    "Gaia DR3 classifier": "vizier:I/358/vclassre",
    "Gaia DR3 variability": "vizier:I/358/varisum",
}
"""Catalogs of the CDS cross-match service."""


def fetch_astrom3(target: Path, kind: str = "raw", pattern: str = "") -> Path:
    """Download one of the published data sets into `target`; run again, it goes on.

    Parameters
    ----------
    target : Path
        Directory of the files.
    kind : str
        "raw" (AstroM3Dataset) or "processed" (AstroM3Processed).
    pattern : str
        Only files that match, such as "full_42/*"; all by default. Scripts and pickles are never
        fetched.
    """
    try:
        from huggingface_hub import HfApi, snapshot_download
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError:
        raise InputError(
            "fetching AstroM3 needs a library that is not installed: pip install huggingface_hub. "
            "Or download the data set by other means and give its directory to `build astrom3`."
        ) from None
    repository = REPOSITORIES[kind]
    try:
        snapshot_download(
            repository, repo_type="dataset", local_dir=target,
            allow_patterns=[pattern] if pattern else None, ignore_patterns=list(_SCRIPTS),
        )  # fmt: skip
        listed = HfApi().dataset_info(repository, files_metadata=True).siblings or []
    except (OSError, HfHubHTTPError) as error:
        raise InputError(
            f"{repository} cannot be fetched ({error}). Check the network; running the same "
            "command again goes on where it stopped."
        ) from None
    hashes = {one.rfilename: one.lfs.sha256 for one in listed if one.lfs is not None}
    check_hashes(target, hashes)
    check_counts(target)
    return target


def check_hashes(directory: Path, hashes: dict[str, str]) -> None:
    """Refuse files whose SHA-256 differs from the published one; absent files do not count."""
    present = [name for name in hashes if (directory / name).is_file()]
    wrong = []
    for name in progress(present, "checksums", len(present)):
        with (directory / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != hashes[name]:
                wrong.append(name)
    if wrong:
        raise InputError(
            f"{directory}: {', '.join(wrong[:5])} differ from the published SHA-256 "
            f"({len(wrong)} files). Delete them and fetch again."
        )


def check_counts(directory: Path) -> int:
    """Refuse splits whose numbers of stars differ from the published ones.

    Returns how many parts of splits were compared; those not fetched, or whose numbers nobody
    published, are not.
    """
    from data_pipeline.sources.astrom3 import PUBLISHED_COUNTS, rows_on_disk

    found = rows_on_disk(directory)
    published = {
        (split, part): n for split, parts in PUBLISHED_COUNTS.items() for part, n in parts.items()
    }
    both = published.keys() & found.keys()
    wrong = [
        f"{split} {part}: {found[split, part]} stars, published {published[split, part]}"
        for split, part in sorted(both)
        if found[split, part] != published[split, part]
    ]
    if wrong:
        raise InputError(
            f"{directory}: {'; '.join(wrong)}. Files are missing or were cut short: delete those "
            "of that split and fetch again."
        )
    return len(both)


def fetch_external(survey: Survey, catalog: str, target: Path, radius_arcsec: float = 3.0) -> int:
    """Ask the CDS cross-match service about every star; write the answer as a table.

    The file is what `[[external]]` reads. Returns the number of rows.
    """
    if catalog not in EXTERNAL:
        raise InputError(f"unknown catalog {catalog!r}; known are {', '.join(EXTERNAL)}.")
    try:
        from astropy import units
        from astropy.table import Table
        from astroquery.xmatch import XMatch
    except ImportError:
        raise InputError(
            "asking other catalogs needs a library that is not installed: pip install astroquery. "
            "Or download the catalog yourself and name it in [[external]]."
        ) from None
    objects = survey.objects
    if not {"ra_deg", "dec_deg"} <= set(objects):
        raise InputError(f"{survey.name} has no positions to look for in {catalog}.")
    positions = objects.loc[objects["ra_deg"].notna(), ["source_id", "ra_deg", "dec_deg"]]
    try:
        answer = XMatch.query(
            cat1=Table.from_pandas(positions), cat2=EXTERNAL[catalog],
            max_distance=radius_arcsec * units.arcsec, colRA1="ra_deg", colDec1="dec_deg",
        )  # fmt: skip
    except OSError as error:
        raise InputError(f"{catalog} cannot be asked ({error}). Check the network.") from None
    table: pd.DataFrame = answer.to_pandas()
    table.drop(columns=["source_id", "ra_deg", "dec_deg"], errors="ignore").to_csv(
        target, index=False
    )
    return len(table)
