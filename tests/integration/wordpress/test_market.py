"""Pages of the market on a real WordPress: they show, with and without the plugin, by both ways."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eveobs.store.store import Store
from tests.browser import browse, screenshot
from tests.integration.wordpress.homes import PUBLISH, WAYS, Home
from tests.integration.wordpress.site import Credentials, Post, Site
from tests.publish.bazaar import COPY, DAY, ME, copy, sale, see
from tests.store.drafts import FORGE, START

pytestmark = [pytest.mark.integration, pytest.mark.slow]
HOSTILE = "<script>document.title='pwned'</script> & \"deal\""
ME_TOO = ("--set", f"me.characters={ME}")


@pytest.fixture
def author(modern: Site) -> Credentials:
    """Somebody whose HTML WordPress filters."""
    return modern.add_user("author")


def stock(folder: Path) -> None:
    """Three weeks of a market, in which one of ours is undercut."""
    folder.joinpath("data").mkdir(parents=True, exist_ok=True)
    with Store(f"sqlite:///{folder / 'data' / 'eveobs.sqlite3'}") as store:
        for day in range(21):
            there = [n for n in range(1, 40) if n % 21 <= day]
            sales = [
                sale(
                    n,
                    1e6 * (10 + n % 7 - day / 10),
                    title=HOSTILE,
                    date_issued=START + (n % 21) * DAY,
                    date_expired=START + 40 * DAY,
                )
                for n in there
                if n + 5 * (n % 4) > day
            ]
            mine = sale(100, 9.5e6, issuer_id=ME, date_expired=START + 40 * DAY)
            goods = {one.contract_id: copy() for one in sales if one.contract_id % 3} | {
                100: copy()
            }
            see(store, [*sales, mine], goods, day=day)


def published(home: Home) -> dict[str, dict[str, int]]:
    rows = home.json(*ME_TOO, *PUBLISH, "contract", "market", "type")
    return {row.pop("kind"): {name: n for name, n in row.items() if n} for row in rows}


def post_of(site: Site, slug: str) -> Post:
    (found,) = [post for post in site.posts() if post.slug == slug]
    return found


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("with_plugin", [True, False], ids=["plugin", "plain"])
def test_shown_and_then_left_alone(
    modern: Site, author: Credentials, plugin: str, way: str, with_plugin: bool, tmp_path: Path
) -> None:
    if with_plugin:
        modern.install_plugin(plugin)
    stock(tmp_path / "home")
    home = Home(tmp_path / "home", modern, way, user=author)
    made = published(home)
    assert (made["market"], made["type"]) == ({"create": 1}, {"create": 2})
    posts = modern.posts()
    again = published(home)
    assert {kind: {*one} for kind, one in again.items()} == {kind: {"unchanged"} for kind in made}
    assert modern.posts() == posts, "nothing was written"

    name = f"{way}-{'plugin' if with_plugin else 'plain'}"
    for slug in (f"eve-type-{FORGE}-{COPY}", f"eve-market-{FORGE}", "eve-contract-100"):
        post = post_of(modern, slug)
        address = f"{modern.url}/?p={post.id}&post_type={post.type}"
        dom = browse(address, "--dump-dom")
        article = dom.partition('<article class="eveobs">')[2].partition("</article>")[0]
        assert article, address
        assert "<script" not in article
        assert "<title>pwned" not in dom
        for width in (1100, 400):
            screenshot(address, f"market-{name}-{slug}", tmp_path, width=width, height=2400)
        if "type" in slug:
            columns = re.findall(r'<div title="[^"]+" style="([^"]+)"', article)
            assert len(columns) == 21, "the chart of copies"
            assert all("height:" in one and "background-color:" in one for one in columns)
        if "contract" in slug:
            assert "Best again at" in article
    assert modern.complaints() == ""
