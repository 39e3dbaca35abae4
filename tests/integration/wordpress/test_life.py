"""The life of a site: what its people do to a plugin, to posts, and to the trash, over months."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.integration.wordpress.homes import PUBLISH, Home
from tests.integration.wordpress.operations import draft, outcomes, rest
from tests.integration.wordpress.site import Site

pytestmark = [pytest.mark.integration, pytest.mark.slow]
WAYS = ("plugin-rest", "plugin-xmlrpc", "plain-rest", "plain-xmlrpc")
NUMBERS = range(1, 6)


def home_for(site: Site, plugin: str, way: str, folder: Path, **more: object) -> Home:
    if way.startswith("plugin"):
        site.install_plugin(plugin)
    made = Home(folder, site, way.partition("-")[2], **more)  # type: ignore[arg-type]
    made.see(NUMBERS)
    return made


def status(site: Site, address: str) -> int:
    try:
        with urlopen(site.url + address, timeout=30) as answer:  # noqa: S310 - on loopback
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


@pytest.fixture
def activated(modern: Site, plugin: str) -> Site:
    """A site with the plugin as its people install it: in a folder, and activated."""
    folder = modern.files / "wp-content/plugins/eveobs"
    folder.mkdir(exist_ok=True)
    (folder / "eveobs.php").write_text(plugin)
    switch(modern, "activate")
    return modern


def switch(site: Site, what: str) -> None:
    """Activate or deactivate the plugin, and load the site once more."""
    site.php(
        "require_once ABSPATH . 'wp-admin/includes/plugin.php';"
        f" $error = {what}_plugin{'s' if what == 'deactivate' else ''}('eveobs/eveobs.php');"
        " if (is_wp_error($error)) { echo $error->get_error_message(); }"
    )
    status(site, "/")


PAGES = ("/eve/contracts/", "/eve/contract/eve-contract-1/")


def test_deactivated_flushed_and_activated_again(activated: Site) -> None:
    rest(activated, "upsert", {"documents": [draft(1)]})
    assert [status(activated, page) for page in PAGES] == [200, 200]
    switch(activated, "deactivate")
    assert [status(activated, page) for page in PAGES] == [404, 404]
    activated.php("flush_rewrite_rules(false);")
    switch(activated, "activate")
    assert [status(activated, page) for page in PAGES] == [200, 200]
    activated.php(
        "require_once ABSPATH . 'wp-admin/includes/plugin.php'; deactivate_plugins('eveobs/eveobs.php');"
    )


def test_rules_that_are_flushed_while_the_plugin_is_away(modern: Site, plugin: str) -> None:
    """A must-use plugin is activated by nobody: its file goes, permalinks are saved, and it is back."""
    modern.install_plugin(plugin)
    rest(modern, "upsert", {"documents": [draft(1)]})
    modern.remove_plugin()
    modern.php("flush_rewrite_rules(false); delete_transient('eveobs_flushed');")
    assert status(modern, PAGES[0]) == 404
    modern.install_plugin(plugin)
    status(modern, "/")
    assert [status(modern, page) for page in PAGES] == [200, 200]


def test_a_table_that_is_lost_while_its_option_stays(modern: Site, plugin: str) -> None:
    modern.install_plugin(plugin)
    rest(modern, "upsert", {"documents": [draft(1)]})
    modern.php("global $wpdb; $wpdb->query('DROP TABLE ' . \\Eveobs\\table());")
    assert rest(modern, "site")["lacks"] == []
    assert [row[1] for row in rest(modern, "index&kinds=contract")["rows"]] == ["1"]
    assert outcomes(rest(modern, "upsert", {"documents": [draft(1)]})) == ["unchanged"]
    assert len(modern.posts()) == 1


@pytest.mark.parametrize("way", WAYS[:2])
def test_the_trash_is_emptied_after_thirty_days(
    modern: Site, plugin: str, way: str, tmp_path: Path
) -> None:
    home = home_for(modern, plugin, way, tmp_path)
    home.publish()
    first, second, *_ = modern.posts()
    modern.php(f"wp_trash_post({first.id});")
    home.see(NUMBERS[2:], at=1)
    home.publish("--prune", "--max-prune", "100%")
    assert modern.posts()[1].status == "trash"
    modern.php(
        f"update_post_meta({first.id}, '_wp_trash_meta_time', 1);"
        f" update_post_meta({second.id}, '_wp_trash_meta_time', 1); wp_scheduled_delete();"
    )
    assert [post.slug for post in modern.posts()] == [f"eve-contract-{n}" for n in (3, 4, 5)]
    home.see(NUMBERS, at=2)
    home.publish()
    there = [post.slug for post in modern.posts()]
    assert "eve-contract-1" not in there, "a person put it into the trash"
    assert "eve-contract-2" in there, "eveobs did, and it is back"
    assert sum(home.publish().values()) == 4
    modern.php(
        "require_once ABSPATH . 'wp-admin/includes/admin.php'; do_action('admin_init');"
        " update_option('eveobs_forget_removed', 'yes');"
    )
    assert home.publish()["create"] == 1, "the owner wants it back"


@pytest.mark.parametrize("way", WAYS)
def test_words_of_a_person_survive_trash_and_return(
    modern: Site, plugin: str, way: str, tmp_path: Path
) -> None:
    home = home_for(modern, plugin, way, tmp_path)
    home.publish()
    (post, *_) = modern.posts()
    modern.php(f"wp_update_post(['ID' => {post.id}, 'post_title' => 'Our own words']);")
    if way.startswith("plugin"):
        assert modern.data(f"count(wp_get_post_revisions({post.id}))") >= 1, "and can be had again"
    home.see(NUMBERS[1:], at=1)
    home.publish("--prune", "--max-prune", "100%")
    assert modern.posts()[0].status == "trash"
    home.see(NUMBERS, at=2)
    home.publish()
    back = next(one for one in modern.posts() if one.id == post.id)
    assert (back.status, back.title, back.slug) == ("publish", "Our own words", "eve-contract-1")


@pytest.mark.parametrize("way", WAYS)
def test_a_document_of_another_author_is_not_made_anew(
    modern: Site, plugin: str, way: str, tmp_path: Path
) -> None:
    """An author publishes; an editor takes one of the posts over."""
    user = modern.add_user("author")
    home = home_for(modern, plugin, way, tmp_path, user=user)
    home(*PUBLISH, "contract")
    before = modern.posts()
    assert len(before) == len(NUMBERS)
    modern.php(f"wp_update_post(['ID' => {before[0].id}, 'post_author' => 1]);")
    for at in (1, 2):
        home.see(NUMBERS, at=at, price=float(7 + at))
        again = home(*PUBLISH, "contract")
        assert again.exit_code == 7, again.output
        assert "contract/1" in again.stderr
        shown = [(post.slug, post.id) for post in modern.posts()]
        assert shown == [(post.slug, post.id) for post in before], "none twice, none in the trash"


@pytest.mark.parametrize("way", WAYS[2:])
def test_an_author_without_the_plugin_is_told_where_posts_go(
    modern: Site, plugin: str, way: str, tmp_path: Path
) -> None:
    home = home_for(modern, plugin, way, tmp_path, user=modern.add_user("author"))
    done = home(*PUBLISH, "contract")
    assert done.exit_code == 0, done.output
    said = " ".join(done.stderr.split())
    assert "Uncategorized" in said or "default category" in said
    assert "front page" in said
    assert "eve-contract" in said, "what to do"
    (post, *_) = modern.posts()
    talk = json.loads(
        modern.php(
            f"$p = get_post({post.id}); echo json_encode([$p->comment_status, $p->ping_status]);"
        )
    )
    assert talk == ["closed", "closed"]
