"""The choice, text, records and tools verifiers on 10,000 completions, beside published implementations' loops.

Completions are made from a seed: an answer behind some reasoning, right in half of the rows. Each is distinct, so nothing
is remembered. "calls" is the verifier called in a loop, "scored" the same through `assay.score`, verdicts and all;
"peer" is the published implementation called in a loop on the answer alone, which spares it the search for it.

    pip install -r benchmarks/requirements.txt
    python benchmarks/verifiers.py        # ROWS=2000 for a quick look, ONLY=text for one plugin
"""

from __future__ import annotations

import json
import os
import random
import time
import warnings
from collections.abc import Callable
from typing import Any

import assay
from assay import installed

WORDS = [
    "the",
    "a",
    "of",
    "in",
    "cat",
    "dog",
    "sat",
    "mat",
    "red",
    "blue",
    "green",
    "house",
    "tree",
    "river",
    "runs",
    "over",
    "under",
    "big",
    "small",
    "city",
    "road",
    "light",
]

Row = dict[str, Any]
Judge = Callable[[str, Any], object]


def prose(source: random.Random, low: int, high: int) -> str:
    return " ".join(source.choices(WORDS, k=source.randint(low, high)))


def rows(count: int, make: Callable[[random.Random], tuple[str, Any, Row]]) -> list[Row]:
    source = random.Random(0)
    made = []
    for number in range(count):
        answer, reference, more = make(source)
        thought = f"{number}: {prose(source, 20, 60)}"
        text = f"<think>{thought}</think><answer>{answer}</answer>"
        made.append({"completion": text, "reference": reference, "said": answer, **more})
    return made


def letters(source: random.Random) -> tuple[str, Any, Row]:
    answer = source.choice("ABCD")
    return source.choice([answer, f"({answer})", f"{answer}."]), source.choice([answer, "A"]), {}


def texts(source: random.Random) -> tuple[str, Any, Row]:
    reference = prose(source, 8, 30)
    words = reference.split()
    if source.random() < 0.5:
        source.shuffle(words)
    return " ".join(words[: source.randint(4, len(words))]), reference, {}


def triples(source: random.Random) -> tuple[str, Any, Row]:
    gold = [(str(i), source.choice(["color", "size"]), source.choice(WORDS)) for i in range(source.randint(1, 4))]
    said = [one if source.random() < 0.5 else (*one[:2], source.choice(WORDS)) for one in gold]
    return ", ".join(f"({', '.join(one)})" for one in said), [list(one) for one in gold], {}


def objects(source: random.Random) -> tuple[str, Any, Row]:
    gold = {name: source.randint(0, 100) for name in source.sample(WORDS, 6)}
    said = {name: value + source.choice([0, 0, 3]) for name, value in gold.items()}
    return json.dumps(said), gold, {}


def sets(source: random.Random) -> tuple[str, Any, Row]:
    gold = source.sample(WORDS, 5)
    return json.dumps([*gold[:3], *source.sample(WORDS, 2)]), gold, {}


def marks(source: random.Random) -> tuple[str, Any, Row]:
    return f"{source.randint(0, 10)}</answer><answer>{source.randint(0, 10)}", None, {}


def calls(source: random.Random) -> tuple[str, Any, Row]:
    gold = [
        {"name": one, "arguments": {"x": source.randint(0, 9), "y": source.choice(WORDS)}} for one in ("get", "put")
    ]
    said = [{**one, "arguments": {**one["arguments"], "x": source.randint(0, 9)}} for one in gold]
    return "</answer>" + "".join(f"<tool_call>{json.dumps(one)}</tool_call>" for one in said) + "<answer>", gold, {}


def conversations(source: random.Random) -> tuple[str, Any, Row]:
    return (
        f'</answer><tool_call>{{"name": "get", "arguments": {{"x": {source.randint(0, 99)}}}}}</tool_call><tool_response>{source.random()}</tool_response><answer>done',
        None,
        {},
    )


