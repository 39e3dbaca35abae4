"""What a reader sees of a WordPress that eveobs fills: on a desk and on a phone."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.browser import PHONE, browse, screenshot
from tests.conftest import Eveobs, NewEden
from tests.integration.wordpress.homes import PUBLISH, Home
from tests.integration.wordpress.site import Site

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture
def filled_site(
    modern: Site, plugin: str, new_eden: NewEden, filled: Eveobs, tmp_path: Path
) -> Home:
    """A site for what the sandbox has, its pictures too."""
    modern.install_plugin(plugin)
    shutil.copytree(Path(filled.env["EVEOBS_HOME"]) / "data", tmp_path / "home" / "data")
    home = Home(tmp_path / "home", modern)
    home.env |= {
        "EVEOBS_ESI__BASE_URL": new_eden.url,
        "EVEOBS_IMAGES__BASE_URL": f"{new_eden.url}/images",
    }
    return home


def test_pages_on_a_desk_and_on_a_phone(filled_site: Home, modern: Site, tmp_path: Path) -> None:
    filled_site.json(*PUBLISH, "contract", "--where", "type=auction")
    slug = modern.posts()[0].slug
    modern.php(
        "wp_insert_post(['post_type' => 'page', 'post_status' => 'publish', 'post_name' => 'list',"
        " 'post_title' => 'On offer', 'post_content' => '[eveobs per_page=\"8\"]']);"
    )
    pages = {
        "contract": f"/?eve_contract={slug}",
        "archive": "/eve/contracts/",
        "list": "/list/",
    }
    for name, address in pages.items():
        for width in (1100, PHONE):
            screenshot(modern.url + address, f"wordpress-{name}", tmp_path, width=width)
    dom = browse(f"{modern.url}/list/", "--dump-dom")
    assert len(re.findall(r'<td data-label="Title"', dom)) == 8
    assert "Page 1 of" in dom
    assert modern.complaints() == ""


def test_a_page_without_the_plugin_is_readable(modern: Site, tmp_path: Path) -> None:
    home = Home(tmp_path / "home", modern)
    home.see([1])
    home.publish()
    (post,) = modern.posts()
    screenshot(f"{modern.url}/?name={post.slug}", "wordpress-plain", tmp_path)
    dom = browse(f"{modern.url}/?name={post.slug}", "--dump-dom")
    assert dom.count("<h1") == 1, "the theme's, and none of the page's own"
    assert not re.search(
        r"<p>\s*</p>", dom.partition('class="eveobs"')[2].partition("</article>")[0]
    )


def test_links_between_pages_lead_there(modern: Site, plugin: str, tmp_path: Path) -> None:
    modern.install_plugin(plugin)
    home = Home(tmp_path, modern)
    home.see(range(1, 6))
    home.publish()
    summary = modern.php("echo get_posts(['post_type' => 'eve_summary'])[0]->post_content;")
    links = re.findall(r'href="([^"]+)"', summary)
    assert links
    for link in links[:3]:
        with urlopen(link, timeout=10) as answer:  # noqa: S310 - on loopback
            assert 'class="eveobs-facts"' in answer.read().decode()


@pytest.mark.parametrize(
    ("way", "with_plugin"), [("rest", True), ("xmlrpc", True), ("xmlrpc", False), ("rest", False)]
)
def test_pictures_are_taken_to_the_site_once(
    filled_site: Home, modern: Site, way: str, with_plugin: bool
) -> None:
    if not with_plugin:
        modern.remove_plugin()
    filled_site.env["EVEOBS_WORDPRESS__TRANSPORT"] = way
    options = ("--images", "upload", "--limit", "6")
    made = filled_site.publish(*options)
    assert made == {"create": 6}
    images = filled_site.env["EVEOBS_IMAGES__BASE_URL"]
    posts = modern.posts()
    pictured = [post for post in posts if "eveobs-picture" in post.content]
    assert pictured
    for post in pictured:
        assert images not in post.content
        assert "/wp-content/uploads/" in post.content
        assert modern.data(f"get_post_thumbnail_id({post.id})")
    held = "count(get_posts(['post_type' => 'attachment', 'numberposts' => -1]))"
    number = modern.data(held)
    assert 0 < number <= len(pictured)
    assert filled_site.publish(*options) == {"unchanged": 6}
    filled_site.publish("--images", "upload", "--limit", "9")
    pictures = modern.data(
        "array_map(fn($p) => md5_file(get_attached_file($p->ID)),"
        " get_posts(['post_type' => 'attachment', 'numberposts' => -1]))"
    )
    assert len(pictures) == len({*pictures}), "none twice"
