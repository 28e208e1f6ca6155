"""The expectation step over a prefix tree: exact counts of Baum-Welch, each different prefix visited once.

Forward: a_n = (a_parent A) * b_n / c_n with c_n the sum, as for single sequences (Rabiner, 1989, scaling). Backward:
what a sequence s contributes to the posterior of a prefix n is a_n * beta_{n,s}, and beta is linear in what follows.
So the sum over all weighted sequences through n,

    B_n = ends_n * 1 + sum over children m of A (b_m * B_m) / c_m,

needs one pass over the nodes from the last to the first, and a_n * B_n are the expected counts of the states at n. No
logarithm stands in a loop. States that cannot be reached are skipped: structural zeros make a step cheap.
"""

import numpy as np
from numba import njit


@njit(cache=True)
def forward(parent, symbol, start, step, emit):  # type: ignore[no-untyped-def]
    """Scaled forward vectors (N, K), scales (N,) and log-likelihood (N,) of each prefix.

    emit: (K, V + 1), the last column all 1 for missing symbols. A prefix that cannot be has scale 0, a vector of 0
    and log-likelihood -inf, and so have all that follow it.
    """
    nodes, states = len(parent), len(start)
    alpha = np.zeros((nodes, states))
    scale = np.zeros(nodes)
    log_p = np.zeros(nodes)
    by_symbol = emit.T.copy()
    row = np.zeros(states)
    for n in range(nodes):
        p = parent[n]
        b = by_symbol[symbol[n]]
        if p < 0:
            for j in range(states):
                row[j] = start[j]
        else:
            row[:] = 0.0
            for i in range(states):
                a = alpha[p, i]
                if a > 0.0:
                    for j in range(states):
                        row[j] += a * step[i, j]
        total = 0.0
        for j in range(states):
            row[j] *= b[j]
            total += row[j]
        scale[n] = total
        before = 0.0 if p < 0 else log_p[p]
        if total > 0.0:
            for j in range(states):
                alpha[n, j] = row[j] / total
            log_p[n] = before + np.log(total)
        else:
            log_p[n] = -np.inf
    return alpha, scale, log_p


@njit(cache=True)
def expected_counts(parent, symbol, ends, start, step, emit):  # type: ignore[no-untyped-def]
    """Summed log-likelihood of the possible sequences, expected counts of start (K,), step (K, K), emit (K, V + 1).

    Also returns the weight of sequences that the chain cannot have produced; they count nothing.
    """
    nodes, states = len(parent), len(start)
    alpha, scale, log_p = forward(parent, symbol, start, step, emit)
    by_symbol = emit.T.copy()
    later = np.zeros((nodes, states))
    starts = np.zeros(states)
    # The step counts are a_p[i] A[i, j] w_m[j] summed over all edges; A is multiplied once, at the end.
    steps = np.zeros((states, states))
    emits = np.zeros(by_symbol.shape)
    weighted = np.zeros(states)
    log_likelihood, lost, impossible = 0.0, 0.0, 0.0
    for n in range(nodes - 1, -1, -1):
        if scale[n] <= 0.0:
            impossible += ends[n]
            continue
        own = ends[n]
        if own > 0.0:
            term = own * log_p[n] - lost  # Kahan's sum
            total = log_likelihood + term
            lost = (total - log_likelihood) - term
            log_likelihood = total
        p, v = parent[n], symbol[n]
        mass = 0.0
        for j in range(states):
            later[n, j] += own
            weighted[j] = later[n, j] * by_symbol[v, j] / scale[n]
            count = alpha[n, j] * later[n, j]
            emits[v, j] += count
            mass += weighted[j]
            if p < 0:
                starts[j] += count
        if p < 0 or mass <= 0.0:
            continue
        for i in range(states):
            a = alpha[p, i]
            if a > 0.0:
                back = 0.0
                for j in range(states):
                    steps[i, j] += a * weighted[j]
                    back += step[i, j] * weighted[j]
                later[p, i] += back
    return log_likelihood, starts, steps * step, emits.T.copy(), impossible
