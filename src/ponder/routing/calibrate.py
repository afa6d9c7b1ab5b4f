"""Fits a router to stored outcomes with scikit-learn, and never judges it on what it was fitted to.

For each action a logistic regression of `right` and a ridge regression of `spend` on the question's features.
Probabilities are calibrated (Platt 1999) on scores from folds that hold a problem, with all its samples, out.
The worth of a right answer is chosen on the same kind of held-out decisions: the least that keeps `keep` of
the best accuracy that any worth, or always taking the dearest action, reaches. Needs the extra `route`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ponder.config import at_least
from ponder.errors import ConfigError
from ponder.routing.features import features_of, vocabulary
from ponder.routing.linear_model import LinearModel, Standard
from ponder.routing.outcome_table import OutcomeTable, RoutedProblem, check_learnable
from ponder.routing.router import Action, Router

STRENGTH = 0.05
"""Inverse strength of the penalty on weights, of standardised features."""
SOLVER = "newton-cholesky"
"""Many more problems than features: a few exact steps, five to ten times sooner than L-BFGS."""
RIDGE = 10.0
FOLDS = 5
WORTHS = tuple(round(10 * 1.5**step) for step in range(15))
"""Tokens a right answer may cost, tried from the least on."""
UNIT = 40.0
"""Tokens of a whole thought, say: where spend is not in tokens, worths are scaled by it."""
DIGITS = 6
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationConfig:
    keep: float = 0.98
    """The share of the best accuracy in reach that the chosen worth keeps."""
    worth: float | None = None
    """What a right answer may cost; None chooses it by `keep`."""
    caution: float = 2.0
    resamples: int = 16
    seed: int = 0

    def __post_init__(self) -> None:
        at_least(0, caution=self.caution, resamples=self.resamples)
        if not 0 < self.keep <= 1:
            raise ConfigError(f"keep must be above 0 and at most 1, not {self.keep}")
        if self.worth is not None and not self.worth >= 0:
            raise ConfigError(f"worth must not be negative, got {self.worth}")


def calibrate(table: OutcomeTable, config: CalibrationConfig, *, source: str = "the outcomes") -> Router:
    """A router from a table; raises `DataError` where there is nothing to learn from.

    `model` and `fingerprint` of the result are for the caller to fill in.
    """
    check_learnable(table, source)
    worth = chosen_worth(table, config) if config.worth is None else config.worth
    return fit(table.rows, table, replace(config, worth=worth))


def chosen_worth(table: OutcomeTable, config: CalibrationConfig) -> float:
    """The least worth tried at which held-out decisions keep enough."""
    scale = 1.0 if table.unit == "tokens" else max(row.spend[-1] for row in table.rows) / UNIT
    decided = [
        (row, router, router.prospects(row.question, row.signals))
        for row, router, _ in held_out(table, config)
    ]

    def right(worth: float) -> int:
        return sum(row.correct[router.place(prospects, worth)] for row, router, prospects in decided)

    tried = {scale * worth: right(scale * worth) for worth in WORTHS}
    enough = config.keep * max(*tried.values(), sum(row.correct[-1] for row in table.rows))
    return next((worth for worth, count in tried.items() if count >= enough), max(tried))


def held_out(table: OutcomeTable, config: CalibrationConfig) -> list[tuple[RoutedProblem, Router, int]]:
    """Every row with a router that was fitted to the other folds, and the fold."""
    folds = folds_of(table.rows, config.seed)
    placed = list[tuple[RoutedProblem, Router, int]]()
    for fold in sorted(set(folds)):
        others = [row for row, at in zip(table.rows, folds, strict=True) if at != fold]
        router = fit(others, table, replace(config, worth=config.worth or 0.0))
        placed += [(row, router, fold) for row, at in zip(table.rows, folds, strict=True) if at == fold]
    return placed


def folds_of(rows: Sequence[RoutedProblem], seed: int) -> list[int]:
    """A fold a row; samples of one problem share it."""
    problems = sorted({(row.task, row.id) for row in rows})
    order = np.random.default_rng(seed).permutation(len(problems))
    fold = {problem: int(at) % FOLDS for problem, at in zip(problems, order, strict=True)}
    return [fold[row.task, row.id] for row in rows]


def fit(rows: Sequence[RoutedProblem], table: OutcomeTable, config: CalibrationConfig) -> Router:
    """To these rows alone."""
    words = vocabulary([row.question for row in rows])
    named = [features_of(row.question, words, row.signals) for row in rows]
    names = list(named[0])
    raw_PF = np.array([[each[name] for name in names] for each in named])
    mean_F, scale_F = raw_PF.mean(0), raw_PF.std(0)
    kept = [at for at in range(len(names)) if scale_F[at] > 1e-9]
    names = [names[at] for at in kept]
    x_PF = (raw_PF[:, kept] - mean_F[kept]) / scale_F[kept]
    folds = np.array(folds_of(rows, config.seed))
    draws = resampled(rows, config)
    actions = tuple(_action(table, at, rows, x_PF, names, folds, draws) for at in range(len(table.actions)))
    return Router(
        actions=actions,
        words=words,
        standard=Standard(
            mean=dict(zip(names, map(float, mean_F[kept].round(DIGITS)), strict=True)),
            scale=dict(zip(names, map(float, scale_F[kept].round(DIGITS)), strict=True)),
        ),
        worth=config.worth or 0.0,
        caution=config.caution,
        unit=table.unit,
        signals=table.signals,
        problems=len({(row.task, row.id) for row in rows}),
    )


def resampled(rows: Sequence[RoutedProblem], config: CalibrationConfig) -> list[NDArray[np.int64]]:
    """Places of rows, of problems drawn with replacement: samples of one problem go together."""
    of_problem = dict[tuple[str, str], list[int]]()
    for at, row in enumerate(rows):
        of_problem.setdefault((row.task, row.id), []).append(at)
    problems = list(of_problem.values())
    rng = np.random.default_rng(config.seed)
    draws: list[list[int]] = [
        rng.integers(0, len(problems), len(problems)).tolist() for _ in range(config.resamples)
    ]
    return [np.array([place for at in draw for place in problems[at]], dtype=np.int64) for draw in draws]


def _action(
    table: OutcomeTable, at: int, rows: Sequence[RoutedProblem], x_PF: Matrix, names: Sequence[str],
    folds: NDArray[np.int64], draws: Sequence[NDArray[np.int64]],
) -> Action:  # fmt: skip
    right = np.array([row.correct[at] for row in rows])
    spend = np.array([row.spend[at] for row in rows])
    return Action(
        name=table.actions[at],
        budget=table.budgets[at] if table.budgets else None,
        right=_calibrated(x_PF, right, names, folds),
        spend=_ridge(x_PF, spend, names),
        resampled=tuple(_model(names, *_logistic(x_PF[draw], right[draw])) for draw in draws),
    )


def _calibrated(
    x_PF: Matrix, right: NDArray[np.bool_], names: Sequence[str], folds: NDArray[np.int64]
) -> LinearModel:
    """A logistic regression whose score is stretched and moved as held-out scores ask for."""
    scores = np.zeros(len(right))
    for fold in np.unique(folds):
        weights, bias = _logistic(x_PF[folds != fold], right[folds != fold])
        scores[folds == fold] = x_PF[folds == fold] @ weights + bias
    slope, offset = _logistic(scores[:, None], right, strength=1e3)
    weights, bias = _logistic(x_PF, right)
    stretch = max(0.0, float(slope[0]))
    return _model(names, stretch * weights, stretch * bias + offset)


def _logistic(x_PF: Matrix, right: NDArray[np.bool_], *, strength: float = STRENGTH) -> tuple[Matrix, float]:
    """Weights and bias; where all are right or all are wrong, Laplace's estimate and no weights."""
    count, total = int(right.sum()), len(right)
    if count in (0, total):
        nothing: Matrix = 0 * x_PF[0]
        return nothing, math.log((count + 1) / (total - count + 1))
    fitted = _linear().LogisticRegression(C=strength, solver=SOLVER).fit(x_PF, right)
    weights: Matrix = np.asarray(fitted.coef_[0], dtype=float)
    return weights, float(fitted.intercept_[0])


def _ridge(x_PF: Matrix, spend: Matrix, names: Sequence[str]) -> LinearModel:
    fitted = _linear().Ridge(alpha=RIDGE).fit(x_PF, spend)
    return _model(names, fitted.coef_, float(fitted.intercept_))


def _linear() -> Any:
    try:
        return import_module("sklearn.linear_model")
    except ImportError as error:
        raise ConfigError("calibrating a router needs scikit-learn: pip install 'ponder[route]'") from error


def _model(names: Sequence[str], weights: Matrix, bias: float) -> LinearModel:
    rounded = zip(names, (round(float(weight), DIGITS) for weight in weights), strict=True)
    return LinearModel(bias=round(bias, DIGITS), weights=dict(rounded))
