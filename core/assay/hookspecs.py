"""What a plugin may provide: implement any of these with `@assay.hookimpl` (`docs/plugins.md` has examples)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from pathlib import Path

    from assay._contract.call import Call, Engine
    from assay._contract.example import Example
    from assay._contract.recipe import Recipe
    from assay._contract.sample import Sample
    from assay._contract.scores import Scores
    from assay._contract.verdict import Verdict
    from assay._contract.verifier import Verifier
    from assay.sandbox import Sandbox

hookspec = pluggy.HookspecMarker("assay")
hookimpl = pluggy.HookimplMarker("assay")


@hookspec
def assay_verifiers() -> Sequence[Verifier]:
    """Return the verifiers of this plugin; a reward names each as `plugin.leaf`."""
    raise NotImplementedError


@hookspec
def assay_examples() -> Mapping[str, Sequence[Example]]:
    """Return examples of this plugin's verifiers by leaf, for `assay.testing`: valid samples and the verdicts due."""
    raise NotImplementedError


@hookspec
def assay_functions() -> Mapping[str, Callable[..., Any]]:
    """Return functions for reward expressions by leaf; each takes and returns float64 arrays of one length."""
    raise NotImplementedError


@hookspec
def assay_recipes() -> Mapping[str, Recipe]:
    """Return published rewards by leaf; `assay.read_recipes(folder)` reads a folder of YAML files when asked.

    A reward names one as `plugin.leaf`, or as `recipe.leaf` where no other plugin has a recipe of that name.
    """
    raise NotImplementedError


@hookspec
def assay_engines() -> Mapping[str, Callable[[], Engine]]:
    """Return engines by name, each as what makes one; `assay score --engine NAME` uses it.

    What an engine stands on is imported where it is made: this hook is asked whenever the plugin is loaded.
    """
    raise NotImplementedError


@hookspec
def assay_drawings() -> Mapping[str, Callable[[Call, Verdict, Sample, Path], Any]]:
    """Return, by a verifier's leaf, what draws one judged sample: it takes the call, its verdict, the sample and the
    folder of the data, and returns an image with a method `save(path)`. `assay score --draw` asks for it.
    """
    raise NotImplementedError


@hookspec
def assay_sandboxes() -> Mapping[str, Callable[[], Sandbox]]:
    """Return sandboxes by name, each as what makes one."""
    raise NotImplementedError


@hookspec
def assay_scored(scores: Scores) -> None:
    """See each batch after it was scored, whatever the reward names; what is raised here is warned about.

    The plugin stands in the entry-point group `assay.observers` too, and is imported when something is scored.
    """
