"""Secrets at rest open for their own purpose and key only."""

from typing import Any

import pytest

from apps.core.sealing import SealBroken, seal, unseal


def test_a_secret_comes_back_and_is_nowhere_in_its_seal() -> None:
    sealed = seal("JBSWY3DPEHPK3PXP", purpose="one")
    assert b"JBSWY3DP" not in sealed
    assert unseal(sealed, purpose="one") == "JBSWY3DPEHPK3PXP"
    assert sealed != seal("JBSWY3DPEHPK3PXP", purpose="one")


def test_nothing_stays_nothing() -> None:
    assert unseal(seal("", purpose="one"), purpose="one") == ""


def test_another_purpose_another_key_or_a_changed_byte_does_not_open_it(settings: Any) -> None:
    sealed = seal("secret", purpose="one")
    with pytest.raises(SealBroken):
        unseal(sealed, purpose="two")
    with pytest.raises(SealBroken):
        unseal(sealed[:-3] + b"AAA", purpose="one")
    settings.SECRET_KEY = "another" * 10
    with pytest.raises(SealBroken):
        unseal(sealed, purpose="one")
