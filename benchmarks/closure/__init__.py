"""Closure probabilities on a real loan process, the speed of the hidden chains, and the planted company beside them.

One file a part: `cases` reads the log into the product's own tables, `probabilities` measures the models, `chains` the
hidden Markov models. Every row says which part it belongs to; a part is a cell and can be kept on its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import benchmarks.closure.actions as actions
import benchmarks.closure.chains as chains
import benchmarks.closure.churn as churn
import benchmarks.closure.founding as founding
import benchmarks.closure.leads as leads
import benchmarks.closure.probabilities as probabilities
import benchmarks.closure.scoring as scoring
import benchmarks.closure.value as value
from benchmarks.frame import Benchmark, Cell, Options, Row

PARTS = (probabilities, chains, scoring, leads, churn, value, actions, founding)
"""Modules with `cells(options)`, `summarise(rows)`, `SUMMARY_KEYS` and `PART`."""
COLUMNS = (
    "part", "model", "rows", "auc", "brier", "ece", "bias_pp", "log_loss", "max_cohort_bias_pp", "low", "high",
    "pipeline_mape_pct", "pipeline_cover80_pct", "capture10", "bias_pct", "precision_top20", "qini_pct_of_oracle",
    "seconds", "note",
)  # fmt: skip


def cells(options: Options) -> Iterator[Cell]:
    """The cells of all parts."""
    for part in PARTS:
        for key, run in part.cells(options):
            yield Cell(f"{part.PART} {key}", partial(_named, part.PART, run))


def summarise(rows: Sequence[Row]) -> Mapping[str, Any]:
    """The summaries of all parts, each from its own rows."""
    found: dict[str, Any] = {}
    for part in PARTS:
        found |= part.summarise([row for row in rows if row["part"] == part.PART])
    return found


def inputs(options: Options) -> Iterable[Path]:
    """The folder of the CRM data, and the instances that were named."""
    return (options.data / "crm", *options.instances)


def _named(part: str, run: Any) -> Iterator[Row]:
    for row in run():
        yield {"part": part, **row}


BENCHMARK = Benchmark(
    name="closure",
    about="Closure probabilities on a real log beside every simpler way, and hidden chains beside hmmlearn.",
    columns=COLUMNS,
    summary_keys=tuple(key for part in PARTS for key in part.SUMMARY_KEYS),
    cells=cells,
    summarise=summarise,
    inputs=inputs,
)
