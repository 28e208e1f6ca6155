"""Call volumes and handle times: bank and Technion by rolling origins, peers beside, synthetic companies, scale.

Every origin gets exactly the rows up to it. Public holidays of the country (US, IL) are known ahead, as everything that
a calendar says; what was open is not. Quick: every third origin and no peers that train. Default: all origins and
peers, five synthetic companies, 1,000 queues once. Full: five seeds of ours, ten companies. The queues of February and
the companies are the series that nothing was tuned on (`untuned.*`). Files named by --instances are
measured by the same protocol in place of the two series.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.calls import methods, peers
from benchmarks.calls.from_log import measure_log
from benchmarks.calls.generated import AS_OF, FIRST_SEED, company_naive_error, company_said, measure_large
from benchmarks.calls.handle_times import measure_handle_times
from benchmarks.calls.scores import RESAMPLES, Said, scores
from benchmarks.calls.series import SLOT_MINUTES, Series, read_log_queues, read_series, thinned, with_more_origins
from benchmarks.frame import Benchmark, Cell, Options, Row

FILES = {"bank": "us_bank_5min.csv.gz", "technion": "technion_1999_6min.csv.gz"}
LOG = "technion_1999_feb_raw.csv.gz"
Method = Callable[[Series, int, int], Said]
SIMPLE: dict[str, Method] = {
    "seasonal_naive": methods.seasonal_naive,
    "median8": methods.median_of_8,
    "median8_day_types": methods.median_of_8_day_types,
}
TRAINED: dict[str, Method] = {
    "recursive_lightgbm": peers.recursive_lightgbm,
    "quantile_lightgbm": peers.quantile_lightgbm,
}
SEEDS = {"quick": 1, "default": 1, "full": 5}
COMPANIES = {"quick": 1, "default": 5, "full": 10}
LARGE = {"quick": 0, "default": 1000, "full": 1000}
EVERY = {"quick": 3, "default": 1, "full": 1}
FIGURES = ("wI", "wD", "TD", "cover80_interval", "cover80_day", "cover80_total", "wQL", "mase")
BANDS = ("cover80_interval", "cover80_day", "cover80_total")
COLUMNS = (
    "measure", "series", "method", *FIGURES, "wI_low", "wI_high", "crossings", "negatives", "origins",
    "cell_error_pct", "workload_bias_pct", "weekly_accuracy_pct", "calls", "seconds", "cpu_seconds", "peak_mb", "note",
)  # fmt: skip
COMPANY_FIGURES = ("weekly_accuracy_pct", "wI", "wD", "TD", "cover80_interval", "cover80_day", "cover80_total", "mase")
LOG_KEYS = {"log against counts": "log.calls_apart", "rows not accounted for": "log.rows_unaccounted"}
NAMED = (*SIMPLE, *TRAINED, *(f"statsforecast_{name}" for name in peers.MODELS))
SUMMARY_KEYS = (
    *(f"{series}.{figure}" for series in FILES for figure in FIGURES),
    *(f"{series}.{figure}_more_origins" for series in FILES for figure in BANDS),
    *(f"{series}.{method}_{figure}" for series in FILES for method in NAMED for figure in ("wI", "wD", "TD")),
    "aht.cell_error_pct", "aht.workload_bias_pct", "aht.daily_cell_error_pct", "aht.daily_workload_bias_pct",
    *(f"synthetic.{figure}" for figure in COMPANY_FIGURES),
    "untuned.series", "untuned.mase", "untuned.mase_low", "untuned.mase_high", "untuned.seasonal_naive_mase",
    "untuned.better_than_naive",
    *LOG_KEYS.values(), "one_queue_seconds", "one_queue_cpu_seconds", "scale_queues", "scale_seconds", "scale_peak_mb",
)  # fmt: skip


def cells(options: Options) -> Iterator[Cell]:
    """What is measured at this size."""
    named = {path.name.split(".")[0]: path for path in options.instances}
    named = named or {name: options.data / "calls" / file for name, file in FILES.items()}
    for name, path in named.items():
        if not path.exists():
            continue
        yield Cell(f"simple {name}", partial(measure_series, path, name, SIMPLE, options))
        for seed in range(options.seed, options.seed + SEEDS[options.size]):
            yield Cell(
                f"ours {name} {seed}", partial(measure_series, path, name, {"ours": methods.ours}, options, seed)
            )
        if options.size != "quick":
            yield Cell(f"bands {name}", partial(measure_bands, path, name, options))
            yield Cell(f"trained {name}", partial(measure_series, path, name, TRAINED, options))
            yield Cell(f"statsforecast {name}", partial(measure_statsforecast, path, name, options))
    if (options.data / "calls" / LOG).exists() and not options.instances:
        yield Cell("handle time", partial(measure_handle_times, options.data / "calls" / LOG))
        if named["technion"].exists():
            yield Cell("log to demand", partial(measure_log, options.data / "calls" / LOG, named["technion"]))
        yield Cell("february", partial(measure_february, options.data / "calls" / LOG, options))
    for seed in range(options.seed, options.seed + COMPANIES[options.size]):
        yield Cell(f"company {seed}", partial(measure_company, FIRST_SEED + seed, options.size))
    if LARGE[options.size]:
        yield Cell("scale", partial(measure_large, LARGE[options.size], options.seed))


def measure_series(
    path: Path, name: str, chosen: Mapping[str, Method], options: Options, seed: int | None = None
) -> Iterator[Row]:
    """A row per method, over all origins of a series."""
    series = thinned(read_series(path, name), EVERY[options.size])
    for method, run in chosen.items():
        said = [run(series, origin, options.seed if seed is None else seed) for origin in series.origins]
        yield _row(series, method, said, options, seed)


def measure_bands(path: Path, name: str, options: Options) -> Iterator[Row]:
    """Coverage of ours at more origins than the protocol has: their horizons overlap, and none is left out."""
    series = with_more_origins(read_series(path, name))
    said = [methods.ours(series, origin, options.seed) for origin in series.origins]
    row = _row(series, "ours", said, replace(options, solutions=None), None)
    yield {**row, "measure": "bands", "note": "overlapping horizons"}


def measure_february(path: Path, options: Options) -> Iterator[Row]:
    """The queues of the raw log, each known for a fortnight only: ours beside the simple baselines."""
    for series in read_log_queues(path):
        for method, run in {**SIMPLE, "ours": methods.ours}.items():
            row = _row(series, method, [run(series, origin, options.seed) for origin in series.origins], options, None)
            yield {**row, "measure": "february"}


def measure_statsforecast(path: Path, name: str, options: Options) -> Iterator[Row]:
    """A row per automatic model, or one that says why there is none."""
    series = read_series(path, name)
    try:
        answers = peers.statsforecast_profiles(series, options.seed)
    except peers.NotInstalled as why:
        yield {"measure": "series", "series": name, "method": "statsforecast", "note": str(why)}
        return
    for model in peers.MODELS:
        yield _row(series, f"statsforecast_{model}", [answer[model] for answer in answers], options, None)


def _row(series: Series, method: str, said: list[Said], options: Options, seed: int | None) -> Row:
    came = [methods.came(series, origin) for origin in series.origins]
    found = scores(said, came, naive_error=methods.naive_error(series))
    if options.solutions is not None:
        _write(options.solutions, series, method, said, came, seed)
    notes = sorted({s.note for s in said if s.note})
    note = "; ".join(notes)[:160]
    return {"measure": "series", "series": series.name, "method": method, **found, "note": note}


def _write(
    folder: Path, series: Series, method: str, said: list[Said], came: list[np.ndarray], seed: int | None
) -> None:
    """A forecast in a plain form: origin, day, minute, forecast, actual and, where there are, quantiles."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"calls_{series.name}_{method}" + (f"_{seed}" if seed is not None else "")
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["origin", "date", "minute", "forecast", "actual", "p10", "p50", "p90"])
        for origin, s, y in zip(series.origins, said, came, strict=True):
            for h, slot in np.ndindex(*y.shape):
                bands = ["", "", ""] if s.quantiles is None else [round(float(v), 6) for v in s.quantiles[:, h, slot]]
                minute = series.first_minute + slot * SLOT_MINUTES
                day = series.days[origin + 1 + h]
                actual = "" if np.isnan(y[h, slot]) else float(y[h, slot])
                writer.writerow([series.days[origin], day, minute, float(s.point[h, slot]), actual, *bands])


