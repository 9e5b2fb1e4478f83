"""The functions that a query may call: those that compute from their arguments and do nothing else."""

from __future__ import annotations

from functools import cache
from typing import Any

__all__ = ["is_allowed", "is_volatile", "refused_kinds"]

#: Families whose every member computes only, in all of the engines.
_FAMILIES = (
    "array_", "date_", "datetime_", "epoch_", "enum_", "json_", "jsonb_", "list_", "make_", "map_", "percentile_",
    "quantile_", "regexp_", "regr_", "stddev_", "str_", "struct_", "time_", "timestamp_", "to_", "var_",
)  # fmt: skip

#: Members of these families that do more: this one runs a query that it is given as data.
_EXCEPTIONS = frozenset({"json_execute_serialized_sql"})

_NAMES = frozenset(
    """
    abs acos acosd acosh add add_months age aggregate any_value approx_count_distinct approx_quantile arbitrary
    arg_max arg_max_null arg_min arg_min_null argmax argmin ascii asin asind asinh atan atan2 atan2d atand atanh avg
    bar base64 bin bit_and bit_count bit_length bit_or bit_position bit_xor bitstring bitstring_agg bool_and bool_or
    btrim cardinality cast cbrt ceil ceiling century char char_length character_length chr clock_timestamp coalesce
    concat concat_ws contains convert convert_from convert_to corr cos cosd cosh cot cotd count count_if count_star
    countif covar_pop covar_samp cume_dist current_database current_date current_localtime current_localtimestamp
    current_schema current_time current_timestamp current_user curdate curtime damerau_levenshtein date dateadd
    datediff datename datepart datesub datetime day dayname dayofmonth dayofweek dayofyear days_in_month decade decode
    degrees dense_rank div divide elt encode ends_with entropy equi_width_bins era erf erfc even every exists exp
    extract factorial favg fdiv field find_in_set first first_value flatten floor fmod format format_bytes from_base64
    from_binary from_days from_hex from_json from_unixtime fsum gamma gcd gen_random_uuid generate_series
    generate_subscripts geomean geometric_mean get_bit get_byte get_current_timestamp getdate glob greatest
    greatest_common_divisor group_concat grouping grouping_id hamming hash hex histogram hour if ifnull iif ilike
    initcap instr interval is_inf is_nan isfinite isinf isnan isnull isodow isodate isoyear jaccard
    jaro_similarity jaro_winkler_similarity json julian julianday justify_days justify_hours justify_interval
    kahan_sum kurtosis kurtosis_pop lag last last_day last_value lcase lcm lead least least_common_multiple left
    left_grapheme len length length_grapheme levenshtein lgamma like likelihood likely listagg ln localtime
    localtimestamp locate log log10 log1p log2 lower lpad ltrim mad max maxif md5 mean median microsecond mid
    millennium millisecond min minif minute mismatches mod mode month monthname multirange multiply nanosecond
    nextafter nfc_normalize normalize now nth_value ntile nullif num_nonnulls num_nulls nvl nvl2 octet_length ord
    ordinality overlay parse_ident percent_rank pi pos position pow power prefix printf product quarter quote
    quote_ident quote_literal quote_nullable radians rand random range range_agg rank repeat replace reverse right
    right_grapheme round round_even row row_number row_to_json rpad rtrim scale second sem sha1 sha224 sha256 sha384
    sha512 sign signbit sin sind sinh skewness soundex space split split_part sqlite_version sqrt stack
    starts_with statement_timestamp stddev stddev_pop stddev_samp strftime string_agg string_split
    string_split_regex string_to_array string_to_table strip_accents strlen strpos strptime substr substr_index
    substring substring_grapheme substring_index subtract suffix sum sumkahan sysdate tan tand tanh text time
    timediff timestamp timestampadd timestampdiff timeofday timezone timezone_hour timezone_minute total
    transaction_timestamp translate trim trim_array trim_scale trunc truncate try_cast try_strptime typeof ucase
    unbin unhex unicode unistr unixepoch unlikely unnest upper url_decode url_encode user utc_date utc_time
    utc_timestamp uuid values var_pop var_samp variance wavg week weekday weekofyear weighted_avg width_bucket
    xmlagg xmlconcat xmlforest xpath year yearweek
    daterange int4range int8range isempty lower_inc lower_inf numrange pg_size_pretty pg_typeof tsrange tstzrange
    upper_inc upper_inf
    """.split()  # noqa: SIM905 - a paragraph is easier to read and to add to
)


#: Classes of sqlglot.exp.
_KINDS = (
    "ReadCSV", "ReadParquet", "NextValueFor", "NetFunc", "ToFile", "OpenJSON", "DynamicIdentifier", "Secret",
    "FeaturesAtTime", "AIAgg", "AIClassify", "AIEmbed", "AIForecast", "AIGenerate", "AISimilarity", "AISummarizeAgg",
    "GenerateEmbedding", "GenerateText", "GenerateTable", "GenerateBool", "GenerateDouble", "GenerateInt",
    "MLForecast", "MLTranslate", "Predict", "VectorSearch",
)  # fmt: skip


@cache
def is_allowed(name: str) -> bool:
    """Whether a function of this name may be called; names are compared without case."""
    name = name.lower()
    return name in _NAMES or (name.startswith(_FAMILIES) and name not in _EXCEPTIONS)


@cache
def refused_kinds() -> tuple[type, ...]:
    """The functions that sqlglot knows by a class of their own and that reach outside, or change something."""
    from sqlglot import exp

    return tuple(getattr(exp, name) for name in _KINDS if hasattr(exp, name))


_CLOCKS = frozenset(
    {"now", "random", "rand", "randomblob", "gen_random_uuid", "uuid", "clock_timestamp", "timeofday", "age", "sysdate"}
)


def is_volatile(node: Any) -> bool:
    """Whether a part of a query may give another value the next time, on the same content."""
    from sqlglot import exp

    clocks = (
        exp.CurrentDate, exp.CurrentDatetime, exp.CurrentTime, exp.CurrentTimestamp, exp.Localtime, exp.Localtimestamp,
        exp.Rand, exp.Randn, exp.Uuid,
    )  # fmt: skip
    if isinstance(node, exp.Literal):
        return bool(node.is_string and node.name.lower() == "now")
    return isinstance(node, clocks) or (isinstance(node, exp.Anonymous) and node.name.lower() in _CLOCKS)
