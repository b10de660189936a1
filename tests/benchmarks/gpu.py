"""Every check that needs a GPU, in one table: ``make gpu``.

    python tests/benchmarks/gpu.py [--device cpu --tiny] [--work DIR] [--json FILE]

Precision: how far bf16 vectors are from float32 ones. Speed: both presets, float32 against bf16,
compiled or not, inputs resident, with the share of the card's peak; 100 epochs of `astrom3` on
17,063 stars from that. Memory: a batch of 512, whole and in chunks. Ranks: `torchrun` on all cards
gives the loss of one. With --device cpu --tiny the same code runs in a minute, to see that it does.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from presets import Subject, best_seconds, prepared

from data_pipeline.cli import run_main, write_json
from data_pipeline.demo import make_demo
from data_pipeline.errors import InputError
from data_pipeline.survey import Survey
from model.modalities import SurveyTensors

PEAK_BF16 = {"A100": 312e12, "H100": 989e12, "H200": 989e12, "B200": 2250e12}
"""Dense operations per second as the maker states them."""
PAPER_STARS, PAPER_EPOCHS = 17063, 100
GOAL_SECONDS = 60.0
Row = tuple[str, str, str]


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="80 stars, batches of 16")
    parser.add_argument("--work", type=Path, metavar="DIR", help="keep surveys and runs here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    args = parser.parse_args(argv)
    if args.device == "cuda" and not torch.cuda.is_available():
        raise InputError("torch sees no GPU here; --device cpu --tiny only exercises the checks.")
    device = torch.device(args.device)
    with tempfile.TemporaryDirectory() as temporary:
        work = args.work or Path(temporary)
        rows = list(check(work, device, args.tiny))
    heading = device_name(device) + (", TINY: no figure below means anything" if args.tiny else "")
    print(f"{heading}, torch {torch.__version__}\n")
    for what, value, verdict in rows:
        print(f"{what:58} {value:>16}  {verdict}")
    write_json(args.json, {"device": heading, "rows": [list(row) for row in rows]})


def device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"


def check(work: Path, device: torch.device, tiny: bool) -> Iterator[Row]:
    """Yield what was measured, its value, and what to think of it."""
    path = work / "survey"
    if not path.exists():
        make_demo(path, n_stars=80 if tiny else 21440, seed=42)
    survey, batch = Survey.open(path), 16 if tiny else 512
    for preset in ("compact", "astrom3"):
        tensors = prepared(survey, preset, work / "tensors", device)
        yield precision(preset, tensors, device, batch)
        yield from speeds(preset, tensors, device, batch, tiny)
    yield from memories(tensors, device, batch)
    yield from ranks(work, device)


def precision(preset: str, tensors: SurveyTensors, device: torch.device, batch: int) -> Row:
    """Least cosine between the bf16 and the float32 vector of a star."""
    subject = Subject(preset, tensors, device, batch)
    subject.model.eval()
    with torch.inference_mode():
        stars = tensors.batch(subject.rows).to(device)
        exact = subject.model.encode(stars)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            rough = subject.model.encode(stars)
    least = min(float((exact[m] * rough[m].float()).sum(1).min()) for m in exact)
    return f"{preset}: least cosine of bf16 to float32 vectors", f"{least:.5f}", ok(least > 0.99)


def speeds(
    preset: str, tensors: SurveyTensors, device: torch.device, batch: int, tiny: bool
) -> Iterator[Row]:
    """Objects per second: float32, bf16, bf16 compiled."""
    peak = next((p for name, p in PEAK_BF16.items() if name in device_name(device)), None)
    flops = Subject(preset, tensors, torch.device("cpu"), 16).flops() if tiny else None
    best = 0.0
    for precision_name, dtype, fused in (
        ("float32", torch.float32, False),
        ("bf16", torch.bfloat16, False),
        ("bf16, compiled", torch.bfloat16, True),
    ):
        subject = Subject(preset, tensors, device, batch, precision=dtype)
        if fused and tiny:
            continue  # minutes of compiling say nothing on a CPU
        if fused:
            subject.model.compile_encoders()
        flops = flops or subject.flops()
        actions = {"load": subject.load, "embed": subject.embed, "train": subject.train}
        seconds = best_seconds(actions, 1 if tiny else 20)
        for what in ("embed", "train"):
            yield (
                f"{preset}: {what}, {precision_name}, objects/s",
                f"{batch / seconds[what]:,.0f}",
                "",
            )
        rate, best = batch / seconds["train"], max(best, batch / seconds["train"])
        share = f"{rate * flops / peak:.1%}" if peak else "peak unknown"
        yield f"{preset}: share of the bf16 peak, {precision_name}", share, ""
        loading = seconds["load"] / seconds["train"]
        yield f"{preset}: loader's share of a step, {precision_name}", f"{loading:.1%}", ""
    if preset == "astrom3":
        total = PAPER_EPOCHS * PAPER_STARS / best
        what = (
            f"astrom3: {PAPER_EPOCHS} epochs of {PAPER_STARS:,} stars, s (goal {GOAL_SECONDS:.0f})"
        )
        yield what, f"{total:,.0f}", ok(total < GOAL_SECONDS)


def memories(tensors: SurveyTensors, device: torch.device, batch: int) -> Iterator[Row]:
    """Peak memory of a step of astrom3, whole and in chunks."""
    for chunk in (0, batch // 8):
        subject = Subject("astrom3", tensors, device, batch, chunk)
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        subject.train()
        peak = torch.cuda.max_memory_allocated(device) / 1e9 if device.type == "cuda" else 0.0
        value = f"{peak:.2f}" if peak else "GPU only"
        name = f"in chunks of {chunk}" if chunk else "whole"
        yield f"astrom3: memory of a batch of {batch}, {name}, GB", value, ""


def ranks(work: Path, device: torch.device) -> Iterator[Row]:
    """Train a few steps on one rank and on all; the first losses must agree."""
    n = torch.cuda.device_count() if device.type == "cuda" else 2
    settings = ["epochs=2", "modality_dropout=0", "view_weight=0", "batch_size=32"]
    plain = ["dropout", "value_noise", "pixel_dropout"]
    settings += [f"spectra.{name}=0" for name in plain]
    settings += ["metadata.dropout=0", "metadata.feature_dropout=0"]
    losses = {}
    for number in (1, n):
        out, figures = work / f"run-{number}", work / f"run-{number}.json"
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        command += [f"--nproc-per-node={number}", "-m", "--", "model", "train"]
        command += [str(work / "survey"), "--out", str(out), "--json", str(figures)]
        command += ["--modalities", "spectra,metadata", "--overwrite", "--restart"]
        command += ["--device", "auto" if device.type == "cuda" else "cpu"]
        command += [word for text in settings for word in ("--set", text)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"torchrun with {number} ranks", "failed", done.stderr.strip().split("\n")[-1]
            return
        history = json.loads((out / "history.json").read_text(encoding="utf-8"))
        losses[number] = history[0]["loss"]
    gap = abs(losses[n] - losses[1])
    tolerance = 1e-2 if device.type == "cuda" else 1e-5  # bf16 sums in another order
    yield f"torchrun: loss of {n} ranks less that of one", f"{gap:.1e}", ok(gap < tolerance)


def ok(good: bool) -> str:
    return "ok" if good else "NOT REACHED"


if __name__ == "__main__":
    sys.exit(run_main(main, None))
