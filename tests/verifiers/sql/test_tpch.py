"""Real analytical queries: TPC-H's, which sqlglot's optimizer rewrites thoroughly."""

from __future__ import annotations

import importlib.util

import pytest
from optional import module

from assay_sql import execution
from assay_sql.database import close


@pytest.mark.slow
def test_tpch_equals_its_optimized_form(root, tmp_path):
    module("duckdb", "its engine needs it: pip install 'assay-sql[duckdb]'")
    found = importlib.util.spec_from_file_location("tpch", root / "benchmarks" / "tpch.py")
    tpch = importlib.util.module_from_spec(found)
    found.loader.exec_module(tpch)
    path = tmp_path / "tpch.duckdb"
    tpch.generate(path, 0.01)
    queries = [query.replace("{fraction}", "0.001") for query in tpch.QUERIES]
    assert len(queries) == 22
    for number, query in enumerate(queries, 1):
        # So small a scale has no German supplier, after whom the eleventh asks.
        verdict = execution(tpch.optimized(query), query, path, seconds=60, empty=number == 11)
        assert verdict.score == 1, (number, verdict.reason)
        other = queries[number % 22]
        assert execution(other, query, path, seconds=60, empty=True).score == 0, number
    close()