def peers() -> dict[str, tuple[str, Judge]]:
    """Return the published implementations that are installed, by the reward that they stand beside."""
    found: dict[str, tuple[str, Judge]] = {}
    try:
        import math_verify

        # CLS-RL and Video-RTS ask it first for letters too.
        found["choice.label"] = (
            "Math-Verify",
            lambda said, gold: math_verify.verify(math_verify.parse(gold), math_verify.parse(said)),
        )
    except ImportError:
        pass
    try:
        from rouge_score.rouge_scorer import RougeScorer

        for metric in ("rouge1", "rouge2", "rougeL"):
            scorer = RougeScorer([metric])
            found[f'text.overlap(metric="{metric}")'] = (
                "rouge-score",
                lambda said, gold, scorer=scorer: scorer.score(gold, said),
            )
    except ImportError:
        pass
    try:
        from sacrebleu import sentence_bleu

        found['text.overlap(metric="bleu")'] = "sacreBLEU", lambda said, gold: sentence_bleu(said, [gold])
    except ImportError:
        pass
    try:
        import jiwer

        found['text.overlap(metric="1-wer")'] = "jiwer", lambda said, gold: jiwer.wer(gold, said)
    except ImportError:
        pass
    try:
        from torchmetrics.functional.text import squad

        found["text.f1"] = (
            "torchmetrics",
            lambda said, gold: squad(
                {"prediction_text": said, "id": "0"}, {"answers": {"answer_start": [0], "text": [gold]}, "id": "0"}
            ),
        )
    except ImportError:
        pass
    try:
        from langdetect import detect_langs

        found['text.language("en")'] = "langdetect", lambda said, gold: detect_langs(said)
    except ImportError:
        pass
    return found


REWARDS: dict[str, Callable[[random.Random], tuple[str, Any, Row]]] = {
    "choice.label": letters,
    "choice.label(strict=False)": letters,
    "text.exact": texts,
    'text.contains(credit="fraction")': texts,
    "text.f1": texts,
    'text.overlap(metric="rouge1")': texts,
    'text.overlap(metric="rouge2")': texts,
    'text.overlap(metric="rougeL")': texts,
    'text.overlap(metric="bleu")': texts,
    'text.overlap(metric="meteor")': texts,
    'text.overlap(metric="1-wer")': texts,
    'text.overlap(metric="jaccard2")': texts,
    'text.count(pattern="cat|dog")': texts,
    'text.share(extract="tag:think")': texts,
    "text.length": texts,
    "text.repetition(n=3)": texts,
    'text.language("en")': texts,
    "records.tuples(credit=[1, 0.5, 0.5, 0.25], dedup=True)": triples,
    "records.params(tolerance=2)": objects,
    "records.set(beta=3)": sets,
    "records.sequence": sets,
    'records.numbers(tags=["answer", "answer"])': marks,
    'tools.call(credit="fine")': calls,
    "tools.transcript(inline=True)": conversations,
}


def direct(reward: str) -> tuple[Any, dict[str, Any]]:
    """Return a reward's one verifier and its options."""
    from assay._language import Reward
    from assay._language.resolver import resolve

    (call,) = resolve(Reward(reward), installed()).calls.values()
    return call.verifier, dict(call.options)


def timed(judge: Judge, made: list[Row], key: str) -> float:
    judge(made[0][key], made[0]["reference"])  # imports and caches
    started = time.perf_counter()
    for row in made:
        judge(row[key], row["reference"])
    return len(made) / (time.perf_counter() - started)


def main() -> None:
    warnings.simplefilter("ignore")
    count, only = int(os.environ.get("ROWS", "10000")), os.environ.get("ONLY", "")
    known = peers()
    print(f"{count:,} completions\n")
    print("| reward | calls/s | scored/s | peer | peer/s | ratio |\n| --- | --- | --- | --- | --- | --- |")
    for reward, make in REWARDS.items():
        if not reward.startswith(only):
            continue
        made = rows(count, make)
        leaf, options = direct(reward)
        names = [one.name for one in leaf.inputs]

        def ours(
            completion: str,
            reference: Any,
            leaf: Any = leaf,
            names: list[str] = names,
            options: dict[str, Any] = options,
        ) -> object:
            given = {
                "completion": completion,
                "reference": reference,
                "messages": ({"role": "assistant", "content": completion},),
            }
            return leaf.judge({name: given[name] for name in names if name in given}, options)

        assert str(ours(made[0]["completion"], made[0]["reference"]).status) == "scored", reward
        speed = timed(ours, made, "completion")
        started = time.perf_counter()
        assay.score(made, reward)
        scored = count / (time.perf_counter() - started)
        name, peer = known.get(reward, ("", None))
        shown = reward.replace("|", "\\|")
        line = f"| `{shown}` | {speed:,.0f} | {scored:,.0f} |"
        if peer is None:
            print(f"{line} | | |", flush=True)
        else:
            other = timed(peer, made[: max(1, count // 5)], "said")
            print(f"{line} {name} | {other:,.0f} | {speed / other:.1f} x |", flush=True)


if __name__ == "__main__":
    main()
