"""Readers, one file per source: nothing named in a source's own way survives past this folder.

A reader is a function `read(config) -> SourceData`; `READERS` is the one place that lists them.
"""

from collections.abc import Callable

from data_pipeline.config import BuildConfig
from data_pipeline.sources import asas_acvs, asassn, astrom3, eros1, files
from data_pipeline.sources.base import Rejections, SourceData

__all__ = ["READERS", "Rejections", "SourceData"]

READERS: dict[str, Callable[[BuildConfig], SourceData]] = {
    "asas_acvs": asas_acvs.read,
    "asassn": asassn.read,
    "astrom3": astrom3.read,
    "eros1": eros1.read,
    "files": files.read,
}
