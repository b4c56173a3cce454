"""The form of a variant's name by the HGVS recommendations (hgvs-nomenclature.org, 2024).

Form only: whether the transcript has that base at that place is not checked. Substitutions,
deletions, insertions, duplications, inversions and frame shifts; not repeats, conversions or
alleles in one name.
"""

import re

_REFERENCE = (
    r"(?:(?:N[MRGC]_\d{6,9}\.\d{1,2}|ENST\d{11}(?:\.\d{1,2})?|LRG_\d{1,4}t\d)"
    r"(?:\([A-Z0-9-]{1,15}\))?:)?"
)
_PLACE = r"[-*]?\d{1,7}(?:[+-]\d{1,6})?"
_BASES = r"[ACGT]{1,60}"
_CODING = re.compile(
    rf"^{_REFERENCE}c\.(?:"
    rf"{_PLACE}[ACGT]>[ACGT]"
    rf"|{_PLACE}(?:_{_PLACE})?(?:del(?:{_BASES})?|dup(?:{_BASES})?|inv|delins{_BASES})"
    rf"|{_PLACE}_{_PLACE}ins(?:{_BASES}|\(?\d{{1,5}}\)?)"
    rf"|{_PLACE}=)$"
)
_THREE = (
    "Ala|Arg|Asn|Asp|Cys|Gln|Glu|Gly|His|Ile|Leu|Lys|Met|Phe|Pro|Ser|Thr|Trp|Tyr|Val|Sec|Ter|Xaa"
)
_ONE = "[ACDEFGHIKLMNPQRSTVWYU]"


def _protein(acid: str, stop: str) -> str:
    place = rf"(?:{acid})\d{{1,5}}"
    return (
        rf"{place}(?:(?:{acid}|{stop})|=|\?|fs|(?:{acid})fs(?:(?:{stop})(?:\d{{1,5}}|\?))?)"
        rf"|{place}(?:_{place})?(?:del|dup|delins(?:(?:{acid}|{stop}){{1,20}}))"
        rf"|{place}_{place}ins(?:{acid}|{stop}){{1,20}}"
    )


_CHANGE = rf"(?:{_protein(_THREE, 'Ter|[*]')}|{_protein(_ONE, '[*]')}|=|\?|0)"
_PROTEIN = re.compile(
    rf"^(?:(?:NP_\d{{6,9}}\.\d{{1,2}}|ENSP\d{{11}}(?:\.\d{{1,2}})?):)?p\.(?:{_CHANGE}|\({_CHANGE}\))$"
)
GENE = re.compile(r"^(?:[A-Z][A-Z0-9-]{0,14}|C(?:\d{1,2}|X|Y)orf\d{1,4})$")


def is_coding(text: str) -> bool:
    """``NM_005228.5:c.2573T>G``; the reference may be left out."""
    return bool(_CODING.match(text))


def is_protein(text: str) -> bool:
    """``p.Leu858Arg``, ``p.(Gly12Cys)`` or, as many reports write, ``p.L858R``."""
    return bool(_PROTEIN.match(text))


def is_gene(text: str) -> bool:
    return bool(GENE.match(text))


def without_reference(text: str) -> str:
    """Only the change: an accession number is a number that somebody typed."""
    return text.rsplit(":", 1)[-1]
