"""A run and a survey in, EMBEDDINGS out: unit vectors of every star in every modality it has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from data_pipeline.cli import progress
from data_pipeline.directories import provenance
from data_pipeline.survey import Survey
from model import distributed
from model.checks import check_target, raise_all
from model.clip import MultimodalCLIP
from model.embeddings import Embeddings
from model.execution import DEFAULT, Execution
from model.loop import chosen_device
from model.modalities import Batch, SurveyTensors
from model.run import Run

BATCH_SIZE = 128  # on a CPU, smaller batches stay in the cache


def embed(
    survey: Survey,
    run: Run,
    out: str | Path,
    execution: Execution = DEFAULT,
) -> Embeddings:
    """Embed every object of a survey and write the embeddings.

    Stars that lack a modality, or whose observation cannot be used, are absent there; how many and
    why is in the manifest's provenance under "absent".
    """
    raise_all(check_target(out, execution.overwrite))
    where = chosen_device(execution.device)
    model = run.clip().to(where)
    if execution.compile:
        model.compile_encoders()
    tensors = SurveyTensors(survey, run.model_config, execution.cache, execution.workers)
    vectors = encode_all(model, tensors)
    if distributed.rank() > 0:
        distributed.wait()
        return Embeddings.open(out)
    described = provenance(execution.command, {"survey": survey.name, "run": run.path.name})
    described["absent"] = {name: a.absent_counts() for name, a in tensors.arrays.items()}
    embeddings = Embeddings.write(
        out,
        tensors.source_id,
        vectors,
        tensors.present,
        np.isin(tensors.source_id, run.training_ids),
        run.checkpoint_hash,
        survey.path,
        described,
        execution.overwrite,
        run_path=run.path,
    )
    distributed.wait()
    return embeddings


@torch.inference_mode()
def encode_all(model: MultimodalCLIP, tensors: SurveyTensors) -> dict[str, NDArray[np.float32]]:
    """Return the unit vectors (N, D) of each modality; zero rows where it is absent.

    Each rank encodes its share of the stars; all return all of them.
    """
    device = next(model.parameters()).device
    shape = (len(tensors), model.config.embed_dim)
    vectors = {name: np.zeros(shape, np.float32) for name in model.config.modalities}
    rows = distributed.share(np.arange(len(tensors)))
    batches: Iterable[Batch] = tensors.batches(rows, BATCH_SIZE)
    if distributed.rank() == 0:
        batches = progress(batches, "embed", total=-(-len(rows) // BATCH_SIZE))
    for batch in batches:
        for name, encoded in model.encode(batch.to(device)).items():
            vectors[name][batch.rows] = encoded.float().cpu().numpy()
    return {name: distributed.add_up(array, device) for name, array in vectors.items()}
