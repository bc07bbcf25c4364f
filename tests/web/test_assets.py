"""Static files: kept for ever under their hash, ours or vendored with a lock."""

import importlib.util
import re
from pathlib import Path

from tests.web.site import Site
from web.assets import STATIC, load_assets


def test_vendored_files_match_the_lock() -> None:
    spec = importlib.util.spec_from_file_location("vendor", STATIC / "vendor" / "vendor.py")
    assert spec
    assert spec.loader
    vendor = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(vendor)
    assert vendor.differences() == []


def test_every_icon_that_is_used_is_in_the_sprite() -> None:
    sprite = (STATIC / "vendor" / "icons.svg").read_text()
    there = set(re.findall(r'id="([a-z0-9-]+)"', sprite))
    web = STATIC.parent
    used: set[str] = set()
    for template in (web / "templates").rglob("*.html"):
        used.update(re.findall(r'icon\("([a-z0-9-]+)"\)', template.read_text()))
        for choice in re.findall(r"icon\((.+?)\)", template.read_text()):
            used.update(re.findall(r'"([a-z]+(?:-[a-z0-9]+)+)"', choice))
    from web.kinds import KINDS
    from web.words import STATUS_ICONS

    used.update(kind.icon for kind in KINDS.values())
    used.update(STATUS_ICONS.values())
    assert used <= there, used - there


def test_a_changed_file_is_another_address(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    first = load_assets(tmp_path)
    (tmp_path / "a.css").write_text("b{}")
    second = load_assets(tmp_path)
    assert first.url("a.css") != second.url("a.css")
    assert load_assets(tmp_path).url("a.css") == second.url("a.css")


async def test_files_are_kept_under_their_hash_only(site: Site) -> None:
    client = site.stranger()
    address = site.app.state.assets.url("css/tokens.css")
    answer = await client.get(address)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    plain = await client.get(address, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == (STATIC / "css" / "tokens.css").read_text()
    old = re.sub(r"/static/\w+/", "/static/0000/", address)
    assert (await client.get(old)).headers["cache-control"] == "no-cache"


async def test_nothing_else_is_served(site: Site) -> None:
    client = site.stranger()
    digest = site.app.state.assets.digest
    for name in ("../app.py", "%2e%2e/app.py", "vendor/vendor.py", "css", "nada.css"):
        answer = await client.get(f"/static/{digest}/{name}")
        assert answer.status_code == 404, name
