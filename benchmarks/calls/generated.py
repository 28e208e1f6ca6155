"""Series that nothing was tuned on and that need no data: queues of synthetic companies, and a thousand at once."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.calls.methods import NO_LEGS, PATHS
from benchmarks.calls.scores import Said
from benchmarks.calls.series import HORIZON_DAYS, SLOT_MINUTES
from benchmarks.frame import Row
from forecasting.calls import forecast_calls
from inputs.synthetic.call_rates import COUNTRY, OPENING_HOURS, make_rates
from scenarios.clock import parse_span
from scenarios.schema import CallSettings
from scenarios.schema.base import Weekday

AS_OF = date(2025, 6, 1)
ORIGINS, STEP_DAYS = 12, 7
SLOTS = 24 * 60 // SLOT_MINUTES
LARGE_DAYS = 126
DAY_SD, LEVEL_SD = 0.06, 0.8
FIRST_SEED = 1000
"""Seeds of the synthetic companies are this plus the benchmark's: none was used for tuning."""


def opening_hours() -> dict[Weekday, tuple[int, int]]:
    """Those of the synthetic company, in minutes."""
    found: dict[Weekday, tuple[int, int]] = {}
    for day, text in OPENING_HOURS.items():
        found[day] = parse_span(text)  # type: ignore[index]
    return found


