"""The page of figures: one benchmark's section is renewed, the others stay as they are."""

from tests.bench.run import at_most, render_section, renew_page, write_number


def result(name: str, value: float) -> dict[str, object]:
    figure = at_most("time", value, "ms", 1000)
    return {
        "name": name,
        "title": f"What {name} measures.",
        "measured_at": "2026-01-01T00:00:00+00:00",
        "commit": "abc",
        "machine": "2 cores",
        "figures": [figure.__dict__],
    }


def test_a_section_takes_the_place_of_its_older_one_only() -> None:
    page = ""
    for name, value in (("up", 3.0), ("live", 7.0)):
        page = renew_page(page, result=result(name, value))
    renewed = renew_page(page, result=result("live", 2000.0))
    assert renewed.count("## live") == 1
    assert render_section(result("up", 3.0)) in renewed
    assert "| time | 2,000 ms | 1,000 ms or less | **no** |" in renewed
    assert renewed.index("## live") < renewed.index("## up")
    assert renew_page(renewed, result=result("live", 7.0)) == page


def test_names_that_begin_alike_are_told_apart() -> None:
    page = renew_page("", result=result("live", 1.0))
    page = renew_page(page, result=result("live-chaos", 2.0))
    page = renew_page(page, result=result("live", 3.0))
    assert render_section(result("live-chaos", 2.0)) in page
    assert page.count("## ") == 2


def test_numbers_are_not_written_with_exponents() -> None:
    assert [write_number(one) for one in (0, 0.0123456, 999.96, 1000, 36160.2)] == [
        "0",
        "0.01235",
        "1000",
        "1,000",
        "36,160",
    ]
