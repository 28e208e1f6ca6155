"""Routes on public instances: ours, PyVRP, OR-Tools, VROOM and simple rules, same limit, one core, one run.

Every instance goes into the form in which a rep's week is planned, and through the same engine; every plan is checked
by code that reads the instance's file only. `value` is the collected score, or the cost by the instance's objective.
`gap_pct`: shortfall from the best known value in percent, positive = short of it. The first call compiles; that is a
row of its own and no part of anybody's limit.

Our limit counts everything from the problem on; the peers' own limits count their search only.

Sizes: quick: 2 TOPTW instances x m = 2, 4 at 3 s. Default (about 45 minutes on one core): 6 TOPTW instances x m = 1,
2, 4 and m = v at 10 s for ours and PyVRP, the others on three of them; week2000 at 10 s and 60 s, everybody at 60 s,
and the bound, then ours and PyVRP at two dearer prices of a travel hour; four Solomon instances at 10 s and one
Homberger at 60 s; the four PCVRPTW at 60 s; five crews of technicians at 30 s; the real week's field, what each wish
to its routes brings, a rep who is ill; a large field. Full: every instance, m = 1 to 4, all peers.
"""

from benchmarks.frame import Benchmark
from benchmarks.routing.cells import COLUMNS, cells
from benchmarks.routing.summary import SUMMARY_KEYS, summarise

BENCHMARK = Benchmark(
    name="routing",
    about="Prize-collecting and classic routes on public instances, one core, the same time limit for all.",
    columns=COLUMNS,
    summary_keys=SUMMARY_KEYS,
    cells=cells,
    summarise=summarise,
)
