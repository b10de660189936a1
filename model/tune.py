"""Hyper-parameters by Optuna over the paper's search space; a study that is stopped goes on later.

STUDY/study.sqlite keeps the trials, STUDY/trials.csv and best.json the results. A trial trains with
the seed and split of its config and is judged by its best validation score. A trial that was killed
does not count and is drawn again.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna

from data_pipeline.cli import write_json
from data_pipeline.directories import set_aside
from data_pipeline.errors import InputError
from data_pipeline.survey import Survey
from model.checks import raise_all, split_rows
from model.config import FinetuneConfig, ModelConfig, TrainConfig
from model.execution import DEFAULT, Execution
from model.finetune import finetune
from model.loop import DivergedError
from model.resume import fingerprint
from model.run import Run
from model.train import train

Figures = dict[str, Any]
FINGERPRINT = "fingerprint"


@dataclass(frozen=True)
class Search:
    """What is tuned: a pre-training, or a classifier from scratch or from `run`."""

    model: ModelConfig
    training: TrainConfig | FinetuneConfig
    run: Run | None = None

    def suggest(self, trial: optuna.Trial) -> tuple[ModelConfig, TrainConfig | FinetuneConfig]:
        """Draw one point of the paper's search space.

        Learning rate 1e-5 to 1e-2 and weight decay 1e-5 to 1e-1, both by their logarithm; beta1 0.7
        to 0.99; the dropout of each encoder 0 to 0.4; a plateau's factor 0.1 to 1 where the
        schedule has plateaus.
        """
        given: dict[str, Any] = {
            "learning_rate": trial.suggest_float("learning_rate", 1e-5, 1e-2, log=True),
            "weight_decay": trial.suggest_float("weight_decay", 1e-5, 1e-1, log=True),
            "beta1": trial.suggest_float("beta1", 0.7, 0.99),
        }
        if self.training.schedule == "plateau":
            given["plateau_factor"] = trial.suggest_float("plateau_factor", 0.1, 1.0)
        encoders = {
            name: replace(config, dropout=trial.suggest_float(f"{name}.dropout", 0.0, 0.4))
            for name, config in self.model.encoders.items()
        }
        return replace(self.model, encoders=encoders), replace(self.training, **given)

    def train(self, survey: Survey, out: Path, trial: optuna.Trial, execution: Execution) -> Run:
        """Train a trial."""
        model, training = self.suggest(trial)
        if isinstance(training, TrainConfig):
            return train(survey, out, model, training, execution)
        return finetune(survey, out, training, execution, run=self.run, model_config=model)


def tune(
    survey: Survey,
    out: str | Path,
    search: Search,
    n_trials: int,
    execution: Execution = DEFAULT,
) -> Figures:
    """Search until `n_trials` trials are finished, counting those of earlier calls."""
    raise_all(split_rows(survey, search.training.split)[1])
    if n_trials < 1:
        raise InputError(f"--trials must be at least 1, found {n_trials}.")
    out = Path(out)
    if out.is_file():
        raise InputError(f"{out} is a file; give the path of a directory to make.")
    if execution.overwrite and out.exists():
        set_aside(out)
    if _is_other(out):
        raise InputError(
            f"{out} holds something else than a study. Choose another place, or use --overwrite "
            "to set it aside."
        )
    out.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = _study(out, _fingerprint(survey, search))
    _drop_killed(study)
    _remove_trials(out)

    def objective(trial: optuna.Trial) -> float:
        target = out / f"trial-{trial.number}"
        try:
            run = search.train(survey, target, trial, replace(execution, restart=True))
        finally:
            _remove_trials(out)
        best = run.history[run.training["best_epoch"]]
        trial.set_user_attr("figures", best)
        return float(best["val_score"])

    while (missing := n_trials - (before := len(_finished(study)))) > 0:
        # A rate that is too high may end in infinities: such a trial has failed, not the search.
        study.optimize(objective, n_trials=missing, catch=(DivergedError,))
        if len(_finished(study)) == before:
            break  # every one of them diverged: so would the next
    return _write(study, out)


def _is_other(out: Path) -> bool:
    """Whether something else than a study is there."""
    return out.exists() and any(out.iterdir()) and not (out / "study.sqlite").is_file()


def _study(out: Path, mine: str) -> optuna.Study:
    seed = 42 + _n_trials(out)  # a sampler that goes on must not repeat its first draws
    study = optuna.create_study(
        storage=f"sqlite:///{out / 'study.sqlite'}", study_name="tune", load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=seed), pruner=optuna.pruners.NopPruner(),
    )  # fmt: skip
    theirs = study.user_attrs.get(FINGERPRINT)
    if theirs is None:
        study.set_user_attr(FINGERPRINT, mine)
    elif theirs != mine:
        raise InputError(
            f"{out} is a study of another survey or with other settings. Choose another place, "
            "or use --overwrite to set it aside."
        )
    return study


def _n_trials(out: Path) -> int:
    file = out / "study.sqlite"
    if not file.is_file():
        return 0
    return sum(s.n_trials for s in optuna.get_all_study_summaries(f"sqlite:///{file}"))


def _fingerprint(survey: Survey, search: Search) -> str:
    origin = search.run.checkpoint_hash if search.run else "scratch"
    return fingerprint(survey.content_hash, search.model.to_dict(), vars(search.training), origin)


def _drop_killed(study: optuna.Study) -> None:
    """Mark trials that a kill left running as failed."""
    for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)


def _remove_trials(out: Path) -> None:
    """Remove what a trial trained, and the state of one that was stopped."""
    for path in out.glob("trial-*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _finished(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))


def _write(study: optuna.Study, out: Path) -> Figures:
    """Write the trials, best first, and the best as `--set` understands it."""
    finished = sorted(_finished(study), key=lambda trial: float(trial.value or 0.0))
    if not finished:
        raise InputError(f"no trial of {out} came to an end; see the messages above.")
    table = study.trials_dataframe(attrs=("number", "value", "state", "duration", "params"))
    table.sort_values("value").to_csv(out / "trials.csv", index=False)
    figures: Figures = {
        "n_finished": len(finished),
        "n_failed": len(study.trials) - len(finished),
        "best": {
            "trial": finished[0].number,
            "score": finished[0].value,
            "figures": finished[0].user_attrs["figures"],
            "settings": [f"{key}={value:.6g}" for key, value in finished[0].params.items()],
        },
        "trials": [
            {"trial": t.number, "score": t.value, **t.params} for t in finished
        ],
    }  # fmt: skip
    write_json(out / "best.json", figures)
    return figures


def in_words(figures: Figures, n_shown: int = 10) -> str:
    """Return the best trials as a table, and the best one's settings."""
    shown = figures["trials"][:n_shown]
    names = list(shown[0])
    lines = ["  ".join(f"{name:>16}" for name in names)]
    lines += ["  ".join(f"{row[name]:>16.5g}" for name in names) for row in shown]
    lines.append(f"{figures['n_finished']} trials finished, {figures['n_failed']} failed; best:")
    lines.append("  " + " ".join(f"--set {text}" for text in figures["best"]["settings"]))
    return "\n".join(lines)
