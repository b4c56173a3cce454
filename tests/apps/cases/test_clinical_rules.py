"""The forms and formulas of clinical entries, with published check values."""

from datetime import date

import pytest

from apps.cases.clinical import codes, hgvs, tnm
from apps.cases.clinical.charlson import WEIGHTS, age_points, charlson_index
from apps.cases.clinical.dates import last_day, read_partial, write_partial
from apps.cases.clinical.stage_tables import find_group, read_table
from apps.core.exceptions import InvalidInput

FICTIONAL = b"""prefix,t,n,m,group
c|p,T1a|T1b,N0,M0,IA
c|p,T2,N0,M0,IB
*,*,*,M1a|M1b,IV
yp,T1a,N0,M0,IIC
"""
"""A table of nobody's: no edition of any book says this."""


def test_charlson_sums_the_published_weights() -> None:
    """Charlson 1987: all conditions 33 (of two degrees the worse); with age 80 and more 37."""
    assert charlson_index(WEIGHTS) == 33
    assert charlson_index(WEIGHTS) + age_points(born=date(1930, 1, 1), on=date(2026, 1, 1)) == 37
    assert charlson_index([]) == 0
    assert charlson_index(["diabetes", "heart_failure", "renal"]) == 4
    assert charlson_index(["metastatic_tumour", "solid_tumour"]) == 6
    assert charlson_index(["mild_liver", "severe_liver"]) == 3
    with pytest.raises(KeyError):
        charlson_index(["gout"])


@pytest.mark.parametrize(
    ("years", "points"), [(49, 0), (50, 1), (59, 1), (60, 2), (70, 3), (80, 4), (99, 4)]
)
def test_points_for_age(years: int, points: int) -> None:
    """Charlson 1994: one for each decade from 50 on."""
    on = date(2026, 6, 1)
    assert age_points(born=date(2026 - years, 6, 1), on=on) == points
    day_before_birthday = date(2026 - years, 6, 2)
    assert age_points(born=day_before_birthday, on=on) == max(
        0, points - (years % 10 == 0 and points > 0 and years <= 80)
    )


@pytest.mark.parametrize(
    ("letter", "typed", "kept"),
    [
        ("t", "2a", "T2a"),
        ("t", "cT2a", "T2a"),
        ("t", "ypT0", "T0"),
        ("t", "Tis(DCIS)", "Tis(DCIS)"),
        ("t", "T1b2", "T1b2"),
        ("t", "T1c(m)", "T1c(m)"),
        ("t", "x", "TX"),
        ("n", "N1mi", "N1mi"),
        ("n", "pN0(i+)(sn)", "N0(i+)(sn)"),
        ("n", "3c", "N3c"),
        ("m", "M1c1", "M1c1"),
        ("m", "cM0(i+)", "M0(i+)"),
        ("m", "1a(0)", "M1a(0)"),
    ],
)
def test_categories_of_the_tnm(letter: str, typed: str, kept: str) -> None:
    assert tnm.read_category(letter, typed) == kept
    assert tnm.read_category(letter, kept) == kept


@pytest.mark.parametrize(
    ("letter", "typed"),
    [
        ("t", "T5"), ("t", "N1"), ("t", ""), ("t", "T2 Mrs Doe"), ("t", "T2a;"), ("t", "T"),
        ("n", "N4"), ("n", "N1z"), ("m", "M2"), ("m", "M1zq"), ("m", "M0\nM1"),
    ],
)  # fmt: skip
def test_what_is_no_category(letter: str, typed: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        tnm.read_category(letter, typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("IIIA", "IIIA"), ("stage IVA1", "IVA1"), ("0", "0"), ("0is", "0is"), ("B", "B"),
        ("IIIC1", "IIIC1"), ("Limited", "limited"), ("occult", "occult"), ("IIE", "IIE"),
    ],
)  # fmt: skip
def test_stage_groups(typed: str, kept: str) -> None:
    assert tnm.read_group(typed) == kept


@pytest.mark.parametrize("typed", ["V", "IIII", "Doe", "ZQ00001XV", "IIIA <b>", ""])
def test_what_is_no_stage_group(typed: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        tnm.read_group(typed)


def test_a_stage_reads_as_a_board_says_it() -> None:
    said = tnm.write_stage(
        scheme="tnm", prefix="c", t="T2a", n="N1", m="M0", group="IIB", edition="UICC 8"
    )
    assert said == "cT2a cN1 cM0, stage IIB (UICC 8)"
    bclc = tnm.write_stage(scheme="bclc", prefix="", t="", n="", m="", group="B", edition="")
    assert bclc == "BCLC stage B"


def test_a_table_gives_a_group_for_exactly_these_categories() -> None:
    rows = read_table(FICTIONAL)
    assert find_group(rows, prefix="c", t="T1a", n="N0", m="M0") == "IA"
    assert find_group(rows, prefix="p", t="T4", n="N3", m="M1b") == "IV"
    assert find_group(rows, prefix="yp", t="T1a", n="N0", m="M0") == "IIC"
    for t, n in (("T1", "N0"), ("T1c", "N0"), ("T2", "N1"), ("", "N0")):
        with pytest.raises(InvalidInput) as caught:
            find_group(rows, prefix="c", t=t, n=n, m="M0")
        assert caught.value.error_code == "stage_not_in_table"


def test_rows_that_contradict_each_other_give_no_group() -> None:
    rows = read_table(FICTIONAL + b"c,T2,N0,M0,IC\n")
    with pytest.raises(InvalidInput) as caught:
        find_group(rows, prefix="c", t="T2", n="N0", m="M0")
    assert caught.value.error_code == "stage_ambiguous"
    assert caught.value.details["groups"] == ["IB", "IC"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"t,n,m,group\n", None),
        (b"prefix,t,n,m,group\n", None),
        (b"prefix,t,n,m,group\nc,T9,N0,M0,I\n", 2),
        (b"prefix,t,n,m,group\nc,T1,N0,M0,I\nz,T1,N0,M0,I\n", 3),
        (b"prefix,t,n,m,group\nc,T1,N0,M0,Doe\n", 2),
    ],
)
def test_a_bad_table_is_refused_with_its_line(content: bytes, line: int | None) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_table(content)
    assert caught.value.error_code == "stage_table_invalid"
    assert caught.value.details.get("line") == line


