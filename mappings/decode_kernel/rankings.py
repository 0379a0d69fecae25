"""Orders of items as genes: ranked by importance, or by the number of their permutation."""

from __future__ import annotations

from accel_models.compiled import inside

IMPORTANCE, INDEX = 0, 1


@inside("void(float64[::1], int64, int64, int64, int64[::1])")
def read_ranking(vector, at, k, encoding, ranking):
    """Rank ``k`` items, first the most important; the genes stand from ``at`` on."""
    if encoding == IMPORTANCE:
        for i in range(k):
            j = i
            while j > 0 and vector[at + ranking[j - 1]] < vector[at + i]:
                ranking[j] = ranking[j - 1]
                j -= 1
            ranking[j] = i
        return
    count = 1
    for i in range(k):
        count *= i + 1
    index = min(int(vector[at] * count), count - 1)
    for i in range(k):  # digits of the index in the factorial system, then the permutation of that rank
        count //= k - i
        ranking[i] = index // count
        index %= count
    for i in range(k - 2, -1, -1):
        for j in range(i + 1, k):
            if ranking[j] >= ranking[i]:
                ranking[j] += 1


@inside("void(int64[::1], int64, int64, float64[::1], int64)")
def write_ranking(ranking, k, encoding, vector, at):
    """Inverse of :func:`read_ranking`: genes in the middle of what decodes to a ranking."""
    if encoding == IMPORTANCE:
        for i in range(k):
            vector[at + ranking[i]] = (k - i - 0.5) / k
        return
    index, count = 0, 1
    for i in range(k):
        smaller = 0
        for j in range(i + 1, k):
            if ranking[j] < ranking[i]:
                smaller += 1
        index = index * (k - i) + smaller
        count *= i + 1
    vector[at] = (index + 0.5) / count