def measure_company(seed: int, size: str) -> Iterator[Row]:
    """The inbound queue of a synthetic company at weekly origins: ours and seasonal naive."""
    origins = 4 if size == "quick" else 12
    answers = list(company_said(seed, origins=origins))
    error, truths = company_naive_error(seed, origins=origins), [answer[2] for answer in answers]
    for method, said in (("ours", [a[0] for a in answers]), ("seasonal_naive", [a[1] for a in answers])):
        yield {"measure": "company", "series": f"synthetic {seed}", "method": method,
               **scores(said, truths, naive_error=error), "weekly_accuracy_pct": _weekly_accuracy(said, truths),
               "note": f"last origin {AS_OF}"}  # fmt: skip


def _weekly_accuracy(said: list[Said], truths: list[np.ndarray]) -> float:
    """100 - mean absolute error of the weeks' totals, in percent of each."""
    weeks = [
        abs(np.where(np.isnan(y[w : w + 7]), 0, s.point[w : w + 7]).sum() / np.nansum(y[w : w + 7]) - 1)
        for s, y in zip(said, truths, strict=True)
        for w in (0, 7)
    ]
    return 100 * (1 - float(np.mean(weeks)))


def summarise(rows: Sequence[Row]) -> dict[str, Any]:
    """Means over the seeds of ours, peers beside them."""
    found: dict[str, Any] = {}
    for name in FILES:
        mine = [row for row in rows if row.get("series") == name and row["measure"] == "series"]
        for row in mine:
            if row["method"] != "ours" and row.get("wI") is not None:
                found |= {f"{name}.{row['method']}_{figure}": row[figure] for figure in ("wI", "wD", "TD")}
        ours = [row for row in mine if row["method"] == "ours"]
        if ours:
            found |= {f"{name}.{figure}": float(np.mean([row[figure] for row in ours])) for figure in FIGURES}
        bands = [row for row in rows if row.get("series") == name and row["measure"] == "bands"]
        found |= {f"{name}.{figure}_more_origins": row[figure] for row in bands for figure in BANDS}
    series = [row for row in rows if row["measure"] == "series" and row["method"] == "ours"]
    if series:
        found["one_queue_seconds"] = max(row["seconds"] for row in series)
        found["one_queue_cpu_seconds"] = max(row["cpu_seconds"] for row in series)
    for row in rows:
        if row["measure"] == "handle time" and row["method"].startswith("ours"):
            start = "aht." if row["method"] == "ours" else "aht.daily_"
            found |= {start + key: row[key] for key in ("cell_error_pct", "workload_bias_pct")}
        if row["measure"] == "log" and row["series"] in LOG_KEYS:
            found[LOG_KEYS[row["series"]]] = row["calls"]
        if row["measure"] == "scale":
            found |= {"scale_queues": int(row["series"].split()[0]), "scale_seconds": row["seconds"],
                      "scale_peak_mb": row["peak_mb"]}  # fmt: skip
    companies = [row for row in rows if row["measure"] == "company"]
    ours = [row for row in companies if row["method"] == "ours"]
    if ours:
        found |= {f"synthetic.{key}": float(np.mean([row[key] for row in ours])) for key in COMPANY_FIGURES}
    return found | _untuned([row for row in rows if row["measure"] in ("company", "february")])


