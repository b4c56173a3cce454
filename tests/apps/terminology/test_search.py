"""Finding codes: by code, by beginnings of words, by synonyms; the best first."""

import pytest

from apps.terminology.bundled import bundled_concepts
from apps.terminology.choices import HGNC, ICD_10, ICD_O_3, LOINC, SNOMED_CT
from apps.terminology.search import MOST_ANSWERS, Concept, Index, fold, fold_code


def index_of(system: str) -> Index:
    return Index(bundled_concepts(system))


@pytest.mark.parametrize(
    ("system", "typed", "first"),
    [
        (ICD_10, "C34.1", "C34.1"),
        (ICD_10, "c341", "C34.1"),
        (ICD_10, "c34 11", "C34.11"),
        (ICD_10, "liver cell carcinoma", "C22.0"),
        (ICD_10, "hepatocellular", "C22.0"),
        (ICD_10, "mal neo rectum", "C20"),
        (HGNC, "egfr", "EGFR"),
        (HGNC, "her2", "ERBB2"),
        (HGNC, "PD-L1", "CD274"),
        (HGNC, "PARK2", "PRKN"),
        (LOINC, "karnofsky", "89243-0"),
        (LOINC, "89247-1", "89247-1"),
        (SNOMED_CT, "adenocarcinoma of lung", "254626006"),
    ],
)
def test_the_first_answer(system: str, typed: str, first: str) -> None:
    assert index_of(system).find(typed)[0].concept.code == first


def test_a_synonym_says_that_it_was_found() -> None:
    found = index_of(HGNC).find("her2")[0]
    assert (found.concept.display, found.matched) == ("ERBB2", "HER2")


def test_at_most_twenty_answers_and_none_for_nothing() -> None:
    index = index_of(ICD_10)
    assert len(index.find("neoplasm")) == MOST_ANSWERS == 20
    assert index.find("") == index.find("  .-") == index.find("zzz qqq") == []


def test_every_word_must_begin_a_word() -> None:
    index = Index([Concept("x", "1", "Upper lobe"), Concept("x", "2", "Cupped lobe")])
    assert [one.concept.code for one in index.find("lobe up")] == ["1"]


def test_the_code_comes_before_the_name_and_the_short_name_before_the_long() -> None:
    index = Index(
        [
            Concept("x", "A1", "kit proto-oncogene"),
            Concept("x", "KIT", "KIT"),
            Concept("x", "A2", "kit"),
            Concept("x", "A3", "other", ("kit",)),
        ]
    )
    assert [one.concept.code for one in index.find("kit")] == ["KIT", "A2", "A3", "A1"]


def test_a_later_concept_replaces_one_of_the_same_code() -> None:
    index = Index([Concept("x", "C34.1", "old"), Concept("x", "c341", "of the site")])
    found = index.get("C34.1")
    assert found is not None
    assert (found.display, len(index)) == ("of the site", 1)


def test_letters_with_accents_and_signs_are_found_without() -> None:
    assert fold("Müllerian-mixed  (Ödem)") == "mullerian mixed odem"
    assert fold_code("c34 .1") == fold_code("C34.1") == "c341"


def test_what_is_bundled_is_what_the_licences_allow() -> None:
    counts = {one: len(bundled_concepts(one)) for one in (ICD_10, ICD_O_3, HGNC, LOINC)}
    assert counts == {ICD_10: 2178, ICD_O_3: 0, HGNC: 468, LOINC: 8}
    codes = [one.code for one in bundled_concepts(ICD_10)]
    assert len(set(codes)) == len(codes)
    assert all(("C00" <= code[:3] <= "D49") for code in codes)
    assert 100 < len(bundled_concepts(SNOMED_CT)) < 400
