"""The form of T, N, M and stage groups. What they mean is in the books, which are copyrighted.

Covers the categories of the UICC and AJCC editions 7 to 9 by their notation: X, 0, is, a, 1 to 4
with letters and figures below, ``mi``, and what may stand in brackets.
"""

import re

_T = re.compile(
    r"^T(?:X|0|is(?:\((?:DCIS|LCIS|Paget|LAMN|pu|pd)\))?|a"
    r"|[1-4](?:mi|[a-e](?:[1-3]|\(mi\))?)?)(?:\((?:m|s|\d{1,2})\))?$"
)
_N = re.compile(
    r"^N(?:X|0[ab]?|[1-3](?:mi|[a-c](?:[1-4])?)?)"
    r"(?:\((?:i\+|i-|mol\+|mol-)\)){0,2}(?:\((?:sn|f)\))?$"
)
_M = re.compile(r"^M(?:X|0(?:\(i\+\))?|1(?:[a-e](?:[1-3]|\([01]\))?)?)$")
FORMS = {"t": _T, "n": _N, "m": _M}
_GROUP = re.compile(
    r"^(?:(?:0(?:a|is)?|I{1,3}|IV)(?:[A-E](?:[1-3])?)?(?:i{1,3}|S|E|X)?|[A-D][1-3]?)$"
)
GROUP_WORDS = frozenset({"occult", "limited", "extensive"})
_MARKS = re.compile(r"^(?:yc|yp|y|[cpra])(?=[TNM])")
_CASES = {"x": "X", "IS": "is", "Is": "is", "MI": "mi"}


def read_category(letter: str, text: str) -> str:
    """One category as it is kept: ``2a``, ``T2a`` and ``cT2a`` are all ``T2a``.

    Parameters
    ----------
    letter
        ``t``, ``n`` or ``m``.

    Raises
    ------
    ValueError
        It has not the form of a category.
    """
    bare = _MARKS.sub("", text.strip().replace(" ", ""))
    name = letter.upper()
    if bare[:1].upper() == name:
        bare = bare[1:]
    kept = name + _CASES.get(bare, bare)
    if not FORMS[letter].match(kept):
        raise ValueError(text)
    return kept


def read_group(text: str) -> str:
    """A stage group by its form: ``IIIA``, ``0``, ``IVA1``, BCLC's ``B``, or one of three words.

    Raises
    ------
    ValueError
        It has not the form of a group.
    """
    bare = re.sub(r"^stage\s+", "", text.strip(), flags=re.IGNORECASE)
    if bare.lower() in GROUP_WORDS:
        return bare.lower()
    if not _GROUP.match(bare):
        raise ValueError(text)
    return bare


STAGE_WORDS = frozenset(
    {"stage", "tnm", "ajcc", "uicc", "figo", "bclc", "iss", "lugano", "draft", "7", "8", "9"}
)


def only_stage(text: str) -> str:
    """Of a stage that somebody typed what is a category, a group or a scheme; the rest is left out.

    ``cT2a cN1, stage IIB (UICC 8)`` passes as it is, ``cT2a, Mrs Doe`` as ``cT2a``.
    """
    words = [one for one in re.split(r"[\s,;()]+", text) if one]
    kept = [one for one in words if one.lower() in STAGE_WORDS or _is_stage(one)]
    return text if len(kept) == len(words) else " ".join(kept)


def _is_stage(word: str) -> bool:
    bare = _MARKS.sub("", word)
    if bare[:1] in "TNM" and FORMS[bare[:1].lower()].match(bare):
        return True
    return bool(_GROUP.match(word)) or word.lower() in GROUP_WORDS


def write_stage(
    *, scheme: str, prefix: str, t: str, n: str, m: str, group: str, edition: str
) -> str:
    """One line as a board says it: ``cT2a cN1 cM0, stage IIB (UICC 8)``."""
    marked = " ".join(f"{prefix}{one}" for one in (t, n, m) if one)
    named = f"stage {group}" if group else ""
    if scheme != "tnm" and named:
        named = f"{scheme.upper() if scheme != 'other' else ''} {named}".strip()
    line = ", ".join(filter(None, (marked, named)))
    return f"{line} ({edition})" if line and edition else line
