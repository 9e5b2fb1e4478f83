"""The verifiers: `vote.majority`, `vote.consistency`, `vote.entropy`. All judge the samples of one prompt together."""

from __future__ import annotations

import math
from collections import Counter

from assay import Verdict, verifier
from assay_vote.clusters import WHERE, CannotCompare, Clusters, cluster

__all__ = ["consistency", "entropy", "majority"]


@verifier(scope="group", boolean=True, fields=["share"], timeout=60.0)
def majority(
    completion: list[str], *, by: str = "math.answer", extract: str = WHERE, min_share: float = 0.0
) -> list[Verdict]:
    """The answer is the one that most of the group give.

    Wang et al., "Self-Consistency Improves Chain of Thought Reasoning" (2022), as a reward in Huang et al., "Large
    Language Models Can Self-Improve" (2022), and Zuo et al., "TTRL: Test-Time Reinforcement Learning" (2025).

    A member without an answer scores 0. Where two answers are tied, where none is given twice, or where the most
    frequent has less than `min_share` of the group, nobody has won and the group abstains: a coin toss teaches
    nothing. The field `share` is the winner's part of the whole group, those without an answer included.

    Options:
        by: the verifier that says whether two answers are equal, or `text` for the same text.
        extract: where the answer stands, in the forms of `assay.extract`; the whole text never votes by default.
        min_share: the part of the group that a majority needs, from 0 to 1.
    """
    if not 0 <= min_share <= 1:
        raise ValueError(f"min_share is a part of the group, from 0 to 1, not {min_share:g}")
    found = _clusters(completion, by, extract)
    if isinstance(found, Verdict):
        return [found] * len(completion)
    counts = Counter(one for one in found if one is not None).most_common(2)
    size = len(completion)
    if not counts or counts[0][1] < 2:
        return [Verdict.abstain("no answer is given twice")] * size
    winner, votes = counts[0]
    if len(counts) > 1 and counts[1][1] == votes:
        return [Verdict.abstain(f"two answers are tied with {votes} of {size} votes")] * size
    share = votes / size
    if share < min_share:
        return [Verdict.abstain(f"the most frequent answer has {votes} of {size} votes")] * size
    verdicts = []
    for one in found:
        reason = (
            "no answer" if one is None else f"with {'the' if one == winner else 'other than the'} {votes} of {size}"
        )
        verdicts.append(Verdict(float(one == winner), reason, {"share": share}))
    return verdicts


@verifier(scope="group", timeout=60.0)
def consistency(completion: list[str], *, by: str = "math.answer", extract: str = WHERE) -> list[Verdict]:
    """The part of the other members that give the same answer. One without an answer agrees with nobody.

    Options:
        by: the verifier that says whether two answers are equal, or `text` for the same text.
        extract: where the answer stands, in the forms of `assay.extract`; the whole text never votes by default.
    """
    found = _clusters(completion, by, extract)
    if isinstance(found, Verdict):
        return [found] * len(completion)
    counts = Counter(one for one in found if one is not None)
    others = len(completion) - 1
    if not others:
        return [Verdict.abstain("there is nobody to agree with")]
    return [
        Verdict(0.0, "no answer")
        if one is None
        else Verdict((counts[one] - 1) / others, f"with {counts[one] - 1} of {others} others")
        for one in found
    ]


@verifier(scope="group", timeout=60.0)
def entropy(completion: list[str], *, by: str = "math.answer", extract: str = WHERE) -> list[Verdict]:
    r"""How scattered the group's answers are, the same for each member: 0 if all agree, 1 if no two do.

    Farquhar, Kossen, Kuhn and Gal, "Detecting hallucinations in large language models using semantic entropy" (2024),
    the discrete form: $H = -\sum_c p_c \ln p_c$ over clusters of equal answers, here divided by $\ln n$, its maximum
    for the $n$ members. Each member without an answer is a cluster of its own, so that silence is no agreement.

    Options:
        by: the verifier that says whether two answers are equal, or `text` for the same text.
        extract: where the answer stands, in the forms of `assay.extract`; the whole text never votes by default.
    """
    found = _clusters(completion, by, extract)
    if isinstance(found, Verdict):
        return [found] * len(completion)
    size = len(completion)
    if size < 2:
        return [Verdict.abstain("one answer has no entropy")] * size
    counts = [*Counter(one for one in found if one is not None).values(), *(1 for one in found if one is None)]
    nats = -math.fsum(count / size * math.log(count / size) for count in counts)
    score = min(max(nats / math.log(size), 0.0), 1.0)
    reason = f"{len(counts)} different answers of {size}"
    return [Verdict(score, reason, details={"nats": max(nats, 0.0), "clusters": len(counts)})] * size


def _clusters(completion: list[str], by: str, where: str) -> Clusters | Verdict:
    try:
        return cluster(completion, by, where)
    except CannotCompare as problem:
        return Verdict.error(str(problem))