@pytest.mark.parametrize(
    "name",
    [
        "c.2573T>G",
        "NM_005228.5:c.2573T>G",
        "NM_005228.5(EGFR):c.2235_2249del",
        "c.2236_2250del15".replace("15", ""),
        "c.76_77insT",
        "c.76_77delinsTT",
        "c.5266dup",
        "c.88+2T>G",
        "c.-124C>T",
        "c.*32G>A",
        "ENST00000275493.7:c.2369C>T",
    ],
)
def test_names_of_a_coding_change(name: str) -> None:
    """Examples after hgvs-nomenclature.org, recommendations DNA."""
    assert hgvs.is_coding(name)


@pytest.mark.parametrize(
    "name",
    [
        "p.Leu858Arg",
        "p.(Gly12Cys)",
        "p.L858R",
        "p.V600E",
        "p.Glu746_Ala750del",
        "p.Trp26Ter",
        "p.Trp26*",
        "p.Arg97ProfsTer23",
        "p.Arg97fs",
        "p.R97Pfs*23",
        "p.His4_Gln5insAla",
        "p.Cys28delinsTrpVal",
        "p.Ser46=",
        "p.?",
        "NP_005219.2:p.Leu858Arg",
    ],
)
def test_names_of_a_protein_change(name: str) -> None:
    """Examples after hgvs-nomenclature.org, recommendations protein."""
    assert hgvs.is_protein(name)


@pytest.mark.parametrize(
    "name",
    ["2573T>G", "c.2573T>Z", "c.", "c.T2573G", "p.Leu858", "p.Doe12Jan", "p.L858R Mrs Doe", ""],
)
def test_what_has_not_the_form(name: str) -> None:
    assert not hgvs.is_coding(name)
    assert not hgvs.is_protein(name)


def test_genes_and_references() -> None:
    for symbol in ("EGFR", "H3-3A", "NKX2-1", "C9orf72", "HLA-A"):
        assert hgvs.is_gene(symbol)
    for other in ("egfr", "E GFR", "<b>", "A" * 21, ""):
        assert not hgvs.is_gene(other)
    assert hgvs.without_reference("NM_005228.5:c.2573T>G") == "c.2573T>G"


def test_codes_are_read_as_people_type_them() -> None:
    assert codes.read_icd_10("c341") == codes.read_icd_10("C34.1") == "C34.1"
    assert codes.read_icd_10("d05") == "D05"
    assert codes.read_icd_10("C7A.010") == "C7A.010"
    assert codes.read_morphology("M-8140/3") == codes.read_morphology("8140/3") == "8140/3"
    for real in ("254626006", "399537006", "708895006", "1269566009", "22298006"):
        assert codes.read_snomed(real) == real
    for reader, wrong in (
        (codes.read_icd_10, "34.1"),
        (codes.read_icd_10, "C34.1.2"),
        (codes.read_morphology, "8140"),
        (codes.read_morphology, "8140/5"),
        (codes.read_snomed, "254626007"),  # one digit off
        (codes.read_snomed, "245626006"),  # two digits swapped
        (codes.read_snomed, "12"),
    ):
        with pytest.raises(ValueError, match=r".*"):
            reader(wrong)


def test_dates_are_as_exact_as_they_are_known() -> None:
    for text, day, precision in (
        ("2026", date(2026, 1, 1), "year"),
        ("2026-03", date(2026, 3, 1), "month"),
        ("2026-03-14", date(2026, 3, 14), "day"),
    ):
        assert read_partial(text) == (day, precision)
        assert write_partial(day, precision) == text
    assert write_partial(None, "") is None
    assert last_day(date(2024, 2, 1), "month") == date(2024, 2, 29)
    assert last_day(date(2024, 1, 1), "year") == date(2024, 12, 31)
    for wrong in ("", "14.3.2026", "2026-13", "2026-02-30", "1066", "2026-3", "٢٠٢٦"):
        with pytest.raises(ValueError, match=r".*"):
            read_partial(wrong)
