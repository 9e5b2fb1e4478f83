"""`choice.label`: the answer names the right option."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal

from assay import Verdict, verifier
from assay.extract import check, wrap
from assay.extract import extract as find
from assay_choice.naming import Naming, named_in_prose, named_only
from assay_choice.options import Options, Unusable, read_options

__all__ = ["label"]

#: Where an answer is looked for, unless the reward says otherwise.
WHERE = (
    "tag:answer|boxed|after:####|after:the correct answer is|after:the final answer is|after:the answer is|"
    "after:final answer:|after:answer:|whole"
)


def _exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    """The reference's label, where the option `extract` looks for an answer."""
    text = reference[0] if isinstance(reference, (list, tuple)) and reference else reference
    if options["every"] and isinstance(reference, (list, tuple)):
        text = ", ".join(map(str, reference))
    return wrap(_unwrapped(str(text)), options["extract"])


@verifier(boolean={"credit": "all", "extra_text": 0.0}, bounded=True, exemplar=_exemplar)
def label(
    completion: str,
    reference: Any,
    choices: Any = None,
    *,
    extract: str = WHERE,
    aliases: dict[str, Any] | list[str] | None = None,
    strict: bool = True,
    extra_text: float = 0.0,
    every: bool = False,
    credit: Literal["all", "fraction"] = "all",
    ignore_case: bool = True,
) -> Verdict:
    """The answer names the right option: by its letter, by its text, or by both if they agree.

    Options may be letters or classes. Several options named where one is right score 0, and so do the first letter
    of a word, a letter from the reasoning, and "none of the above" where no option says so.

    The reference is a label, an option's text, `B. Paris`, the number of an option from 0 (with `choices`), a bool, or
    a list of accepted ones; `A, C` or `AC` names several options that must all be named. `choices` is a column with
    the options, in any of the usual forms; without it nobody knows which texts belong to which letters. The details
    hold the number of `options` and the level of `chance`.

    Options:
        extract: where the answer stands, in the forms of `assay.extract`.
        aliases: other names of each label, or of the reference, if it is a list.
        strict: the answer is the name alone. Otherwise it may stand in prose, if one option is named and no other;
            a class or an option's text is looked for there only where all options are known.
        extra_text: the score of the right label with other text behind it (0.5 in MedVLM-R1, arXiv:2502.19634); for
            strict answers.
        every: a list of references holds options that must all be named.
        credit: with several right options, `fraction` scores those named over all that are named or right.
        ignore_case: labels of either case are the same.
    """
    try:
        if choices is None and aliases is None and isinstance(reference, str):
            options, golds = _read_text(reference, ignore_case)
        else:
            options, golds = _read(reference, choices, aliases, every, ignore_case)
    except Unusable as problem:
        return Verdict.bad_reference(str(problem))
    check(extract)
    if not 0 <= extra_text <= 1:
        raise ValueError(f"extra_text is a score, 0..1, got {extra_text:g}")
    size = len(options.labels) if choices is not None or isinstance(reference, bool) else None
    details: dict[str, Any] = {"options": size, "chance": 1 / size if size else None}
    found = find(completion, extract)
    if found.text is None:
        return Verdict(0.0, f"no answer: {found.reason}", details=details)
    naming = named_only(found.text, options)
    if not naming.labels and (extra_text or not strict):
        naming = named_in_prose(found.text, options)
    details |= {"answer": found.text[:200], "named": sorted(naming.labels)}
    if not naming.labels:
        return Verdict(0.0, naming.reason, details=details)
    said = ", ".join(sorted(naming.labels))
    full = extra_text if naming.extra and strict else 1.0
    if naming.labels in golds:
        return Verdict(full, f"{said} and other text" if naming.extra else said, details=details)
    wanted = " or ".join(sorted(", ".join(sorted(gold)) for gold in golds))
    if credit == "fraction":
        share = max(len(naming.labels & gold) / len(naming.labels | gold) for gold in golds)
        return Verdict(share * full, f"{said} for {wanted}", details=details)
    if len(naming.labels) > 1 and all(len(gold) == 1 for gold in golds):
        return Verdict(0.0, f"{len(naming.labels)} options are named: {said[:80]}", details=details)
    return Verdict(0.0, f"{said[:80]} is not {wanted[:80]}", details=details)


