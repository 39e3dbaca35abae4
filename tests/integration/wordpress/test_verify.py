"""`eveobs publish verify`: whatever is damaged on a site is found, and made whole with --repair."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.wordpress.equality import assert_same, held
from tests.integration.wordpress.homes import Home
from tests.integration.wordpress.operations import draft, rest
from tests.integration.wordpress.site import Site

pytestmark = [pytest.mark.integration, pytest.mark.slow]
NUMBERS = range(1, 7)
VERIFY = ("publish", "verify", "--from", "contracts", "contract")
META = "$wpdb->postmeta, ['meta_key' => 'eve_type', 'post_id' => $id]"
DAMAGES = {
    "a field is missing": ("$wpdb->delete(" + META + ");", "meta"),
    "a field is another": (
        "$wpdb->update($wpdb->postmeta, ['meta_value' => 'x'], ['meta_key' => 'eve_type', 'post_id' => $id]);",
        "meta",
    ),
    "a field is there twice": (
        "$wpdb->insert($wpdb->postmeta, ['meta_key' => 'eve_type', 'meta_value' => 'x', 'post_id' => $id]);",
        "meta",
    ),
    "all terms are missing": (
        "$wpdb->delete($wpdb->term_relationships, ['object_id' => $id]);",
        "terms",
    ),
    "a term is another": (
        "$wpdb->update($wpdb->terms, ['name' => 'Elsewhere'], ['name' => 'outstanding']);",
        "terms",
    ),
    "the title is empty": (
        "$wpdb->update($wpdb->posts, ['post_title' => ''], ['ID' => $id]);",
        "title",
    ),
    "the page is cut off": (
        '$wpdb->query("UPDATE $wpdb->posts SET post_content = SUBSTR(post_content, 1, 200) WHERE ID = $id");',
        "html",
    ),
    "a word of the page is another": (
        "$wpdb->query(\"UPDATE $wpdb->posts SET post_content = REPLACE(post_content, 'ISK', 'GBP') WHERE ID = $id\");",
        "html",
    ),
    "the excerpt is another": (
        "$wpdb->update($wpdb->posts, ['post_excerpt' => 'x'], ['ID' => $id]);",
        "excerpt",
    ),
    "the date is another": (
        "$wpdb->update($wpdb->posts, ['post_date_gmt' => '2001-01-01 00:00:00'], ['ID' => $id]);",
        "date",
    ),
    "the slug is another": (
        "$wpdb->update($wpdb->posts, ['post_name' => 'x'], ['ID' => $id]);",
        "slug",
    ),
    "the type is another": (
        "$wpdb->update($wpdb->posts, ['post_type' => 'eve_type'], ['ID' => $id]);",
        "type",
    ),
    "its entry is missing": ("$wpdb->delete(\\Eveobs\\table(), ['post_id' => $id]);", "index"),
    "its entry has another hash": (
        "$wpdb->update(\\Eveobs\\table(), ['hash' => str_repeat('0', 32)], ['post_id' => $id]);",
        "index",
    ),
    "the post is gone": ("$wpdb->delete($wpdb->posts, ['ID' => $id]);", ""),
}


def verified(home: Home, *options: str, code: int) -> Any:
    import json

    result = home(*VERIFY, *options, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.fixture
def home(modern: Site, plugin: str, tmp_path: Path) -> Home:
    modern.install_plugin(plugin)
    made = Home(tmp_path, modern)
    made.see(NUMBERS, volume=5.0)
    made.publish()
    return made


def test_a_site_that_is_whole(home: Home, modern: Site) -> None:
    assert verified(home, code=0) == []
    before = held(modern)
    assert verified(home, "--repair", code=0) == []
    assert held(modern) == before


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_and_repaired(home: Home, modern: Site, damage: str) -> None:
    code, field = DAMAGES[damage]
    whole = held(modern)
    (post,) = [one for one in modern.posts() if one.slug == "eve-contract-3"]
    modern.php(f"global $wpdb; $id = {post.id}; {code}")
    assert held(modern) != whole
    rows = verified(home, code=7)
    mine = [row for row in rows if row["kind"] == "contract" and row["id"] == "3"]
    if field:
        assert [row["problem"] for row in mine] == ["differs"], rows
        assert field in mine[0]["fields"]
    else:
        assert [row["problem"] for row in mine] == ["missing"]
    assert held(modern) != whole, "nothing was written"
    repaired = verified(home, "--repair", code=0)
    assert all(row["repaired"] for row in repaired)
    assert_same(held(modern), whole, strays=False)
    assert verified(home, code=0) == []


def test_what_a_person_edited_is_no_damage(home: Home, modern: Site) -> None:
    (post, *_) = modern.posts()
    modern.php(f"wp_update_post(['ID' => {post.id}, 'post_title' => 'Our own words']);")
    (row,) = verified(home, "--repair", code=0)
    assert (row["edited"], row["fields"], row["repaired"]) == ("title", "", False)
    assert modern.posts()[0].title == "Our own words"


def test_what_a_person_put_into_the_trash_stays_there(home: Home, modern: Site) -> None:
    modern.php(f"wp_trash_post({modern.posts()[0].id});")
    assert verified(home, "--repair", code=0) == []
    assert modern.posts()[0].status == "trash"


def test_without_the_plugin_it_says_what_is_missing(modern: Site, tmp_path: Path) -> None:
    home = Home(tmp_path, modern)
    home.see(NUMBERS)
    result = home(*VERIFY)
    assert result.exit_code == 3
    assert "the plugin is missing" in result.stderr


@pytest.mark.parametrize("way", ["rest", "xmlrpc"])
def test_an_author_whose_html_is_filtered(
    modern: Site, plugin: str, tmp_path: Path, way: str
) -> None:
    """WordPress stores less HTML of a user who may not write all; that is no damage."""
    modern.install_plugin(plugin)
    home = Home(tmp_path, modern, way, user=modern.add_user("author"))
    home.see(NUMBERS, title="[b] <script> & more")
    home.publish()
    assert verified(home, code=0) == []
    (post, *_) = modern.posts()
    modern.php(f"delete_post_meta({post.id}, 'eve_type');")
    (row,) = verified(home, "--repair", code=0)
    assert (row["fields"], row["repaired"]) == ("meta", True)
    assert verified(home, code=0) == []


def test_a_document_that_is_there_twice(home: Home, modern: Site) -> None:
    (post, *_) = modern.posts()
    modern.php(
        f"wp_insert_post(wp_slash(['post_type' => 'eve_contract', 'post_status' => 'publish', 'post_name'"
        f" => 'eve-contract-1-2', 'post_content' => get_post({post.id})->post_content]));"
    )
    (row,) = verified(home, code=7)
    assert row["fields"] == "twice"


def test_a_contributor_learns_nothing(home: Home, modern: Site) -> None:
    (post, *_) = modern.posts()
    modern.php(f"wp_update_post(['ID' => {post.id}, 'post_status' => 'private']);")
    one = {"documents": [draft(1), draft(2)]}
    private, public = rest(modern, "verify", one, modern.add_user("contributor"))["results"]
    assert private == {"outcome": "missing"}
    assert public["outcome"] == "differs"
    assert rest(modern, "verify", one, modern.add_user("subscriber")) == (403, "eveobs_not_allowed")
