"""The language or script that a text is written in: `text.language`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from assay import Verdict, verifier
from assay.extract import occurrences

__all__ = ["language"]

#: By how much (in the classifier's logarithms) another language must be likelier before a sentence counts as foreign.
#: Below it lie single words, names and sentences of words that languages share.
MARGIN = 6.0

#: A text is judged in no more parts than these.
MOST_SENTENCES = 4000

#: Scripts by language code, where that isn't Latin alone.
SCRIPTS = {
    "am": "Ethiopic", "ar": "Arabic", "ary": "Arabic", "arz": "Arabic", "as": "Bengali", "ba": "Cyrillic",
    "be": "Cyrillic", "bg": "Cyrillic", "bn": "Bengali", "bo": "Tibetan", "dz": "Tibetan", "el": "Greek",
    "fa": "Arabic", "grc": "Greek", "gu": "Gujarati", "he": "Hebrew", "hi": "Devanagari", "hy": "Armenian",
    "ja": "Han Hiragana Katakana", "ka": "Georgian", "kk": "Cyrillic", "km": "Khmer", "kn": "Kannada",
    "ko": "Hangul Han", "ky": "Cyrillic", "lo": "Lao", "mk": "Cyrillic", "ml": "Malayalam", "mn": "Cyrillic",
    "mr": "Devanagari", "my": "Myanmar", "ne": "Devanagari", "or": "Oriya", "pa": "Gurmukhi", "ps": "Arabic",
    "ru": "Cyrillic", "sa": "Devanagari", "sdh": "Arabic", "si": "Sinhala", "sr": "Cyrillic Latin", "ta": "Tamil",
    "te": "Telugu", "tg": "Cyrillic", "th": "Thai", "tt": "Cyrillic", "ug": "Arabic", "uk": "Cyrillic",
    "ur": "Arabic", "wuu": "Han", "yue": "Han", "zh": "Han",
}  # fmt: skip

NAMES = {
    "arabic": "ar", "bengali": "bn", "bulgarian": "bg", "chinese": "zh", "croatian": "hr", "czech": "cs",
    "danish": "da", "dutch": "nl", "english": "en", "estonian": "et", "finnish": "fi", "french": "fr",
    "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi", "hungarian": "hu", "indonesian": "id",
    "italian": "it", "japanese": "ja", "korean": "ko", "latvian": "lv", "lithuanian": "lt", "malay": "ms",
    "norwegian": "no", "persian": "fa", "polish": "pl", "portuguese": "pt", "romanian": "ro", "russian": "ru",
    "serbian": "sr", "slovak": "sk", "slovenian": "sl", "spanish": "es", "swahili": "sw", "swedish": "sv",
    "tamil": "ta", "telugu": "te", "thai": "th", "turkish": "tr", "ukrainian": "uk", "urdu": "ur",
    "vietnamese": "vi",
}  # fmt: skip

#: Codes that name one language as far as writing goes, so that neither is foreign to the other.
ALIKE = ({"zh", "wuu", "yue"}, {"no", "nn", "nb", "da"}, {"hr", "bs", "sr"}, {"id", "ms"}, {"ar", "ary", "arz"})


@verifier(bounded=True)
def language(completion: str, *, language: str, extract: str | None = None) -> Verdict:
    """The share of the text's letters that are written in a language or script, sentence by sentence.

    Letters of another script are foreign. Between languages of one script a classifier (`py3langid`) decides for each
    sentence; one that it can't tell, such as a name or a single word, counts as the wanted language. Code, formulas,
    tags and addresses have no language and don't count. A text without letters scores 0.

    Options:
        language: an ISO 639-1 code (`vi`, `pt-BR`), its English name for the common ones, or a Unicode script
            (`Latin`, `Cyrillic`, `Han`), which needs no classifier.
        extract: look in these parts alone, in the forms of `assay.extract`; the whole completion, reasoning
            included, by default.
    """
    code, scripts = _wanted(language)
    text = completion if extract is None else "\n".join(occurrences(completion, extract))
    prose, sentence, letter, native = _patterns(scripts)
    total = wanted = 0
    for part in _sentences(prose.sub(" ", text), sentence):
        letters = len(letter.findall(part))
        own = letters and len(native.findall(part))
        total += letters
        if own and (code is None or _spoken(code, scripts, part)):
            wanted += own
    if not total:
        return Verdict(0.0, "there are no letters")
    return Verdict(wanted / total, f"{wanted:,} of {total:,} letters are {language}", details={"letters": total})


def _sentences(text: str, sentence: Any) -> Iterator[str]:
    """Yield the sentences; in a long text some together, so that the classifier is asked a bounded number of times."""
    least = len(text) // MOST_SENTENCES
    held = ""
    for one in sentence.findall(text):
        held += one
        if len(held) > least:
            yield held
            held = ""
    yield held


@lru_cache(maxsize=256)
def _wanted(name: str) -> tuple[str | None, str]:
    """Return a language's code, none for a script, and its scripts."""
    import regex

    plain = name.strip()
    code = NAMES.get(plain.casefold(), plain.replace("_", "-").split("-")[0].lower())
    if code in _classes() or code in SCRIPTS:
        return code, SCRIPTS.get(code, "Latin")
    try:
        regex.compile(rf"\p{{Script={plain}}}" if plain.isalpha() else "[")
    except regex.error:
        raise ValueError(
            f"'{name}' is no language or script; give an ISO 639-1 code such as 'vi', or a script such as 'Cyrillic'"
        ) from None
    return None, plain


@lru_cache(maxsize=1)
def _classes() -> frozenset[str]:
    import py3langid

    return frozenset(code for code, _ in py3langid.rank("a"))


@lru_cache(maxsize=64)
def _patterns(scripts: str) -> tuple[Any, Any, Any, Any]:
    """Return patterns for what is no prose, for a sentence, for a letter and for a letter of the scripts."""
    import regex

    native = "".join(rf"\p{{Script={one}}}" for one in scripts.split())
    return (
        regex.compile(
            r"```[^`]*(?:```|\Z)|`[^`\n]*`|\$\$[^$]*\$\$|\$[^$\n]*\$|\\[a-zA-Z]+|</?[\w|]{1,50}[^<>\n]{0,200}>|https?://\S+"
        ),
        regex.compile(r"[^.!?\n\u3002\uff01\uff1f]{1,2000}"),
        regex.compile(r"\p{L}"),
        regex.compile(rf"[[{native}]&&\p{{L}}]", regex.VERSION1),
    )


def _spoken(code: str, scripts: str, sentence: str) -> bool:
    """Whether a sentence is, or may be, in the language; judged among the languages that share its script."""
    rivals = _rivals(code, scripts)
    if not rivals:
        return True
    import py3langid

    likely = dict(py3langid.rank(sentence))
    own = max(likely.get(one, float("-inf")) for one in _alike(code))
    if own == float("-inf"):  # the classifier does not know the language: its script is all there is to go by
        return True
    return bool(max(likely[one] for one in rivals) - own < MARGIN)


def _alike(code: str) -> set[str]:
    return next((group for group in ALIKE if code in group), {code})


@lru_cache(maxsize=256)
def _rivals(code: str, scripts: str) -> tuple[str, ...]:
    # Codes of two letters are those of the widely written languages; the others are likely only by chance.
    shared = set(scripts.split())
    return tuple(
        one
        for one in sorted(_classes() - _alike(code))
        if len(one) == 2 and shared & set(SCRIPTS.get(one, "Latin").split())
    )
