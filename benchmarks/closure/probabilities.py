"""How good the closure probabilities are on cases that came later, every simpler way in the same run.

Models are fitted and calibrated on train cases only; nothing was chosen by test rows (what was compared to choose
features and sizes were blocks of train cases by time, and five at random). The level of the latest weeks is told by
every case begun before the test, as it was known then. Beside it stands the same model taught by all that was known
then, open cases stood for by weights. The test rows are predicted once. Differences to the baselines carry bootstrap
intervals over cases; `a perfect forecast` says what chance alone makes of the figures.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.closure.cases import cohort_of, judged_history, known_history, read_log, train_history
from benchmarks.frame import Options, Row
from forecasting.calibration import fit_calibrator
from forecasting.closure.evaluate import backtest
from forecasting.closure.logistic import fit_stage_dwell
from forecasting.closure.model import ClosureModel, learn
from forecasting.closure.models import (
    BASE,
    HAZARD,
    JOURNEY,
    MEAN,
    ORDINARY,
    RATIO,
    THOROUGH,
    TRANSPARENT,
    TREES,
    Care,
    History,
)  # fmt: skip
from forecasting.closure.report import (
    Drift,
    by_lead_time,
    difference_interval,
    fit_drift,
    interval,
    largest_lead,
    pipeline,
)  # fmt: skip
from forecasting.closure.report.judged import judge
from forecasting.metrics import auc, bias_points, brier, ece, log_loss, wmape_pct

PART = "probabilities"
OURS = "ours"
AS_OF = "ours, taught by all that was known"
PERFECT = "a perfect forecast of the same spread"
STAGE, DWELL = "last stage", "stage + dwell logistic, isotonic"
BASELINES = (BASE, STAGE, DWELL, RATIO, JOURNEY, TRANSPARENT, TREES, HAZARD)
MEASURED = ("auc", "brier", "ece", "bias_pp", "max_cohort_bias_pp", "pipeline_mape_pct", "pipeline_cover80_pct")
KEY_OF = {
    BASE: "base_rate", STAGE: "last_stage", DWELL: "stage_dwell", RATIO: "likelihood_ratio", JOURNEY: "hmm",
    TRANSPARENT: "transparent", TREES: "trees", HAZARD: "hazard",
}  # fmt: skip
SUMMARY_KEYS = (
    *MEASURED, *(f"{key}_{end}" for key in ("auc", "brier", "bias_pp") for end in ("low", "high")),
    *(f"as_of.{key}" for key in ("auc", "brier", "ece", "bias_pp", "max_cohort_bias_pp")),
    *(f"perfect.{key}_{end}" for key in ("auc", "brier", "ece", "max_cohort_bias_pp") for end in ("median", "high")),
    "lead_days", "lead_cycles", "train_cases", "train_won_pct", "test_rows", "test_won_pct",
    *(f"{key}.{each}" for key in KEY_OF.values() for each in ("auc", "brier", "ece", "bias_pp")),
    *(f"{key}.{gain}" for key in KEY_OF.values() for gain in
      ("auc_gain_low", "auc_gain_high", "brier_gain_low", "brier_gain_high")),
)  # fmt: skip
DRAWS = {"quick": 100, "default": 400, "full": 1000}
SIZES: Mapping[str, Care] = {"quick": ORDINARY, "default": THOROUGH, "full": THOROUGH}
HIDDEN_STATES = 5
FOLDS = 5


def cells(options: Options) -> Iterator[tuple[str, Callable[[], Iterator[Row]]]]:
    """One cell a log: the public one, or the folders that were named."""
    folders = list(options.instances) or [options.data / "crm"]
    for folder in folders:
        if (folder / "bpic2012_events.parquet").exists():
            yield str(folder), partial(measure_log, folder, options)


def measure_log(folder: Path, options: Options) -> Iterator[Row]:
    """Rows of every model on the test rows, then of cohorts, lead times and censuses of ours."""
    log = read_log(folder)
    train = train_history(log)
    test = judged_history(log, train.deals)
    care = SIZES[options.size]
    settings: dict[str, Any] = {"hidden_states": HIDDEN_STATES, "seed": options.seed, "care": care}
    known = known_history(log, train.deals)
    taught = known.deals.table["opportunity_id"].isin(train.deals.table["opportunity_id"]).to_numpy()[known.rows.deal]
    model = learn(known, known.deals.end, chosen=MEAN, folds=FOLDS, taught=taught, **settings)
    found = {**simple_models(train, test), **model.probabilities(test)}
    # A log too small for two of the heads is forecast by its base rate.
    found = {OURS: found[model.chosen], **{name: found[name] for name in BASELINES if name in found}}
    raw_ratio = model.fitted.probabilities(test, only=(RATIO,))[RATIO]
    draws = DRAWS[options.size]
    won_pct = 100 * float(log.train["won"].mean())
    yield {"model": "cases", "rows": len(log.train), "won_pct": won_pct, "note": f"train, {won_pct:.1f} % won"}
    for name, p in found.items():
        note = _note(model, model.chosen if name == OURS else name)
        yield figures(name, p, test, draws=draws, seed=options.seed) | {"note": note}
    yield figures("likelihood ratio, raw", raw_ratio, test, draws=0, seed=options.seed)
    wider = learn(known, known.deals.end, chosen=MEAN, folds=FOLDS, **settings)
    p = wider.probabilities(test, only=(wider.chosen,))[wider.chosen]
    yield figures(AS_OF, p, test, draws=draws, seed=options.seed) | {"note": _note(wider, wider.chosen)}
    yield by_chance(found[OURS], test, draws=draws, seed=options.seed)
    yield from differences(found, test, draws=draws, seed=options.seed)
    yield from pipelines(found, train, test, settings)
    yield from in_detail(found[OURS], test)
    if options.solutions is not None:
        write_solutions(options.solutions, test, found)


def simple_models(train: History, test: History) -> dict[str, np.ndarray]:
    """Share won by last stage, and the logistic regression on stage and dwell that most would build."""
    won = train.rows.won
    base = won.mean()
    stages = train.stages
    count = np.bincount(train.state.stage, minlength=stages)
    share = (np.bincount(train.state.stage, weights=won, minlength=stages) + base) / (count + 1)
    found = {STAGE: share[test.state.stage]}
    apart = np.full(len(won), np.nan)
    order = np.argsort(np.argsort(train.deals.created, kind="stable"), kind="stable")
    block = (order * 5 // len(order))[train.rows.deal]
    for number in range(5):
        inside = block == number
        part = fit_stage_dwell(train.state.pick(~inside), won[~inside], np.ones(int((~inside).sum())))
        if part is not None:
            apart[inside] = part.probability(train.state.pick(inside))
    whole = fit_stage_dwell(train.state, won, np.ones(len(won)))
    if whole is None or np.isnan(apart).any():
        return found
    steps = fit_calibrator(apart, won, train.rows.landmark, kinds=("isotonic",))
    return found | {DWELL: steps.apply(whole.probability(test.state))}


def figures(name: str, p: np.ndarray, test: History, *, draws: int, seed: int) -> Row:
    """The measures of one model; with draws, the interval of its AUC by case."""
    won, cohort = test.rows.won, cohort_of(test)
    worst = max((abs(bias_points(p[cohort == c], won[cohort == c])) for c in np.unique(cohort)), default=np.nan)
    row: Row = {
        "model": name, "rows": len(won), "auc": auc(p, won), "brier": brier(p, won), "ece": ece(p, won),
        "bias_pp": bias_points(p, won), "log_loss": log_loss(p, won), "max_cohort_bias_pp": worst,
        "won_pct": 100 * float(won.mean()),
    }  # fmt: skip
    if draws:
        for key, measure in (("auc", auc), ("brier", brier), ("bias_pp", bias_points)):
            low, high = interval(measure, p, won, test.rows.deal, draws=draws, seed=seed)
            row |= {f"{key}_low": low, f"{key}_high": high}
        row |= {"low": row["auc_low"], "high": row["auc_high"]}
    return row


def by_chance(p: np.ndarray, test: History, *, draws: int, seed: int) -> Row:
    """Median and 95th percentile of the figures that a forecast with no error at all would show on such rows.

    Outcomes are drawn from the forecast itself: one uniform number a case, and a row is won where its p exceeds it, so
    that the rows of a case agree as far as they can.
    """
    rng = np.random.default_rng(seed)
    cohort = cohort_of(test)
    _, case = np.unique(test.rows.deal, return_inverse=True)
    seen: dict[str, list[float]] = {"auc": [], "brier": [], "ece": [], "max_cohort_bias_pp": []}
    for _ in range(draws):
        won = rng.random(int(case.max(initial=-1)) + 1)[case] < p
        biases = [abs(bias_points(p[cohort == c], won[cohort == c])) for c in np.unique(cohort)]
        for key, value in (("auc", auc(p, won)), ("brier", brier(p, won)), ("ece", ece(p, won)),
                           ("max_cohort_bias_pp", max(biases))):  # fmt: skip
            seen[key].append(value)
    row: Row = {"model": PERFECT, "rows": len(p), "note": f"median of {draws} drawn outcomes"}
    for key, values in seen.items():
        row |= {key: float(np.median(values)), f"{key}_high": float(np.quantile(values, 0.95))}
    return row


def differences(found: Mapping[str, np.ndarray], test: History, *, draws: int, seed: int) -> Iterator[Row]:
    """AUC of ours less that of each baseline, and Brier of each less ours: above 0, ours is better."""
    won, deal = test.rows.won, test.rows.deal
    ours = found[OURS]
    for name, q in found.items():
        if name == OURS:
            continue
        rises = difference_interval(auc, ours, q, won, deal, draws=draws, seed=seed)
        falls = difference_interval(brier, q, ours, won, deal, draws=draws, seed=seed)
        yield {"model": f"{OURS} - {name}", "auc": auc(ours, won) - auc(q, won), "low": rises[0], "high": rises[1],
               "measure": "auc_gain", "against": name, "note": "AUC, 95 % by case"}  # fmt: skip
        yield {"model": f"{name} - {OURS}", "brier": brier(q, won) - brier(ours, won), "low": falls[0],
               "high": falls[1], "measure": "brier_gain", "against": name, "note": "Brier, 95 % by case"}  # fmt: skip


def pipelines(
    found: Mapping[str, np.ndarray], train: History, test: History, settings: Mapping[str, Any]
) -> Iterator[Row]:
    """Pipeline value by census: error of ours and of the base rate, and how often the 80 % band holds.

    The shared shift is learned from train cases as they would have been predicted at the time, block after block.
    """
    past = backtest(train, train.deals.end, **{**settings, "care": ORDINARY})
    shifts = {"independent": Drift(0.0), "shared shift": Drift()}
    p = past.calibrated[MEAN][past.judged]
    if len(p) and not np.isnan(p).any():
        seen = train.pick(past.judged)
        shifts["shared shift"] = fit_drift(p, seen.rows.won, seen.amount_eur, seen.rows.landmark, seen.rows.deal)
    judged = judge(test, dict(found))
    for name in (OURS, BASE):
        for label, shift in shifts.items():
            table = pipeline(judged, name, shift)
            yield {
                "model": f"{name}, {label}", "rows": len(table),
                "pipeline_mape_pct": wmape_pct(table["expected_eur"], table["won_eur"]),
                "pipeline_cover80_pct": 100 * float(table["inside"].mean()),
                "note": f"sd of the shift of all {shift.sd:.2f}, of a weekly cohort {shift.cohort_sd:.2f}",
                "measure": "pipeline", "of": name, "shared": shift.sd > 0,
            }  # fmt: skip


def _note(model: ClosureModel, name: str) -> str:
    """How a model was finished."""
    if name not in model.finishes:
        return ""
    each = model.finishes[name]
    return f"{each.in_words or 'as it is'}, shift {each.shift:+.2f}"


def in_detail(p: np.ndarray, test: History) -> Iterator[Row]:
    """Bias by half-month cohort, figures by days before the outcome, and the largest lead with skill."""
    cohort = cohort_of(test)
    for number in np.unique(cohort):
        mine = cohort == number
        label = ("01-05 to 15", "01-16 to 31", "02-01 to 07")[int(number)]
        won = test.rows.won[mine]
        yield {"model": f"cohort {label}", "rows": int(mine.sum()), "bias_pp": bias_points(p[mine], won),
               "auc": auc(p[mine], won)}  # fmt: skip
    judged = judge(test, {OURS: p})
    for each in by_lead_time(judged, OURS).to_dict("records"):
        yield {"model": f"{each['from_days']:g} to {each['to_days']:g} days before", "rows": each["rows"],
               "auc": each["auc"], "brier": each["brier"], "bias_pp": each["bias_points"],
               "note": f"skill {each['skill']:.2f}"}  # fmt: skip
    days, cycles = largest_lead(judged, OURS)
    yield {"model": "largest lead with skill above 10 %", "lead_days": days, "lead_cycles": cycles,
           "note": f"{days:g} days, {cycles:.1f} median cycles"}  # fmt: skip


def write_solutions(folder: Path, test: History, found: Mapping[str, np.ndarray]) -> None:
    """`closure.csv`: case, moment, outcome and the probability of every model."""
    folder.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(
        {
            "case_id": test.deals.table["opportunity_id"].to_numpy()[test.rows.deal],
            "at": np.asarray(test.rows.landmark).astype("datetime64[s]"),
            "won": test.rows.won.astype(int),
            "amount": test.amount_eur,
            **found,
        }
    )
    table.to_csv(folder / "closure.csv", index=False, lineterminator="\n")


def summarise(rows: Sequence[Row]) -> dict[str, Any]:
    """The figures of ours under the plain keys, those of the baselines under their own."""
    by_model = {row["model"]: row for row in rows}
    found: dict[str, Any] = {}
    if OURS in by_model:
        ours = by_model[OURS]
        found |= {key: ours.get(key) for key in MEASURED}
        found |= {f"{k}_{end}": ours.get(f"{k}_{end}") for k in ("auc", "brier", "bias_pp") for end in ("low", "high")}
        found |= {"test_rows": ours["rows"], "test_won_pct": ours["won_pct"]}
    if AS_OF in by_model:
        found |= {f"as_of.{key}": by_model[AS_OF].get(key) for key in ("auc", "brier", "ece", "bias_pp",
                                                                       "max_cohort_bias_pp")}  # fmt: skip
    for key in ("auc", "brier", "ece", "max_cohort_bias_pp") if PERFECT in by_model else ():
        row = by_model[PERFECT]
        found |= {f"perfect.{key}_median": row[key], f"perfect.{key}_high": row[f"{key}_high"]}
    for name, key in KEY_OF.items():
        if name in by_model:
            found |= {f"{key}.{each}": by_model[name].get(each) for each in ("auc", "brier", "ece", "bias_pp")}
    for row in rows:
        if row.get("measure") == "pipeline" and row["of"] == OURS and row["shared"]:
            found |= {key: row[key] for key in ("pipeline_mape_pct", "pipeline_cover80_pct")}
        if row.get("against") in KEY_OF:
            key = f"{KEY_OF[row['against']]}.{row['measure']}"
            found |= {f"{key}_low": row["low"], f"{key}_high": row["high"]}
        if "lead_days" in row:
            found |= {"lead_days": row["lead_days"], "lead_cycles": row["lead_cycles"]}
    if "cases" in by_model:
        found |= {"train_cases": by_model["cases"]["rows"], "train_won_pct": by_model["cases"]["won_pct"]}
    return found