def _read(
    reference: Any, choices: Any, aliases: dict[str, Any] | list[str] | None, every: bool, ignore_case: bool
) -> tuple[Options, set[frozenset[str]]]:
    """Return the options and every set of labels that is right.

    Raises:
        Unusable: the choices or the reference can't be used.
    """
    if hasattr(reference, "tolist"):  # an array or a scalar of numpy
        reference = reference.tolist()
    several: Sequence[Any] = reference if isinstance(reference, (list, tuple)) else [reference]
    if not several:
        raise Unusable("the reference is an empty list")
    if choices is not None:
        options = read_options(choices, ignore_case)
    elif all(isinstance(one, bool) for one in several):
        options = Options(("true", "false"), complete=True, ignore_case=ignore_case)
        options = options.with_texts({"true": ["yes", "correct"], "false": ["no", "incorrect"]})
    else:
        options = _open([_text(one) for one in several], ignore_case)
    if isinstance(aliases, dict):
        options = _with_aliases(options, aliases)
    golds = [_gold(one, options) for one in several]
    if isinstance(aliases, list):
        if len(golds) > 1:
            raise Unusable("aliases are a list, and there are several references; give a mapping")
        options = options.with_texts(dict.fromkeys(golds[0], aliases))
    if every:
        return options, {frozenset().union(*golds)}
    return options, set(golds)


@lru_cache(maxsize=20_000)
def _read_text(reference: str, ignore_case: bool) -> tuple[Options, set[frozenset[str]]]:
    """Read a reference that is all that is known."""
    return _read(reference, None, None, False, ignore_case)


def _with_aliases(options: Options, aliases: Mapping[str, Any]) -> Options:
    more: dict[str, list[str]] = {}
    labels = list(options.labels)
    for name, others in aliases.items():
        meant = options.meant(name)
        label = options.label(name) or (next(iter(meant)) if len(meant) == 1 else name)
        if label not in labels and not options.label(label):
            labels.append(label)
        # Tables give every row every key: a class without aliases is None.
        several = [others] if isinstance(others, str) else list(others or ())
        more[label] = [name, *map(str, several)]
    complete = options.complete or (not options.kind and len(aliases) > 1)
    return replace(options, labels=tuple(labels), complete=complete).with_texts(more)


def _open(texts: Sequence[str], ignore_case: bool) -> Options:
    """Return what may be named where the options aren't known: letters, if the reference is one; itself otherwise."""
    kind: Literal["letter", "number"] = "number" if all(text[:1].isdigit() for text in texts) else "letter"
    options = Options(kind=kind, ignore_case=ignore_case)
    classes: list[str] = []
    for text in texts:
        naming = named_only(text, options)
        if naming.labels and naming.extra and len(naming.labels) == 1:  # "B. Paris" says what B is
            (one,) = naming.labels
            options = options.with_texts({one: [text[text.upper().index(one) + len(one) :].lstrip(" ).:]-")]})
        elif not naming.labels:
            classes.append(text)
    if len(classes) == len(texts):
        options = Options(ignore_case=ignore_case)
    return replace(options, labels=tuple(dict.fromkeys(classes))).with_texts({one: [one] for one in classes})


def _gold(reference: Any, options: Options) -> frozenset[str]:
    if isinstance(reference, int) and not isinstance(reference, bool) and options.labels and not options.kind:
        by_label, by_text = options.label(str(reference)), options.meant(str(reference))
        if by_label is None and 0 <= reference < len(options.labels):
            by_label = options.labels[reference]
            if by_text and by_text != {by_label}:
                raise Unusable(f"the reference {reference} is the number of one choice and the text of another")
        if by_label is not None:
            return frozenset([by_label])
    naming: Naming = named_only(_text(reference), options)
    if not naming.labels:
        shown = ", ".join(options.labels[:8])
        raise Unusable(f"the reference {str(reference)[:60]!r} is none of the choices {shown}")
    return naming.labels


def _text(reference: Any) -> str:
    if isinstance(reference, bool):
        return str(reference).lower()
    if isinstance(reference, float) and reference.is_integer():
        return str(int(reference))
    if not isinstance(reference, (str, int)):
        raise Unusable(f"the reference is a {type(reference).__name__}, not a label")
    text = _unwrapped(str(reference))
    if not text.strip():
        raise Unusable("the reference is empty")
    return text


def _unwrapped(text: str) -> str:
    """Return what stands in `<answer>`, in which some data sets wrap their references."""
    inside = find(text, "tag:answer", lenient=True) if "<answer>" in text else None
    return text if inside is None or inside.text is None else inside.text
