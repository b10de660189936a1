"""Published weights as a run, so that every command takes them: embed, finetune, evaluate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from data_pipeline.directories import provenance
from data_pipeline.errors import InputError
from data_pipeline.schema import PAPER_FEATURES
from model.astrom3.conversion import model_config, our_weights
from model.astrom3.encoders import InformerEncoder, MetaModelEncoder
from model.astrom3.network import AstroM3
from model.astrom3.published_data import PHOTO_COLS, Standardization
from model.checks import check_target, raise_all
from model.clip import MultimodalCLIP
from model.config import TrainConfig, preset_settings
from model.execution import DEFAULT, Execution
from model.published import load_published
from model.run import Run, write_run


def import_published(
    where: str | Path,
    standardization: str | Path,
    seen: Sequence[str | Path],
    out: str | Path,
    execution: Execution = DEFAULT,
) -> Run:
    """Write a published pre-training as a run.

    Parameters
    ----------
    where : directory or hub id, see `model.published.load_published`
    standardization : info.json of the split that the weights were trained on
    seen : CSV files of the stars that the weights were trained and chosen on (train.csv, val.csv of
        that split); a column `id` such as "EDR3 123" or `source_id`. No score is given on them.
    """
    raise_all(check_target(out, execution.overwrite))
    published = load_published(where)
    if not isinstance(published, AstroM3) or published.config.classification:
        raise InputError(f"{where} is a classifier; a pre-training such as AstroM3-CLIP is needed.")
    known = Standardization.read(standardization)
    ids = np.unique(np.concatenate([np.empty(0, np.int64), *map(_read_ids, seen)]))
    if not len(ids):
        raise InputError("no star is named that the weights have seen; give the split's train.csv.")
    config = model_config(published.config, tuple(PAPER_FEATURES))
    clip = MultimodalCLIP(config)
    clip.load_state_dict({**clip.state_dict(), **our_weights(published.state_dict())})
    photometry, metadata = clip.encoder("photometry"), clip.encoder("metadata")
    assert isinstance(photometry, InformerEncoder)
    assert isinstance(metadata, MetaModelEncoder)
    for scaler, names in (
        (photometry.standardize, PHOTO_COLS),
        (metadata.standardize, tuple(PAPER_FEATURES)),
    ):
        scaler.mean.copy_(torch.tensor([known.mean[name] for name in names]))
        scaler.std.copy_(torch.tensor([known.std[name] for name in names]))
    return write_run(
        out,
        task="pretraining",
        module=clip,
        model_config=config,
        training={**asdict(preset_settings(TrainConfig, "astrom3")), "best_epoch": 0},
        training_ids=ids,
        validation_ids=np.empty(0, np.int64),
        classes=(),
        history=[],
        provenance=provenance(execution.command, {"published": str(where)}),
        overwrite=execution.overwrite,
    )


def _read_ids(file: str | Path) -> NDArray[np.int64]:
    """Return the ids of a CSV file; "EDR3 123" and "123" alike."""
    try:
        table = pd.read_csv(file, dtype=str)
        column = next(name for name in ("source_id", "id") if name in table)
        return table[column].str.removeprefix("EDR3 ").str.strip().to_numpy().astype(np.int64)
    except (OSError, ValueError, StopIteration):
        raise InputError(
            f"{file} is no CSV file with a column id or source_id of whole numbers."
        ) from None
