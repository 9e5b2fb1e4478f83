"""A drawing that fails leaves its picture out, and nothing else."""

from __future__ import annotations

from distributions import GOOD

DRAWING = """
    class Picture:
        def save(self, path):
            path.write_text("a picture")

    def draw(call, verdict, sample, folder):
        match sample.completion:
            case "raises":
                raise ValueError("no paint")
            case "leaves":
                raise SystemExit(0)
            case "nothing":
                return None
        return Picture()

    @hookimpl
    def assay_drawings():
        return {"palindrome": draw}
"""


def test_a_drawing_that_fails(elsewhere):
    elsewhere.put("foreign-art", "art", GOOD + DRAWING)
    rows = elsewhere.folder / "rows.jsonl"
    rows.write_text("".join(f'{{"completion": "{one}"}}\n' for one in ("raises", "leaves", "nothing", "fine")))
    run = elsewhere.assay("score", rows, "--reward", "art.palindrome", "--draw", elsewhere.folder / "pictures")
    assert run.returncode == 0, run.stderr
    for row, message in enumerate(
        ["raised ValueError: no paint", "raised SystemExit: 0", "raised AttributeError: 'NoneType'"]
    ):
        assert f"left out the drawing of art.palindrome for row {row} {message}" in run.stderr
    assert {path.name for path in (elsewhere.folder / "pictures").iterdir()} == {
        f"{kind}-{rank}-row-3-1-art.palindrome.png" for kind, rank in (("worst", 4), ("best", 4))
    }
