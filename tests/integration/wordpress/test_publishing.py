"""The same posts on every way, once each, however often and by whatever way they are published."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from eveobs.publish.target import Outcome, Target, Write
from eveobs.publish.targets.wordpress.discovery import Surroundings, find_way
from eveobs.publish.targets.wordpress.line import Line
from eveobs.settings.secret import Secret
from tests.integration.wordpress.homes import PUBLISH, WAYS, Home
from tests.integration.wordpress.site import Site
from tests.publish.test_publishing import document

pytestmark = [pytest.mark.integration, pytest.mark.slow]
NUMBERS = range(1001, 1013)


@pytest.fixture(params=["plugin", "plain"])
def with_plugin(request: pytest.FixtureRequest, site: Site, plugin: str) -> bool:
    if request.param == "plugin":
        site.install_plugin(plugin)
    return bool(request.param == "plugin")


MODERN = pytest.mark.parametrize("site", ["modern"], indirect=True)
"""For what does not differ between versions."""


@pytest.mark.parametrize("way", WAYS)
def test_created_updated_marked_removed_restored(
    site: Site, way: str, tmp_path: Path, with_plugin: bool
) -> None:
    home = Home(tmp_path, site, way)
    home.see(NUMBERS)
    assert home.publish("--limit", "12") == {"create": 12}
    posts = site.posts()
    assert [post.slug for post in posts] == [f"eve-contract-{n}" for n in NUMBERS]
    assert {post.type for post in posts} == {"eve_contract" if with_plugin else "post"}
    site.forget_requests()
    assert home.publish("--limit", "12") == {"unchanged": 12}
    assert len(site.requests()) <= 2
    assert site.posts() == posts, "nothing was written"

    home.see(NUMBERS[:-4], at=1, price=7.5)  # four are gone, the others are cheaper
    assert home.publish() == {"update": 12}
    first = site.posts()[0]
    assert first.id == posts[0].id
    assert "7.50 ISK" in first.content
    assert "No longer offered" in site.posts()[-1].content
    assert home.publish("--prune", "--max-prune", "50%") == {"remove": 4, "unchanged": 8}
    assert [post.status for post in site.posts()] == ["publish"] * 8 + ["trash"] * 4
    assert home.publish("--prune", "--max-prune", "50%") == {"unchanged": 8}

    home.see(NUMBERS, at=2, price=7.5)
    assert home.publish() == {"update": 4, "unchanged": 8}
    assert [(p.id, p.slug, p.status) for p in site.posts()] == [
        (p.id, p.slug, "publish") for p in posts
    ]
    assert site.complaints() == ""


@MODERN
@pytest.mark.parametrize("way", WAYS)
def test_losing_the_local_map_costs_a_look_and_no_duplicate(
    site: Site, way: str, tmp_path: Path, with_plugin: bool
) -> None:
    Home(tmp_path / "one", site, way).see(NUMBERS)
    Home(tmp_path / "one", site, way).publish()
    another = Home(tmp_path / "two", site, way)
    another.see(NUMBERS)
    site.forget_requests()
    assert another.publish() == {"unchanged": 12}
    assert len(site.requests()) <= 4
    assert len(site.posts()) == 12


def test_every_way_gives_the_same_posts(site: Site, tmp_path: Path, with_plugin: bool) -> None:
    found, about = [], []
    for way in WAYS:
        site.forget_requests()
        home = Home(tmp_path / way, site, way)
        home.see(NUMBERS[:5])
        home.publish()
        posts = site.posts()
        found.append([post._replace(id=0) for post in posts])
        terms = site.data(
            f"wp_get_object_terms({posts[0].id}, get_object_taxonomies('{posts[0].type}'), ['fields' => 'names'])"
        )
        meta = {
            name: value for name, value in site.meta(posts[0].id).items() if name.startswith("eve_")
        }
        date = site.data(f"get_post({posts[0].id})->post_date_gmt")
        about.append([terms, date, meta if with_plugin else None])
        site.php(
            "foreach (get_posts(['post_type' => ['post', 'eve_contract'], 'numberposts' => -1]) as $p) { wp_delete_post($p->ID, true); }"
        )
    assert found[0] == found[1]
    assert about[0] == about[1]
    assert found[0]


@pytest.mark.parametrize("way", WAYS)
def test_meta_is_there_once(modern: Site, way: str, tmp_path: Path, plugin: str) -> None:
    for number, with_plugin in enumerate((True, False)):
        modern.reset()
        if with_plugin:
            modern.install_plugin(plugin)
        home = Home(tmp_path / str(number), modern, way)
        for at, price in enumerate((5.0, 6.0, 7.0)):
            home.see(NUMBERS[:3], at=at, price=price)
            home.publish()
        meta = modern.meta(modern.posts()[0].id)
        assert all(len(values) == 1 for values in meta.values())
        if with_plugin or way == "xmlrpc":
            assert meta["eve_price"] == ["7.00"]


def test_with_the_plugin_posts_of_before_it_become_documents(
    site: Site, tmp_path: Path, plugin: str
) -> None:
    home = Home(tmp_path, site)
    home.see(NUMBERS)
    home.publish()
    before = site.posts()
    site.install_plugin(plugin)
    home.publish()
    after = site.posts()
    assert [(post.id, post.slug) for post in after] == [(post.id, post.slug) for post in before]
    assert {post.type for post in after} == {"eve_contract"}
    assert home.publish() == {"unchanged": 12}


@MODERN
@pytest.mark.parametrize("way", WAYS)
def test_a_slug_of_a_person_is_left_and_told(
    site: Site, way: str, tmp_path: Path, with_plugin: bool
) -> None:
    kind = "eve_contract" if with_plugin else "post"
    site.php(
        f"wp_insert_post(['post_type' => '{kind}', 'post_title' => 'Mine', 'post_name' => 'eve-contract-1002', 'post_status' => 'publish', 'post_content' => 'By hand.']);"
    )
    home = Home(tmp_path, site, way)
    home.see(NUMBERS[:3])
    for _ in range(2):
        result = home(*PUBLISH, "contract")
        assert result.exit_code == 7
        assert "contract/1002" in result.stderr
        assert "eve-contract-1002" in result.stderr
        assert [
            (p.slug, p.content == "By hand.") for p in site.posts() if p.status == "publish"
        ] == [
            ("eve-contract-1001", False),
            ("eve-contract-1002", True),
            ("eve-contract-1003", False),
        ]


@MODERN
@pytest.mark.parametrize("way", WAYS)
def test_what_a_person_edited_stays(
    site: Site, way: str, tmp_path: Path, with_plugin: bool
) -> None:
    home = Home(tmp_path, site, way)
    home.see(NUMBERS[:2])
    home.publish()
    post = site.posts()[0]
    site.php(
        f"wp_update_post(['ID' => {post.id}, 'post_title' => 'A better title', 'comment_status' => 'open']);"
        f"add_post_meta({post.id}, 'note', 'mine'); wp_set_object_terms({post.id}, 'favourites', 'post_tag', true);"
        f"wp_update_post(['ID' => {post.id}, 'post_status' => 'private']);"
    )
    home.see(NUMBERS[:2], at=1, price=9.25)
    assert home.publish() == {"update": 2}
    after = site.posts()[0]
    assert (after.title, after.status) == ("A better title", "private")
    assert "9.25 ISK" in after.content
    assert site.meta(post.id)["note"] == ["mine"]
    tags = f"wp_get_object_terms({post.id}, 'post_tag', ['fields' => 'names'])"
    assert site.data(tags) == ["favourites"]


@MODERN
@pytest.mark.parametrize("way", WAYS)
def test_what_a_person_put_into_the_trash_stays_there(
    site: Site, way: str, tmp_path: Path, with_plugin: bool
) -> None:
    home = Home(tmp_path, site, way)
    home.see(NUMBERS[:2])
    home.publish()
    site.php(f"wp_trash_post({site.posts()[0].id});")
    home.see(NUMBERS[:2], at=1, price=9.25)
    assert home.publish() == {"update": 1}
    assert [post.status for post in site.posts()] == ["trash", "publish"]


@MODERN
@pytest.mark.parametrize("way", WAYS)
def test_what_a_person_deleted_is_made_again(
    site: Site, way: str, tmp_path: Path, with_plugin: bool
) -> None:
    home = Home(tmp_path, site, way)
    home.see(NUMBERS[:3])
    home.publish()
    site.php(f"wp_delete_post({site.posts()[2].id}, true);")
    home.publish()
    assert [post.slug for post in site.posts()] == [f"eve-contract-{n}" for n in NUMBERS[:3]]


@pytest.mark.parametrize("way", WAYS)
def test_a_copy_that_a_person_made_is_theirs(modern: Site, way: str, tmp_path: Path) -> None:
    home = Home(tmp_path / "one", modern, way)
    home.see(NUMBERS[:2])
    home.publish()
    (post, _) = modern.posts()
    modern.php(
        f"foreach (['draft', 'publish'] as $status) {{ wp_insert_post(wp_slash(['post_status' => $status,"
        f" 'post_title' => 'A copy', 'post_name' => 'a-copy', 'post_content' => get_post({post.id})->post_content])); }}"
    )
    another = Home(tmp_path / "two", modern, way)
    another.see(NUMBERS[:2], price=3.25)
    assert another.publish() == {"update": 2}
    copies = [one for one in modern.posts() if one.title == "A copy"]
    assert sorted(one.status for one in copies) == ["draft", "publish"]
    assert all("3.25 ISK" not in one.content for one in copies)


@pytest.mark.parametrize("way", WAYS)
def test_what_another_has_made_meanwhile_is_taken_over_whole(
    modern: Site, way: str, tmp_path: Path
) -> None:
    def opened(name: str) -> Target:
        around = Surroundings(tmp_path / name, {"contract": "Contracts"}, print)
        return find_way(Line(modern.url, modern.user, Secret(modern.app_password)), way, around)

    ours = document(1, title="Ours", meta={"price": "2.00"}, hash="a" * 32)
    theirs = document(1, title="Theirs", meta={"price": "1.00"}, hash="b" * 32)
    with closing(opened("one")) as one, closing(opened("two")) as two:
        assert one.published(["contract"]) == two.published(["contract"]) == {}
        two.write([Write(theirs)])
        (result,) = one.write([Write(ours)])
    (post,) = modern.posts()
    assert (result.outcome, result.post_id, post.title) == (Outcome.DONE, str(post.id), "Ours")
    if way == "xmlrpc":
        assert modern.meta(post.id)["eve_price"] == ["2.00"]


def test_a_dry_run_writes_nothing_and_is_what_is_done(
    modern: Site, tmp_path: Path, plugin: str
) -> None:
    modern.install_plugin(plugin)
    home = Home(tmp_path, modern)
    home.see(NUMBERS[:3])
    planned = home.json(*PUBLISH, "contract", "--limit", "3", "--dry-run")
    assert [row["action"] for row in planned] == ["create"] * 3
    assert modern.posts() == []
    home.publish("--limit", "3")
    assert [post.slug for post in modern.posts()] == [
        f"eve-contract-{row['id']}" for row in planned
    ]


def test_every_change_is_a_line_of_the_audit(modern: Site, tmp_path: Path, plugin: str) -> None:
    modern.install_plugin(plugin)
    home = Home(tmp_path, modern)
    home.see(NUMBERS[:3])
    home.publish("--limit", "3")
    lines = [
        json.loads(line) for line in (tmp_path / "state" / "audit.jsonl").read_text().splitlines()
    ]
    assert [(one["action"], one["subject"], one["result"]) for one in lines] == [
        ("publish.create", f"contract/{n}", "done") for n in NUMBERS[:3]
    ]
    assert modern.app_password not in (tmp_path / "state" / "audit.jsonl").read_text()


def test_many_that_did_not_change_cost_two_requests(
    modern: Site, tmp_path: Path, plugin: str
) -> None:
    modern.install_plugin(plugin, batch=200)
    home = Home(tmp_path, modern)
    home.see(range(1, 241))
    assert home.publish() == {"create": 240}
    for way in WAYS:
        modern.forget_requests()
        assert Home(tmp_path, modern, way).publish() == {"unchanged": 240}
        assert len(modern.requests()) == 2
