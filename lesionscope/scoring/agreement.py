"""How far readers agree: intraclass correlation, weighted kappa, Bland-Altman, SEM and SDC.

References
----------
Shrout and Fleiss 1979, Psychol Bull 86:420-8 (the two-way coefficients and their intervals).
McGraw and Wong 1996, Psychol Methods 1:30-46 (ICC(A,1) and ICC(C,1)).
Cohen 1968, Psychol Bull 70:213-20 (weighted kappa); Fleiss, Cohen and Everitt 1969, Psychol Bull
72:323-7 (its standard error).
Bland and Altman 1986, Lancet 1:307-10; 1999, Stat Methods Med Res 8:135-60.
de Vet et al. 2006, J Clin Epidemiol 59:1033-9 (SEM agreement; SDC = 1.96 x sqrt 2 x SEM).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

LEVEL = 0.95
"""Of every interval."""


@dataclass(frozen=True)
class Coefficient:
    """A coefficient with its interval.

    Attributes
    ----------
    value : float
        NaN where it is not defined, as when all values are the same.
    low, high : float
        Ends of the 95 % interval; NaN where there is none.
    n : int
        Number of subjects.
    """

    value: float
    low: float
    high: float
    n: int

    @property
    def defined(self) -> bool:
        """Whether there is a value."""
        return not math.isnan(self.value)


@dataclass(frozen=True)
class MeanSquares:
    """Two-way analysis of variance of a table of scores.

    Attributes
    ----------
    rows, columns, error : float
        Mean squares between subjects, between raters, and of what is left.
    n, k : int
        Subjects and raters.
    """

    rows: float
    columns: float
    error: float
    n: int
    k: int


def mean_squares(scores: ArrayLike) -> MeanSquares:
    """Analyse a table of scores, every rater having scored every subject.

    Parameters
    ----------
    scores : array_like of shape (n, k)
        One row a subject, one column a rater; at least 2 x 2, finite.

    Returns
    -------
    MeanSquares

    Raises
    ------
    ValueError
        If the table is smaller, or a score is missing.
    """
    table = np.asarray(scores, dtype=float)
    if table.ndim != 2 or min(table.shape) < 2:
        raise ValueError(f"agreement needs 2 subjects and 2 raters at least, got {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError("agreement needs a score of every rater for every subject")
    n, k = table.shape
    grand, of_rows, of_columns = table.mean(), table.mean(axis=1), table.mean(axis=0)
    left = table - of_rows[:, None] - of_columns[None, :] + grand
    return MeanSquares(
        float(k * ((of_rows - grand) ** 2).sum() / (n - 1)),
        float(n * ((of_columns - grand) ** 2).sum() / (k - 1)),
        float((left**2).sum() / ((n - 1) * (k - 1))),
        n,
        k,
    )


def icc_2_1(scores: ArrayLike) -> Coefficient:
    """Return the intraclass correlation for absolute agreement of single raters drawn at random.

    Parameters
    ----------
    scores : array_like of shape (n, k)
        See `mean_squares`.

    Returns
    -------
    Coefficient
        ICC(2,1) of Shrout and Fleiss, ICC(A,1) of McGraw and Wong:
        (MSR - MSE) / (MSR + (k - 1) MSE + k (MSC - MSE) / n).

    References
    ----------
    McGraw and Wong 1996, Psychol Methods 1:30-46, tables 4 and 7, for the interval.
    """
    ms = mean_squares(scores)
    spread = ms.rows + (ms.k - 1) * ms.error + ms.k * (ms.columns - ms.error) / ms.n
    if spread <= _nothing(ms):
        return Coefficient(math.nan, math.nan, math.nan, ms.n)
    value = (ms.rows - ms.error) / spread
    low, high = _absolute_interval(ms, value)
    return Coefficient(value, low, high, ms.n)


def icc_3_1(scores: ArrayLike) -> Coefficient:
    """Return the intraclass correlation for consistency of these very raters.

    Parameters
    ----------
    scores : array_like of shape (n, k)
        See `mean_squares`.

    Returns
    -------
    Coefficient
        ICC(3,1) of Shrout and Fleiss, ICC(C,1) of McGraw and Wong:
        (MSR - MSE) / (MSR + (k - 1) MSE), with the exact F interval.
    """
    ms = mean_squares(scores)
    spread = ms.rows + (ms.k - 1) * ms.error
    if spread <= _nothing(ms):
        return Coefficient(math.nan, math.nan, math.nan, ms.n)
    value = (ms.rows - ms.error) / spread
    if ms.error <= _nothing(ms):
        return Coefficient(value, value, value, ms.n)
    ratio = ms.rows / ms.error
    free = ms.n - 1, (ms.n - 1) * (ms.k - 1)
    upper = (1 + LEVEL) / 2
    lowest = ratio / stats.f.ppf(upper, *free)
    highest = ratio * stats.f.ppf(upper, *free[::-1])
    low, high = ((f - 1) / (f + ms.k - 1) for f in (lowest, highest))
    return Coefficient(value, float(low), float(high), ms.n)


def _nothing(ms: MeanSquares) -> float:
    """Return what counts as zero beside the size of these scores: rounding, not variance."""
    return 1e-12 * max(ms.rows, ms.columns, ms.error, 1e-300)


def _absolute_interval(ms: MeanSquares, value: float) -> tuple[float, float]:
    n, k = ms.n, ms.k
    if ms.error <= _nothing(ms) and ms.columns <= _nothing(ms):
        return value, value
    # Satterthwaite's degrees of freedom of the denominator (McGraw and Wong, table 7).
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    parts = (a * ms.columns) ** 2 / (k - 1) + (b * ms.error) ** 2 / ((n - 1) * (k - 1))
    free = (a * ms.columns + b * ms.error) ** 2 / parts
    upper = (1 + LEVEL) / 2
    f_low = float(stats.f.ppf(upper, n - 1, free))
    f_high = float(stats.f.ppf(upper, free, n - 1))
    common = k * ms.columns + (k * n - k - n) * ms.error
    low = n * (ms.rows - f_low * ms.error) / (f_low * common + n * ms.rows)
    high = n * (f_high * ms.rows - ms.error) / (common + n * f_high * ms.rows)
    return low, high


def weighted_kappa(one: Sequence[int], other: Sequence[int], levels: int) -> Coefficient:
    """Return Cohen's kappa with quadratic weights for an ordinal item.

    Parameters
    ----------
    one, other : sequence of int
        Levels from 0, in pairs.
    levels : int
        Number of levels of the item.

    Returns
    -------
    Coefficient
        With the large-sample interval of Fleiss, Cohen and Everitt. NaN where both raters
        used one and the same level throughout: chance alone then explains all.

    Raises
    ------
    ValueError
        If the readings do not pair or a level is outside the item.
    """
    if len(one) != len(other):
        raise ValueError(f"ratings must come in pairs, got {len(one)} and {len(other)}")
    if any(not 0 <= level < levels for level in (*one, *other)):
        raise ValueError(f"levels run from 0 to {levels - 1}")
    n = len(one)
    if n == 0:
        return Coefficient(math.nan, math.nan, math.nan, 0)
    table = np.zeros((levels, levels))
    np.add.at(table, (np.asarray(one), np.asarray(other)), 1 / n)
    places = np.arange(levels)
    weights = 1 - ((places[:, None] - places[None, :]) / max(levels - 1, 1)) ** 2
    return _kappa(table, weights, n)


def _kappa(table: NDArray[np.float64], weights: NDArray[np.float64], n: int) -> Coefficient:
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    seen, chance = float((weights * table).sum()), float(rows @ weights @ columns)
    if 1 - chance < 1e-12:
        return Coefficient(math.nan, math.nan, math.nan, n)
    value = (seen - chance) / (1 - chance)
    mean_row, mean_column = weights @ columns, rows @ weights
    inner = weights * (1 - chance) - (mean_row[:, None] + mean_column[None, :]) * (1 - seen)
    variance = (table * inner**2).sum() - (seen * chance - 2 * chance + seen) ** 2
    error = math.sqrt(max(0.0, float(variance)) / n) / (1 - chance) ** 2
    if error < 1e-9 and value < 1:
        # A reader who used one level throughout: the formula gives no error, not a small one.
        return Coefficient(value, math.nan, math.nan, n)
    half = float(stats.norm.ppf((1 + LEVEL) / 2)) * error
    return Coefficient(value, max(-1.0, value - half), min(1.0, value + half), n)


@dataclass(frozen=True)
class BlandAltman:
    """The differences of two readers.

    Attributes
    ----------
    mean : Coefficient
        Mean difference, one less other, with its interval: a bias of one reader.
    sd : float
        Standard deviation of the differences.
    low, high : Coefficient
        Limits of agreement, mean -/+ 1.96 sd, each with its interval.
    slope : Coefficient
        Of the difference on the mean of the two: a proportional bias where its interval leaves 0.
    n : int
        Number of pairs.
    """

    mean: Coefficient
    sd: float
    low: Coefficient
    high: Coefficient
    slope: Coefficient
    n: int

    @property
    def proportional(self) -> bool:
        """Whether the difference changes with the size of what is scored."""
        return self.slope.defined and not self.slope.low <= 0 <= self.slope.high


def bland_altman(one: ArrayLike, other: ArrayLike) -> BlandAltman:
    """Compare two readers by their differences.

    Parameters
    ----------
    one, other : array_like of shape (n,)
        In pairs, three at least.

    Returns
    -------
    BlandAltman

    Raises
    ------
    ValueError
        If there are fewer than three pairs.

    References
    ----------
    Bland and Altman 1999, Stat Methods Med Res 8:135-60: the standard error of a limit is
    sd x sqrt(1/n + 1.96^2 / (2 (n - 1))); section 3.2 for the regression on the mean.
    """
    first, second = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    if first.shape != second.shape or first.ndim != 1 or first.size < 3:
        raise ValueError(f"Bland-Altman needs three pairs, got {first.size} and {second.size}")
    n = first.size
    apart, means = first - second, (first + second) / 2
    mean, sd = float(apart.mean()), float(apart.std(ddof=1))
    t = float(stats.t.ppf((1 + LEVEL) / 2, n - 1))
    z = float(stats.norm.ppf((1 + LEVEL) / 2))
    half, reach = t * sd / math.sqrt(n), t * sd * math.sqrt(1 / n + z**2 / (2 * (n - 1)))
    low, high = (
        Coefficient(edge, edge - reach, edge + reach, n) for edge in (mean - z * sd, mean + z * sd)
    )
    bias = Coefficient(mean, mean - half, mean + half, n)
    return BlandAltman(bias, sd, low, high, _slope(means, apart), n)


def _slope(means: NDArray[np.float64], apart: NDArray[np.float64]) -> Coefficient:
    n = means.size
    if np.ptp(means) < 1e-12:
        return Coefficient(math.nan, math.nan, math.nan, n)
    fitted = stats.linregress(means, apart)
    half = float(stats.t.ppf((1 + LEVEL) / 2, n - 2)) * float(fitted.stderr)
    slope = float(fitted.slope)
    return Coefficient(slope, slope - half, slope + half, n)


@dataclass(frozen=True)
class MeasurementErrors:
    """What a score may be off by, in its own unit.

    Attributes
    ----------
    sem_agreement, sem_consistency : float
        Standard error of measurement with and without the difference between raters.
    sdc_agreement, sdc_consistency : float
        Smallest detectable change of one subject, 1.96 x sqrt 2 x SEM.
    n, k : int
        Subjects and raters.
    """

    sem_agreement: float
    sem_consistency: float
    sdc_agreement: float
    sdc_consistency: float
    n: int
    k: int


def measurement_errors(scores: ArrayLike) -> MeasurementErrors:
    """Return the standard error of measurement and the smallest detectable change.

    Parameters
    ----------
    scores : array_like of shape (n, k)
        See `mean_squares`.

    Returns
    -------
    MeasurementErrors
        SEM consistency is sqrt(MSE); SEM agreement is sqrt((MSC - MSE) / n + MSE), where a
        variance between raters below zero counts as zero.
    """
    ms = mean_squares(scores)
    between = max(0.0, (ms.columns - ms.error) / ms.n)
    agreement, consistency = math.sqrt(between + ms.error), math.sqrt(ms.error)
    z = float(stats.norm.ppf((1 + LEVEL) / 2))
    factor = z * math.sqrt(2)
    return MeasurementErrors(
        agreement, consistency, factor * agreement, factor * consistency, ms.n, ms.k
    )