def _untuned(rows: Sequence[Row]) -> dict[str, Any]:
    """Over the series that nothing was tuned on: mean scaled error beside seasonal naive's, and its 90 % interval."""
    mase = {method: {row["series"]: row["mase"] for row in rows if row["method"] == method}
            for method in ("ours", "seasonal_naive")}  # fmt: skip
    names = sorted(set(mase["ours"]) & set(mase["seasonal_naive"]))
    if not names:
        return {}
    ours, naive = (np.array([mase[method][name] for name in names]) for method in ("ours", "seasonal_naive"))
    drawn = np.random.default_rng(0).integers(0, len(names), (RESAMPLES, len(names)))
    low, high = np.quantile(ours[drawn].mean(axis=1), (0.05, 0.95))
    return {"untuned.series": len(names), "untuned.mase": float(ours.mean()), "untuned.mase_low": float(low),
            "untuned.mase_high": float(high), "untuned.seasonal_naive_mase": float(naive.mean()),
            "untuned.better_than_naive": int((ours < naive).sum())}  # fmt: skip


def inputs(options: Options) -> Iterable[Path]:
    """The folder of call data, and the instances that were named."""
    return (options.data / "calls", *options.instances)


BENCHMARK = Benchmark(
    name="calls",
    about="Half-hour calls 14 days ahead from rolling origins, in percent; each origin knows the rows up to it.",
    columns=COLUMNS,
    summary_keys=SUMMARY_KEYS,
    cells=cells,
    summarise=summarise,
    inputs=inputs,
)
