"""Shapes of a completion's length: `shape.cosine`, `shape.kimi`, `shape.overlong`.

Each takes and returns float64 arrays of one length, or plain numbers. A length may be counted in anything (`tokens`,
`characters`) as long as limits are counted alike. `correct` is true above 0, as everywhere in the language.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["cosine", "kimi", "overlong"]

Floats = npt.NDArray[np.float64]


def cosine(
    correct: Floats,
    length: Floats,
    limit: Floats | float,
    right: Sequence[float] = (2.0, 1.0),
    wrong: Sequence[float] = (-10.0, 0.0),
    over: float | None = None,
) -> Floats:
    r"""Correctness along half a cosine of the length: short right answers pay most, short wrong ones cost most.

    Yeo, Tong, Niu, Neubig and Yue, "Demystifying Long Chain-of-Thought Reasoning in LLMs" (2025), the cosine reward:
    from $r_0$ at length 0 to $r_L$ at the limit $L$,
    $r(\ell) = r_L + \frac{1}{2} (r_0 - r_L) (1 + \cos(\pi \ell / L))$,
    with a pair $(r_0, r_L)$ for right and one for wrong answers, and $r_e$ where the limit is reached. The defaults are
    the paper's, right 2 to 1 and wrong -10 to 0; its $r_e = -10$ is `over=-10`.

    Args:
        correct: above 0 where the answer is right.
        length: of the completion.
        limit: the length at which the cosine has come to its end.
        right: what a right answer pays at length 0 and at the limit.
        wrong: the same for a wrong answer.
        over: $r_e$, paid at the limit and beyond; without it the value at the limit goes on.

    Raises:
        ValueError: a limit is not above 0, or a pair is not a pair.
    """
    if np.any(np.asarray(limit) <= 0):
        raise ValueError("shape.cosine needs a limit above 0")
    (right_0, right_l), (wrong_0, wrong_l) = _pair("right", right), _pair("wrong", wrong)
    share = np.clip(np.asarray(length, dtype=np.float64) / limit, 0.0, 1.0)
    wave = 0.5 * (1.0 + np.cos(np.pi * share))
    paid = np.where(np.asarray(correct) > 0, right_l + (right_0 - right_l) * wave, wrong_l + (wrong_0 - wrong_l) * wave)
    return paid if over is None else np.where(share >= 1.0, float(over), paid)


def kimi(correct: Floats, length: Floats, shortest: Floats, longest: Floats) -> Floats:
    r"""A bonus for being among the shorter ones of the group, which wrong answers can't earn.

    Kimi Team, "Kimi k1.5: Scaling Reinforcement Learning with LLMs" (2025), the length penalty: with
    $\lambda = \frac{1}{2} - \frac{\ell - \ell_{min}}{\ell_{max} - \ell_{min}}$, a right answer gets $\lambda$, a wrong
    one $\min(0, \lambda)$; where all lengths are equal, 0. It lies in -0.5..0.5.

    The extremes are the group's own: `shape.kimi(correct, tokens, group.min(tokens), group.max(tokens))`. Released
    reimplementations take them over the whole batch, which compares answers to different questions.

    Args:
        correct: above 0 where the answer is right.
        length: of the completion.
        shortest: the least length in the group.
        longest: the greatest length in the group.

    Raises:
        ValueError: a length lies outside of its group's extremes.
    """
    length, shortest, longest = (np.asarray(one, dtype=np.float64) for one in (length, shortest, longest))
    if np.any(length < shortest) or np.any(length > longest):
        raise ValueError("shape.kimi takes the group's own extremes: group.min(tokens) and group.max(tokens)")
    width = longest - shortest
    bonus = np.where(width > 0, 0.5 - (length - shortest) / np.where(width > 0, width, 1.0), 0.0)
    return np.where(np.asarray(correct) > 0, bonus, np.minimum(bonus, 0.0))


def overlong(length: Floats, limit: Floats | float, buffer: Floats | float) -> Floats:
    r"""A penalty that grows from 0 to -1 over the last stretch before the limit.

    Yu et al., "DAPO: An Open-Source LLM Reinforcement Learning System at Scale" (2025), equation 13, soft overlong
    punishment: 0 up to $L_{max} - L_{cache}$, then $((L_{max} - L_{cache}) - \ell) / L_{cache}$, and -1 beyond
    $L_{max}$. The paper trains with $L_{max} = 20480$ and $L_{cache} = 4096$ tokens.

    Args:
        length: of the completion.
        limit: $L_{max}$.
        buffer: $L_{cache}$, the stretch before the limit on which the penalty grows.

    Raises:
        ValueError: the buffer is not above 0, or longer than the limit.
    """
    if np.any(np.asarray(buffer) <= 0) or np.any(np.asarray(buffer) > np.asarray(limit)):
        raise ValueError("shape.overlong needs a buffer above 0 and no longer than the limit")
    free = np.asarray(limit, dtype=np.float64) - buffer
    return -np.clip((np.asarray(length, dtype=np.float64) - free) / buffer, 0.0, 1.0)


def _pair(name: str, values: Sequence[float]) -> tuple[float, float]:
    if np.shape(values) != (2,):
        raise ValueError(f"{name} takes two numbers, at length 0 and at the limit, as in {name}=[2, 1]")
    return float(values[0]), float(values[1])
