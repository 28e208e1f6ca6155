"""Hidden chains beside hmmlearn on the same sequences, from the same start, the same number of steps, in one run.

Sequences look as a CRM's do: most begin alike, a few stages in order with repeats and jumps back, short. Ours holds
equal beginnings once; the log-likelihood must be hmmlearn's own. Compilation is left out of the seconds (it is kept on
disk between runs) by a small fit before the clock starts.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks.frame import Options, Row
from forecasting.closure.hmm import HiddenChain, PrefixTrie

PART = "chains"
STATES, STEPS = 5, 20
STAGES = 9
OURS, PEER = "prefix tree", "hmmlearn, scaling"
COUNTS = {"quick": (100_000,), "default": (100_000,), "full": (100_000, 1_000_000)}
PEER_COUNTS = {"quick": 5_000, "default": 10_000, "full": 100_000}
"""The first so many sequences are given to hmmlearn, and to ours again beside it: 100,000 take it a minute."""
SUMMARY_KEYS = (
    "hmm_100k_seconds", "hmm_loglik_diff", "hmm_loglik_rel_diff", "hmm_prefixes", "hmm_peer_sequences",
    "hmm_peer_seconds", "hmm_hmmlearn_seconds", "hmm_million_seconds", "hmm_100k_cpu_seconds",
)  # fmt: skip
REPEATS = 5


def cells(options: Options) -> Iterator[tuple[str, Callable[[], Iterator[Row]]]]:
    """One cell a number of sequences."""
    for count in COUNTS[options.size]:
        peer = PEER_COUNTS[options.size] if count == COUNTS[options.size][0] else 0
        yield f"{count} sequences", partial(measure, count, peer, options.seed)


def crm_sequences(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Symbols one after the other and lengths: stages in order, each said again while a deal stays, some jumps back.

    The last two symbols are won and lost; a fifth of the deals are still open.
    """
    rng = np.random.default_rng(seed)
    lasting = rng.uniform(0.15, 0.55, STAGES)
    leaving = np.linspace(0.12, 0.30, STAGES)
    symbols = [np.zeros(count, dtype=np.int64)]
    stage, alive = np.zeros(count, dtype=np.int64), np.ones(count, dtype=bool)
    is_open = rng.random(count) < 0.2
    for place in range(1, 24):
        draw, further = rng.random(count), rng.random(count)
        stays = draw < lasting[stage]
        ends = ~stays & (further < leaving[stage])
        onward = np.where(rng.random(count) < 0.12, -1, np.where(rng.random(count) < 0.15, 2, 1))
        stage = np.where(stays | ends, stage, (stage + onward).clip(0, STAGES - 1))
        won = rng.random(count) < 0.1 + 0.06 * stage
        symbol = np.where(ends, np.where(won, STAGES, STAGES + 1), stage)
        stopped = is_open & (rng.random(count) < 0.15)
        symbols.append(np.where(alive & ~stopped, symbol, -1))
        alive = alive & ~stopped & ~ends
        if not alive.any() or place == 23:
            break
    table = np.column_stack(symbols)
    there = table >= 0
    return table[there], there.sum(axis=1)


def measure(count: int, peer: int, seed: int) -> Iterator[Row]:
    """Ours, and hmmlearn on the first `peer` sequences."""
    flat, lengths = crm_sequences(count, seed)
    begin = HiddenChain(STATES, STAGES + 2, seed=seed).begin_randomly()
    start = (begin.startprob_, begin.transmat_, begin.emissionprob_)
    _fit(flat[: lengths[:10].sum()], lengths[:10], start)
    timed = [_timed(flat, lengths, start) for _ in range(REPEATS)]
    seconds, chain, trie = min(timed, key=_first)
    begun = time.process_time()
    _fit(flat, lengths, start)
    cpu = time.process_time() - begun
    note = f"{len(trie)} prefixes of {len(flat)} symbols, best of {REPEATS}, {cpu:.2f} s of one core"
    yield {
        "model": OURS, "rows": count, "seconds": seconds, "cpu_seconds": cpu, "log_likelihood": chain.score(trie),
        "prefixes": len(trie), "note": note,
    }  # fmt: skip
    if peer:
        few = int(lengths[:peer].sum())
        if peer < count:
            seconds, chain, trie = min((_timed(flat[:few], lengths[:peer], start) for _ in range(REPEATS)), key=_first)
        yield from compare(chain, trie, flat[:few], lengths[:peer], start, seconds)


def compare(
    ours: HiddenChain, trie: PrefixTrie, flat: Any, lengths: Any, start: Any, ours_seconds: float
) -> Iterator[Row]:
    """hmmlearn from the same start, its seconds beside `ours_seconds`, and how far the log-likelihoods lie apart."""
    from hmmlearn.hmm import CategoricalHMM

    theirs = CategoricalHMM(STATES, n_features=STAGES + 2, n_iter=STEPS, tol=-np.inf, init_params="",
                            implementation="scaling")  # fmt: skip
    theirs.startprob_, theirs.transmat_, theirs.emissionprob_ = (each.copy() for each in start)
    begun = time.perf_counter()
    theirs.fit(flat[:, None], lengths)
    seconds = time.perf_counter() - begun
    mine, other = ours.score(trie), float(theirs.score(flat[:, None], lengths))
    yield {"model": PEER, "rows": len(lengths), "seconds": seconds, "log_likelihood": other,
           "difference": abs(mine - other), "relative": abs(mine - other) / abs(other), "ours_seconds": ours_seconds,
           "note": f"ours {ours_seconds:.2f} s; log-likelihoods differ by {abs(mine - other):.1e} of {abs(other):.3g}"
           }  # fmt: skip


def _first(timed: tuple[float, HiddenChain, PrefixTrie]) -> float:
    return timed[0]


def _timed(flat: Any, lengths: Any, start: Any) -> tuple[float, HiddenChain, PrefixTrie]:
    begun = time.perf_counter()
    chain, trie = _fit(flat, lengths, start)
    return time.perf_counter() - begun, chain, trie


def _fit(flat: Any, lengths: Any, start: Any) -> tuple[HiddenChain, PrefixTrie]:
    trie = PrefixTrie(STAGES + 2)
    trie.append(flat, lengths)
    return HiddenChain(STATES, STAGES + 2, n_iter=STEPS, tol=None).begin(*start).fit(trie), trie


def summarise(rows: Sequence[Row]) -> dict[str, Any]:
    """Seconds of ours at 100,000 sequences and the difference to hmmlearn's log-likelihood."""
    found: dict[str, Any] = {}
    for row in rows:
        if row["model"] == OURS and row["rows"] == 100_000:
            found |= {"hmm_100k_seconds": row["seconds"], "hmm_prefixes": row["prefixes"]}
            found["hmm_100k_cpu_seconds"] = row.get("cpu_seconds")
        elif row["model"] == OURS:
            found["hmm_million_seconds"] = row["seconds"]
        else:
            found |= {"hmm_loglik_diff": row["difference"], "hmm_loglik_rel_diff": row["relative"]}
            found |= {"hmm_peer_sequences": row["rows"], "hmm_peer_seconds": row["ours_seconds"]}
            found["hmm_hmmlearn_seconds"] = row["seconds"]
    return found