def company_demand(seed: int, *, contract_hours: float = 1500.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Demand of the inbound queue of a synthetic company with its true days after `AS_OF`, and the campaigns."""
    rng = np.random.default_rng(seed)
    rates = make_rates(rng, queues=("inbound",), contract_hours=contract_hours, as_of=AS_OF)
    day = np.repeat(np.exp(rng.normal(0, 0.03, len(rates.starts) // SLOTS)), SLOTS)
    calls = rng.poisson(rates.rates[0] * day).astype(float)
    starts = rates.starts.astype("datetime64[us]")
    queue = pd.array(["inbound"] * len(starts), dtype="str")
    return pd.DataFrame({"queue": queue, "interval_start": starts, "calls": calls, "is_gap": False}), rates.campaigns


def company_said(seed: int, *, origins: int = ORIGINS) -> Iterator[tuple[Said, Said, np.ndarray]]:
    """Ours, seasonal naive (the latest same weekday, whatever it was) and the truth at weekly origins, the last one
    `AS_OF`; the truth is NaN where the company is closed."""
    demand, campaigns = company_demand(seed)
    hours = opening_hours()
    calls = demand["calls"].to_numpy().reshape(-1, SLOTS)
    first = demand["interval_start"].iloc[0]
    for back in range(origins - 1, -1, -1):
        as_of = pd.Timestamp(AS_OF) - pd.Timedelta(days=STEP_DAYS * back)
        known = demand[demand["interval_start"] < as_of + pd.Timedelta(days=1)]
        began, used = time.perf_counter(), time.process_time()
        forecast = forecast_calls(
            known, NO_LEGS, settings=CallSettings(days=HORIZON_DAYS, interval_minutes=SLOT_MINUTES, sample_paths=PATHS),
            opening_hours=hours, country=COUNTRY, as_of=as_of.date(), seed=seed, exogenous=campaigns,
        )  # fmt: skip
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
        origin = (as_of - first).days
        opened = forecast.table["is_open"].to_numpy().reshape(HORIZON_DAYS, SLOTS)
        truth = np.where(opened, calls[origin + 1 : origin + 1 + HORIZON_DAYS], np.nan)
        table = forecast.table
        quantiles = np.array([table[f"calls_p{p}"].to_numpy().reshape(HORIZON_DAYS, SLOTS) for p in (10, 50, 90)])
        paths = forecast.paths[:, 0].reshape(-1, HORIZON_DAYS, SLOTS)
        point = table["calls_mean"].to_numpy().reshape(HORIZON_DAYS, SLOTS)
        naive = np.tile(calls[origin - 6 : origin + 1], (HORIZON_DAYS // 7, 1))
        yield Said(point, quantiles, paths, seconds, cpu), Said(naive), truth


def company_naive_error(seed: int, *, origins: int = ORIGINS) -> float:
    """Mean absolute difference of an open interval to the week before, over what the first origin knows."""
    demand, _ = company_demand(seed)
    calls = demand["calls"].to_numpy().reshape(-1, SLOTS)
    known = calls[: (pd.Timestamp(AS_OF) - demand["interval_start"].iloc[0]).days + 1 - STEP_DAYS * (origins - 1)]
    some = np.maximum(known[7:], known[:-7]) > 0
    return float(np.abs(known[7:] - known[:-7])[some].mean())


def many_queues(count: int, seed: int) -> pd.DataFrame:
    """Demand of many queues over 18 weeks: levels log-normal, a day error that is half shared, Poisson counts."""
    rng = np.random.default_rng((FIRST_SEED, seed))
    demand, _ = company_demand(FIRST_SEED + seed)
    one = demand[demand["interval_start"] < pd.Timestamp(AS_OF) + pd.Timedelta(days=1)].iloc[-LARGE_DAYS * SLOTS :]
    shape = one["calls"].to_numpy() / one["calls"].sum() * LARGE_DAYS
    shared = rng.normal(0, DAY_SD, LARGE_DAYS)
    parts = []
    for _ in range(count):
        level = 400.0 * float(np.exp(rng.normal(0, LEVEL_SD)))
        factor = np.exp(shared + rng.normal(0, DAY_SD, LARGE_DAYS))
        parts.append(rng.poisson(level * shape * np.repeat(factor, SLOTS)).astype(np.float32))
    names = np.repeat(np.array([f"q{q:04d}" for q in range(count)], dtype=object), len(one))
    return pd.DataFrame(
        {"queue": pd.Categorical(names), "interval_start": np.tile(one["interval_start"].to_numpy(), count),
         "calls": np.concatenate(parts).astype(float), "is_gap": False}
    )  # fmt: skip


def run_large(count: int, seed: int) -> None:
    """Forecast many queues and print seconds, rows and calls: the body of a process of its own."""
    demand = many_queues(count, seed)
    began = time.perf_counter()
    forecast = forecast_calls(
        demand, NO_LEGS, settings=CallSettings(days=HORIZON_DAYS, interval_minutes=SLOT_MINUTES, sample_paths=PATHS),
        opening_hours=opening_hours(), country=COUNTRY, as_of=AS_OF, seed=seed,
    )  # fmt: skip
    combined = float((forecast.table["method"] == "combined").mean() / forecast.table["is_open"].mean())
    print(f"{time.perf_counter() - began} {len(forecast.queues)} {forecast.paths.shape[0]} {combined}")


def measure_large(count: int, seed: int) -> Iterator[Row]:
    """Seconds and peak memory of a forecast of many queues, in a process of its own."""
    root = Path(__file__).resolve().parents[2]
    code = f"from benchmarks.calls.generated import run_large; run_large({count}, {seed})"
    watched = (
        "import resource, subprocess, sys;"
        "done = subprocess.run([sys.executable, '-c', sys.argv[1]], stdout=subprocess.PIPE, text=True);"
        "print(done.stdout.strip(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024);"
        "sys.exit(done.returncode)"
    )
    done = subprocess.run(
        [sys.executable, "-c", watched, code], cwd=root, stdout=subprocess.PIPE, text=True, check=True, timeout=3600
    )
    seconds, queues, paths, combined, peak = (float(part) for part in done.stdout.split())
    note = f"{int(paths)} paths; {100 * combined:.0f} % of open rows by the combined method"
    yield {"measure": "scale", "series": f"{int(queues)} queues", "method": "ours", "seconds": seconds,
           "peak_mb": peak, "note": note}  # fmt: skip
