"""Asks `sql.execution` whether TPC-H's 22 queries equal what sqlglot's optimizer makes of them, on DuckDB.

DuckDB's `tpch` extension has to be fetched from its own server, so the eight tables are generated here, in the
specification's sizes and with its keys, dates and vocabularies but not its exact distributions; the queries are the
specification's (TPC-H 3.0.1, section 2.4) with its validation parameters, written anew.

    python benchmarks/tpch.py        # SCALE=0.1
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

SCHEMA = {
    "region": {"r_regionkey": "INT", "r_name": "TEXT", "r_comment": "TEXT"},
    "nation": {"n_nationkey": "INT", "n_name": "TEXT", "n_regionkey": "INT", "n_comment": "TEXT"},
    "supplier": {"s_suppkey": "INT", "s_name": "TEXT", "s_address": "TEXT", "s_nationkey": "INT", "s_phone": "TEXT", "s_acctbal": "DECIMAL(15, 2)", "s_comment": "TEXT"},
    "part": {"p_partkey": "INT", "p_name": "TEXT", "p_mfgr": "TEXT", "p_brand": "TEXT", "p_type": "TEXT", "p_size": "INT", "p_container": "TEXT", "p_retailprice": "DECIMAL(15, 2)", "p_comment": "TEXT"},
    "partsupp": {"ps_partkey": "INT", "ps_suppkey": "INT", "ps_availqty": "INT", "ps_supplycost": "DECIMAL(15, 2)", "ps_comment": "TEXT"},
    "customer": {"c_custkey": "INT", "c_name": "TEXT", "c_address": "TEXT", "c_nationkey": "INT", "c_phone": "TEXT", "c_acctbal": "DECIMAL(15, 2)", "c_mktsegment": "TEXT", "c_comment": "TEXT"},
    "orders": {"o_orderkey": "INT", "o_custkey": "INT", "o_orderstatus": "TEXT", "o_totalprice": "DECIMAL(15, 2)", "o_orderdate": "DATE", "o_orderpriority": "TEXT", "o_clerk": "TEXT", "o_shippriority": "INT", "o_comment": "TEXT"},
    "lineitem": {"l_orderkey": "INT", "l_partkey": "INT", "l_suppkey": "INT", "l_linenumber": "INT", "l_quantity": "DECIMAL(15, 2)", "l_extendedprice": "DECIMAL(15, 2)", "l_discount": "DECIMAL(15, 2)", "l_tax": "DECIMAL(15, 2)", "l_returnflag": "TEXT", "l_linestatus": "TEXT", "l_shipdate": "DATE", "l_commitdate": "DATE", "l_receiptdate": "DATE", "l_shipinstruct": "TEXT", "l_shipmode": "TEXT", "l_comment": "TEXT"},
}  # fmt: skip

NATIONS = "ALGERIA 0 ARGENTINA 1 BRAZIL 1 CANADA 1 EGYPT 4 ETHIOPIA 0 FRANCE 3 GERMANY 3 INDIA 2 INDONESIA 2 IRAN 4 IRAQ 4 JAPAN 2 JORDAN 4 KENYA 0 MOROCCO 0 MOZAMBIQUE 0 PERU 1 CHINA 2 ROMANIA 3 SAUDI_ARABIA 4 VIETNAM 2 RUSSIA 3 UNITED_KINGDOM 3 UNITED_STATES 1".split()


def rows(scale: float) -> dict[str, str]:
    """A SELECT for each table. Chance is a hash of the row's number and the column's, so that each run makes the same."""

    def some(column: int, count: float | str) -> str:
        return f"(hash(i * 1000 + {column}) % ({count}))::INT"

    def one_of(column: int, values: str) -> str:
        several = values.split()
        return f"[{', '.join(repr(value.replace('_', ' ')) for value in several)}][1 + {some(column, len(several))}]"

    def money(column: int, low: int, high: int) -> str:
        return f"({low} + {some(column, (high - low) * 100)} / 100.0)::DECIMAL(15, 2)"

    def numbered(count: float) -> str:
        return f"FROM range(1, {max(int(count), 1) + 1}) AS r(i)"

    suppliers, parts, customers, orders = (max(int(n * scale), 20) for n in (10_000, 200_000, 150_000, 1_500_000))
    comment = one_of(90, "quick Customer_unhappy_Complaints special_packages_requests pending_accounts ironic_deposits")
    colors = "almond antique aquamarine azure beige forest green honeydew indian ivory lemon lime"
    supplier_of = f"(((p - 1) + s * ({suppliers} // 4 + (p - 1) // {suppliers})) % {suppliers} + 1)::INT"
    phone = "(10 + {n})::TEXT || '-' || lpad({a}::TEXT, 3, '0') || '-' || lpad({b}::TEXT, 4, '0')"
    nation = some(1, 25)
    telephone = phone.format(n=nation, a=some(2, 1000), b=some(3, 10000))
    return {
        "region": "SELECT (i - 1)::INT, ['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'][i], 'x' FROM range(1, 6) AS r(i)",
        "nation": "SELECT * FROM (VALUES " + ", ".join(f"({n}, '{name.replace('_', ' ')}', {region}, 'x')" for n, (name, region) in enumerate(zip(NATIONS[::2], NATIONS[1::2], strict=True))) + ")",
        "supplier": f"SELECT i::INT, 'Supplier#' || lpad(i::TEXT, 9, '0'), 'street ' || i, {nation}, {telephone}, {money(4, -999, 9999)}, {comment} {numbered(suppliers)}",
        "part": f"SELECT i::INT, {one_of(1, colors)} || ' ' || {one_of(2, colors)}, 'Manufacturer#' || (1 + {some(3, 5)}), 'Brand#' || (1 + {some(3, 5)}) || (1 + {some(4, 5)}), {one_of(5, 'STANDARD SMALL MEDIUM LARGE ECONOMY PROMO')} || ' ' || {one_of(6, 'ANODIZED BURNISHED PLATED POLISHED BRUSHED')} || ' ' || {one_of(7, 'TIN NICKEL BRASS STEEL COPPER')}, 1 + {some(8, 50)}, {one_of(9, 'SM LG MED JUMBO WRAP')} || ' ' || {one_of(10, 'CASE BOX BAG JAR PKG PACK CAN DRUM')}, (900 + (i // 10) % 201 + 0.01 * (i % 1000))::DECIMAL(15, 2), 'x' {numbered(parts)}",
        "partsupp": f"SELECT p::INT, {supplier_of}, 1 + {some(1, 9999)}, {money(2, 1, 1000)}, 'x' FROM (SELECT p, s, p * 4 + s AS i FROM range(1, {parts + 1}) AS a(p), range(4) AS b(s))",
        "customer": f"SELECT i::INT, 'Customer#' || lpad(i::TEXT, 9, '0'), 'street ' || i, {nation}, {telephone}, {money(4, -999, 9999)}, {one_of(5, 'AUTOMOBILE BUILDING FURNITURE MACHINERY HOUSEHOLD')}, 'x' {numbered(customers)}",
        "orders": f"SELECT i::INT, (1 + {some(1, customers * 2 // 3)} * 3 // 2)::INT, {one_of(2, 'F O P')}, {money(3, 900, 400000)}, DATE '1992-01-01' + {some(4, 2406)}, {one_of(5, '1-URGENT 2-HIGH 3-MEDIUM 4-NOT_SPECIFIED 5-LOW')}, 'Clerk#' || {some(6, 1000)}, 0, {comment} {numbered(orders)}",
        "lineitem": f"SELECT o_orderkey, p, {supplier_of}, line::INT, quantity, (quantity * (900 + (p // 10) % 201))::DECIMAL(15, 2), ({some(3, 11)} / 100.0)::DECIMAL(15, 2), ({some(4, 9)} / 100.0)::DECIMAL(15, 2), CASE WHEN ship > DATE '1995-05-20' THEN 'N' ELSE {one_of(5, 'R A')} END, CASE WHEN ship > DATE '1995-06-17' THEN 'O' ELSE 'F' END, ship, o_orderdate + 30 + {some(6, 61)}, ship + 1 + {some(7, 30)}, {one_of(8, 'DELIVER_IN_PERSON COLLECT_COD NONE TAKE_BACK_RETURN')}, {one_of(9, 'REG_AIR AIR RAIL SHIP TRUCK MAIL FOB')}, 'x' FROM (SELECT *, 1 + {some(1, parts)} AS p, {some(2, 4)} AS s, (1 + {some(10, 50)})::DECIMAL(15, 2) AS quantity, o_orderdate + 1 + {some(11, 121)} AS ship FROM (SELECT o_orderkey, o_orderdate, line, o_orderkey::BIGINT * 8 + line AS i FROM orders, range(1, 8) AS l(line) WHERE line <= 1 + (hash(o_orderkey) % 7)))",
    }  # fmt: skip


QUERIES = [
    """SELECT l_returnflag, l_linestatus, sum(l_quantity) AS sum_qty, sum(l_extendedprice) AS sum_base_price, sum(l_extendedprice * (1 - l_discount)) AS sum_disc_price, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS sum_charge, avg(l_quantity) AS avg_qty, avg(l_extendedprice) AS avg_price, avg(l_discount) AS avg_disc, count(*) AS count_order
    FROM lineitem WHERE l_shipdate <= DATE '1998-12-01' - INTERVAL '90' DAY GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus""",
    """SELECT s_acctbal, s_name, n_name, p_partkey, p_mfgr, s_address, s_phone, s_comment FROM part, supplier, partsupp, nation, region
    WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND p_size = 15 AND p_type LIKE '%BRASS' AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'EUROPE'
    AND ps_supplycost = (SELECT min(ps_supplycost) FROM partsupp, supplier, nation, region WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'EUROPE')
    ORDER BY s_acctbal DESC, n_name, s_name, p_partkey LIMIT 100""",
    """SELECT l_orderkey, sum(l_extendedprice * (1 - l_discount)) AS revenue, o_orderdate, o_shippriority FROM customer, orders, lineitem
    WHERE c_mktsegment = 'BUILDING' AND c_custkey = o_custkey AND l_orderkey = o_orderkey AND o_orderdate < DATE '1995-03-15' AND l_shipdate > DATE '1995-03-15'
    GROUP BY l_orderkey, o_orderdate, o_shippriority ORDER BY revenue DESC, o_orderdate LIMIT 10""",
    """SELECT o_orderpriority, count(*) AS order_count FROM orders WHERE o_orderdate >= DATE '1993-07-01' AND o_orderdate < DATE '1993-07-01' + INTERVAL '3' MONTH
    AND EXISTS (SELECT * FROM lineitem WHERE l_orderkey = o_orderkey AND l_commitdate < l_receiptdate) GROUP BY o_orderpriority ORDER BY o_orderpriority""",
    """SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue FROM customer, orders, lineitem, supplier, nation, region
    WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey AND l_suppkey = s_suppkey AND c_nationkey = s_nationkey AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'ASIA'
    AND o_orderdate >= DATE '1994-01-01' AND o_orderdate < DATE '1994-01-01' + INTERVAL '1' YEAR GROUP BY n_name ORDER BY revenue DESC""",
    """SELECT sum(l_extendedprice * l_discount) AS revenue FROM lineitem WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1994-01-01' + INTERVAL '1' YEAR
    AND l_discount BETWEEN 0.06 - 0.01 AND 0.06 + 0.01 AND l_quantity < 24""",
    """SELECT supp_nation, cust_nation, l_year, sum(volume) AS revenue FROM (SELECT n1.n_name AS supp_nation, n2.n_name AS cust_nation, extract(YEAR FROM l_shipdate) AS l_year, l_extendedprice * (1 - l_discount) AS volume
    FROM supplier, lineitem, orders, customer, nation n1, nation n2 WHERE s_suppkey = l_suppkey AND o_orderkey = l_orderkey AND c_custkey = o_custkey AND s_nationkey = n1.n_nationkey AND c_nationkey = n2.n_nationkey
    AND ((n1.n_name = 'FRANCE' AND n2.n_name = 'GERMANY') OR (n1.n_name = 'GERMANY' AND n2.n_name = 'FRANCE')) AND l_shipdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31') AS shipping
    GROUP BY supp_nation, cust_nation, l_year ORDER BY supp_nation, cust_nation, l_year""",
    """SELECT o_year, sum(CASE WHEN nation = 'BRAZIL' THEN volume ELSE 0 END) / sum(volume) AS mkt_share FROM (SELECT extract(YEAR FROM o_orderdate) AS o_year, l_extendedprice * (1 - l_discount) AS volume, n2.n_name AS nation
    FROM part, supplier, lineitem, orders, customer, nation n1, nation n2, region WHERE p_partkey = l_partkey AND s_suppkey = l_suppkey AND l_orderkey = o_orderkey AND o_custkey = c_custkey AND c_nationkey = n1.n_nationkey
    AND n1.n_regionkey = r_regionkey AND r_name = 'AMERICA' AND s_nationkey = n2.n_nationkey AND o_orderdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31' AND p_type = 'ECONOMY ANODIZED STEEL') AS all_nations
    GROUP BY o_year ORDER BY o_year""",
    """SELECT nation, o_year, sum(amount) AS sum_profit FROM (SELECT n_name AS nation, extract(YEAR FROM o_orderdate) AS o_year, l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity AS amount
    FROM part, supplier, lineitem, partsupp, orders, nation WHERE s_suppkey = l_suppkey AND ps_suppkey = l_suppkey AND ps_partkey = l_partkey AND p_partkey = l_partkey AND o_orderkey = l_orderkey AND s_nationkey = n_nationkey AND p_name LIKE '%green%') AS profit
    GROUP BY nation, o_year ORDER BY nation, o_year DESC""",
    """SELECT c_custkey, c_name, sum(l_extendedprice * (1 - l_discount)) AS revenue, c_acctbal, n_name, c_address, c_phone, c_comment FROM customer, orders, lineitem, nation
    WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey AND o_orderdate >= DATE '1993-10-01' AND o_orderdate < DATE '1993-10-01' + INTERVAL '3' MONTH AND l_returnflag = 'R' AND c_nationkey = n_nationkey
    GROUP BY c_custkey, c_name, c_acctbal, c_phone, n_name, c_address, c_comment ORDER BY revenue DESC LIMIT 20""",
    """SELECT ps_partkey, sum(ps_supplycost * ps_availqty) AS worth FROM partsupp, supplier, nation WHERE ps_suppkey = s_suppkey AND s_nationkey = n_nationkey AND n_name = 'GERMANY' GROUP BY ps_partkey
    HAVING sum(ps_supplycost * ps_availqty) > (SELECT sum(ps_supplycost * ps_availqty) * {fraction} FROM partsupp, supplier, nation WHERE ps_suppkey = s_suppkey AND s_nationkey = n_nationkey AND n_name = 'GERMANY') ORDER BY worth DESC""",
    """SELECT l_shipmode, sum(CASE WHEN o_orderpriority = '1-URGENT' OR o_orderpriority = '2-HIGH' THEN 1 ELSE 0 END) AS high_line_count, sum(CASE WHEN o_orderpriority <> '1-URGENT' AND o_orderpriority <> '2-HIGH' THEN 1 ELSE 0 END) AS low_line_count
    FROM orders, lineitem WHERE o_orderkey = l_orderkey AND l_shipmode IN ('MAIL', 'SHIP') AND l_commitdate < l_receiptdate AND l_shipdate < l_commitdate AND l_receiptdate >= DATE '1994-01-01' AND l_receiptdate < DATE '1994-01-01' + INTERVAL '1' YEAR
    GROUP BY l_shipmode ORDER BY l_shipmode""",
    """SELECT c_count, count(*) AS custdist FROM (SELECT c_custkey, count(o_orderkey) AS c_count FROM customer LEFT OUTER JOIN orders ON c_custkey = o_custkey AND o_comment NOT LIKE '%special%requests%' GROUP BY c_custkey) AS c_orders
    GROUP BY c_count ORDER BY custdist DESC, c_count DESC""",
    """SELECT 100.00 * sum(CASE WHEN p_type LIKE 'PROMO%' THEN l_extendedprice * (1 - l_discount) ELSE 0 END) / sum(l_extendedprice * (1 - l_discount)) AS promo_revenue FROM lineitem, part
    WHERE l_partkey = p_partkey AND l_shipdate >= DATE '1995-09-01' AND l_shipdate < DATE '1995-09-01' + INTERVAL '1' MONTH""",
    """WITH revenue (supplier_no, total_revenue) AS (SELECT l_suppkey, sum(l_extendedprice * (1 - l_discount)) FROM lineitem WHERE l_shipdate >= DATE '1996-01-01' AND l_shipdate < DATE '1996-01-01' + INTERVAL '3' MONTH GROUP BY l_suppkey)
    SELECT s_suppkey, s_name, s_address, s_phone, total_revenue FROM supplier, revenue WHERE s_suppkey = supplier_no AND total_revenue = (SELECT max(total_revenue) FROM revenue) ORDER BY s_suppkey""",
    """SELECT p_brand, p_type, p_size, count(DISTINCT ps_suppkey) AS supplier_cnt FROM partsupp, part WHERE p_partkey = ps_partkey AND p_brand <> 'Brand#45' AND p_type NOT LIKE 'MEDIUM POLISHED%' AND p_size IN (49, 14, 23, 45, 19, 3, 36, 9)
    AND ps_suppkey NOT IN (SELECT s_suppkey FROM supplier WHERE s_comment LIKE '%Customer%Complaints%') GROUP BY p_brand, p_type, p_size ORDER BY supplier_cnt DESC, p_brand, p_type, p_size""",
    """SELECT sum(l_extendedprice) / 7.0 AS avg_yearly FROM lineitem, part WHERE p_partkey = l_partkey AND p_brand = 'Brand#23' AND p_container = 'MED BOX' AND l_quantity < (SELECT 0.2 * avg(l_quantity) FROM lineitem WHERE l_partkey = p_partkey)""",
    """SELECT c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, sum(l_quantity) FROM customer, orders, lineitem WHERE o_orderkey IN (SELECT l_orderkey FROM lineitem GROUP BY l_orderkey HAVING sum(l_quantity) > 300)
    AND c_custkey = o_custkey AND o_orderkey = l_orderkey GROUP BY c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice ORDER BY o_totalprice DESC, o_orderdate LIMIT 100""",
    """SELECT sum(l_extendedprice * (1 - l_discount)) AS revenue FROM lineitem, part WHERE
    (p_partkey = l_partkey AND p_brand = 'Brand#12' AND p_container IN ('SM CASE', 'SM BOX', 'SM PACK', 'SM PKG') AND l_quantity >= 1 AND l_quantity <= 1 + 10 AND p_size BETWEEN 1 AND 5 AND l_shipmode IN ('AIR', 'REG AIR') AND l_shipinstruct = 'DELIVER IN PERSON')
    OR (p_partkey = l_partkey AND p_brand = 'Brand#23' AND p_container IN ('MED BAG', 'MED BOX', 'MED PKG', 'MED PACK') AND l_quantity >= 10 AND l_quantity <= 10 + 10 AND p_size BETWEEN 1 AND 10 AND l_shipmode IN ('AIR', 'REG AIR') AND l_shipinstruct = 'DELIVER IN PERSON')
    OR (p_partkey = l_partkey AND p_brand = 'Brand#34' AND p_container IN ('LG CASE', 'LG BOX', 'LG PACK', 'LG PKG') AND l_quantity >= 20 AND l_quantity <= 20 + 10 AND p_size BETWEEN 1 AND 15 AND l_shipmode IN ('AIR', 'REG AIR') AND l_shipinstruct = 'DELIVER IN PERSON')""",
    """SELECT s_name, s_address FROM supplier, nation WHERE s_suppkey IN (SELECT ps_suppkey FROM partsupp WHERE ps_partkey IN (SELECT p_partkey FROM part WHERE p_name LIKE 'forest%')
    AND ps_availqty > (SELECT 0.5 * sum(l_quantity) FROM lineitem WHERE l_partkey = ps_partkey AND l_suppkey = ps_suppkey AND l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1994-01-01' + INTERVAL '1' YEAR))
    AND s_nationkey = n_nationkey AND n_name = 'CANADA' ORDER BY s_name""",
    """SELECT s_name, count(*) AS numwait FROM supplier, lineitem l1, orders, nation WHERE s_suppkey = l1.l_suppkey AND o_orderkey = l1.l_orderkey AND o_orderstatus = 'F' AND l1.l_receiptdate > l1.l_commitdate
    AND EXISTS (SELECT * FROM lineitem l2 WHERE l2.l_orderkey = l1.l_orderkey AND l2.l_suppkey <> l1.l_suppkey) AND NOT EXISTS (SELECT * FROM lineitem l3 WHERE l3.l_orderkey = l1.l_orderkey AND l3.l_suppkey <> l1.l_suppkey AND l3.l_receiptdate > l3.l_commitdate)
    AND s_nationkey = n_nationkey AND n_name = 'SAUDI ARABIA' GROUP BY s_name ORDER BY numwait DESC, s_name LIMIT 100""",
    """SELECT cntrycode, count(*) AS numcust, sum(c_acctbal) AS totacctbal FROM (SELECT substring(c_phone FROM 1 FOR 2) AS cntrycode, c_acctbal FROM customer WHERE substring(c_phone FROM 1 FOR 2) IN ('13', '31', '23', '29', '30', '18', '17')
    AND c_acctbal > (SELECT avg(c_acctbal) FROM customer WHERE c_acctbal > 0.00 AND substring(c_phone FROM 1 FOR 2) IN ('13', '31', '23', '29', '30', '18', '17')) AND NOT EXISTS (SELECT * FROM orders WHERE o_custkey = c_custkey)) AS custsale
    GROUP BY cntrycode ORDER BY cntrycode""",
]


def generate(path: Path, scale: float) -> None:
    """Write the eight tables to a DuckDB file."""
    import duckdb

    connection = duckdb.connect(str(path))
    for name, select in rows(scale).items():
        columns = ", ".join(f"{column} {kind}" for column, kind in SCHEMA[name].items())
        connection.execute(f"CREATE TABLE {name} ({columns})")
        connection.execute(f"INSERT INTO {name} {select}")
    connection.close()


def optimized(query: str) -> str:
    """What sqlglot's optimizer makes of a query."""
    from sqlglot.optimizer import optimize

    return str(optimize(query, schema=SCHEMA, dialect="duckdb").sql(dialect="duckdb"))


def main() -> None:
    from assay_sql import execution

    scale = float(os.environ.get("SCALE", "0.1"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tpch.duckdb"
        started = time.perf_counter()
        generate(path, scale)
        print(
            f"scale factor {scale:g}: generated in {time.perf_counter() - started:.1f} s, {path.stat().st_size / 2**20:.0f} MiB"
        )
        right = 0
        for number, text in enumerate(QUERIES, 1):
            query = text.replace("{fraction}", f"{0.0001 / scale:.10f}")  # of Q11, as the specification scales it
            started = time.perf_counter()
            verdict = execution(optimized(query), query, path, seconds=120)
            right += verdict.score == 1
            print(
                f"Q{number:<4}{time.perf_counter() - started:>7.2f} s  {verdict.status.value} {verdict.score} {verdict.reason[:90]}"
            )
        print(f"{right} of {len(QUERIES)} equal their optimized form")


if __name__ == "__main__":
    main()
