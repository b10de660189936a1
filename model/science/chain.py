"""The project's commands, run one after another, each timed and done once.

What a command took is kept beside what it made (WORK/steps/<name>.json), so that a report that was
interrupted goes on where it stopped and still knows every wall-clock time.
"""

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_pipeline.errors import InputError
from model.science.cases import Case

FOLDS = tuple(f"fold-{i}" for i in range(5))


@dataclass(frozen=True)
class Step:
    """One command and how long it took."""

    name: str
    command: str
    seconds: float
    figures: dict[str, Any]
    """What the command wrote with --json."""


@dataclass(frozen=True)
class Chain:
    """The directories of one survey's results and the commands that fill them."""

    case: Case
    data: Path
    work: Path

    @property
    def home(self) -> Path:
        """Where this survey's results are."""
        return self.work / self.case.name

    @property
    def survey(self) -> Path:
        """The survey directory."""
        return self.home / "survey"

    def build(self) -> Step:
        """Build the survey: read, find periods, compute features."""
        source = self.data / self.case.folder
        return self._run(
            "build", ["data_pipeline", "build", self.case.preset, "--data", source], self.survey
        )

    def train(self, split: str) -> Step:
        """Pre-train on the train part of a split, without labels."""
        return self._run(
            f"train {split}",
            ["model", "train", self.survey, "--split", split, *self.case.training],
            self._made(split, "run"),
        )

    def finetune(self, split: str) -> Step:
        """Train the classifier from that pre-training."""
        command: list[str | Path] = ["model", "finetune", self.survey, "--split", split]
        command += ["--run", self._made(split, "run"), *self.case.classifier]
        if self.case.too_rare:
            command += ["--exclude-classes", ",".join(self.case.too_rare)]
        return self._run(f"finetune {split}", command, self._made(split, "classifier"))

    def predict(self, split: str) -> Step:
        """Predict the stars that neither training saw."""
        command: list[str | Path] = ["model", "predict", self.survey, "--split", split]
        command += ["--part", "test", "--run", self._made(split, "classifier")]
        return self._run(f"predict {split}", command, self.predictions(split))

    def predictions(self, split: str) -> Path:
        """Where the predictions of a split's test part are."""
        return self._made(split, "parquet")

    def embed(self) -> Step:
        """Embed every star with the pre-training of the default split."""
        command: list[str | Path] = ["model", "embed", self.survey]
        command += ["--run", self._made("default", "run")]
        return self._run("embed", command, self.home / "embeddings")

    def atlas(self, predictions: Path) -> Step:
        """Lay the survey out as the page opens it."""
        command: list[str | Path] = ["model", "atlas", self.survey, self.home / "embeddings"]
        command += ["--predictions", predictions]
        return self._run("atlas", command, self.home / "atlas")

    def _made(self, split: str, ending: str) -> Path:
        return self.home / f"{split}.{ending}"

    def _run(self, name: str, command: Sequence[str | Path], target: Path) -> Step:
        record = self.home / "steps" / f"{name.replace(' ', '-')}.json"
        words = ["python", "-m", *map(str, command), "--out", str(target)]
        written = shlex.join(self._portable(words))
        if target.exists() and record.is_file():
            done = Step(**json.loads(record.read_text(encoding="utf-8")))
            if done.command != written:
                raise InputError(
                    f"{target} was made by another command ({done.command}; now it is {written}). "
                    f"Remove {self.home}, or give another directory for the results."
                )
            return done
        record.parent.mkdir(parents=True, exist_ok=True)
        figures = record.with_suffix(".figures.json")
        seconds = _timed([*words, "--json", str(figures)])
        step = {
            "name": name,
            "command": written,
            "seconds": seconds,
            "figures": json.loads(figures.read_text(encoding="utf-8")),
        }
        record.write_text(json.dumps(step, indent=1) + "\n", encoding="utf-8")
        return Step(**step)

    def _portable(self, words: Sequence[str]) -> list[str]:
        """Write the directories of this machine as DATA and WORK."""
        return [
            word.replace(str(self.work), "WORK").replace(str(self.data), "DATA") for word in words
        ]


def _timed(words: Sequence[str]) -> float:
    started = time.perf_counter()
    done = subprocess.run([sys.executable, *words[1:]], stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise InputError(
            f"{shlex.join(words)} ended with status {done.returncode}; its message is above. "
            "Mend the cause and start the report again: what is done is kept."
        )
    return time.perf_counter() - started
