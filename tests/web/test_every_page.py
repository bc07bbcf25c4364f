"""The list of pages is whole: a new route is a page on it, or is said to be none."""

from tests.pages.table import NOT_PAGES, SIGHTS
from web.access import ACCESS


def asked_by_browsers() -> set[str]:
    return {route for route in ACCESS if route.startswith("GET ") and "/api/v1/" not in route}


def test_every_route_is_a_page_of_the_list_or_none() -> None:
    pages = {sight.route for sight in SIGHTS}
    assert pages.isdisjoint(NOT_PAGES)
    missing = asked_by_browsers() - pages - NOT_PAGES.keys()
    assert not missing, f"add to SIGHTS or NOT_PAGES in tests/pages/table.py: {sorted(missing)}"
    assert pages | NOT_PAGES.keys() <= ACCESS.keys()


def test_names_of_pages_are_their_own() -> None:
    names = [sight.name for sight in SIGHTS]
    assert len(names) == len(set(names))
