"""The companion plugin: who may do what, nothing half-done, and what a site's owner gets of it."""

from __future__ import annotations

import re
import threading
import xmlrpc.client
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from eveobs.publish.targets.wordpress import wording
from tests.cli import hostile
from tests.integration.wordpress.homes import Home
from tests.integration.wordpress.operations import call, draft, outcomes, rest
from tests.integration.wordpress.site import Credentials, Site

pytestmark = [pytest.mark.integration, pytest.mark.slow]
ROLES = ("editor", "author", "contributor", "subscriber")


@pytest.fixture
def fitted(site: Site, plugin: str) -> Site:
    """A site with the plugin, of either version."""
    site.install_plugin(plugin)
    return site


@pytest.fixture
def one(modern: Site, plugin: str) -> Site:
    """The modern site with the plugin."""
    modern.install_plugin(plugin)
    return modern


def test_both_ways_are_the_same_operations(fitted: Site) -> None:
    first = {"documents": [draft(1), draft(2)]}
    assert outcomes(rest(fitted, "upsert", first)) == ["created", "created"]
    assert outcomes(call(fitted, "upsert", first)) == ["unchanged", "unchanged"]
    index = rest(fitted, "index&kinds=contract")
    assert index == call(fitted, "index", {"kinds": "contract"})
    assert [row[:2] for row in index["rows"]] == [["contract", "1"], ["contract", "2"]]
    assert rest(fitted, "index&kinds=contract&limit=1")["next"] == "contract/1"
    (row,) = rest(fitted, "index&kinds=contract&limit=1&after=contract/1")["rows"]
    assert row[1] == "2"
    keys = {"keys": [["contract", "1"], ["contract", "9"]]}
    assert rest(fitted, "lookup", keys) == call(fitted, "lookup", keys)
    assert outcomes(call(fitted, "trash", keys)) == ["updated", "missing"]
    assert outcomes(rest(fitted, "trash", keys)) == ["updated", "missing"]
    changed = draft(1) | {"hash": "f" * 32}
    assert outcomes(rest(fitted, "upsert", {"documents": [changed]})) == ["refused in_trash"]
    back = {"documents": [changed | {"restore": True, "fields": ["title"]}]}
    assert outcomes(call(fitted, "upsert", back)) == ["updated"]
    assert [(post.slug, post.status) for post in fitted.posts()] == [
        ("eve-contract-1", "publish"),
        ("eve-contract-2", "publish"),
    ]
    assert fitted.complaints() == ""


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"documents": "x"},
        {"documents": [draft(1) | {"external_id": "../1"}]},
        {"documents": [draft(1) | {"kind": "ship"}]},
        {"documents": [draft(1) | {"slug": "A b"}]},
        {"documents": [draft(1) | {"date": "today"}]},
        {"documents": [draft(1) | {"meta": None}]},
        {"documents": [draft(1) | {"fields": ["post_author"]}]},
        {"documents": [draft(n) for n in range(201)]},
        [1],
        None,
    ],
)
def test_what_is_not_as_it_should_be_is_refused_whole(one: Site, body: Any) -> None:
    if body is not None:
        assert rest(one, "upsert", body) == (400, "eveobs_bad_request")
    assert call(one, "upsert", body) == 400
    assert one.posts() == []


def test_who_may_do_what(one: Site) -> None:
    rest(one, "upsert", {"documents": [draft(1)]})
    new = draft(2)
    for number, role in enumerate(ROLES):
        changed = draft(1) | {"hash": f"{number}" * 32}
        user = one.add_user(role)
        may = {"editor": ["updated", "created"], "author": ["refused not_allowed", "created"]}
        if role in may:
            assert outcomes(rest(one, "upsert", {"documents": [changed, new]}, user)) == may[role]
            (answer,) = call(one, "trash", {"keys": [["contract", "2"]]}, user)["results"]
            assert answer["outcome"] == "updated", "their own"
            one.php(
                "wp_delete_post(get_posts(['post_type' => 'eve_contract', 'post_status' => 'trash'])[0]->ID, true);"
            )
        elif role == "contributor":
            answered = outcomes(rest(one, "upsert", {"documents": [changed, new]}, user))
            assert answered == ["refused not_allowed", "refused not_allowed"]
        else:
            assert rest(one, "upsert", {"documents": [new]}, user) == (403, "eveobs_not_allowed")
            assert call(one, "upsert", {"documents": [new]}, user) == 401
            assert rest(one, "index&kinds=contract", None, user) == (403, "eveobs_not_allowed")
            assert rest(one, "site", None, user)["may"]["publish"] is False
    nobody = Credentials("nobody", "x")
    assert rest(one, "site", None, nobody) == (401, "eveobs_not_signed_in")
    assert call(one, "site", {}, nobody) == 403


def test_an_author_publishes_all_that_there_is(one: Site, tmp_path: Path) -> None:
    for way in ("rest", "xmlrpc"):
        home = Home(tmp_path / way, one, way, user=Credentials("author", "x"))
        if way == "rest":
            author = one.add_user("author")
        home.env["EVEOBS_WORDPRESS__APP_PASSWORD"] = author.app_password
        home.see(range(1, 6))
        home.publish()
        assert home.publish() == {"unchanged": 5}
    (post, *_) = one.posts()
    assert 'class="eveobs-facts"' in post.content
    assert wording.marker(post.content) is not None


def test_a_killed_worker_leaves_nothing_half_done(one: Site) -> None:
    one.fault("killed", after=4, times=1)
    with pytest.raises((OSError, xmlrpc.client.ProtocolError)):
        rest(one, "upsert", {"documents": [draft(n) for n in range(1, 11)]})
    one.mend()
    assert one.posts() == []
    assert (
        outcomes(rest(one, "upsert", {"documents": [draft(n) for n in range(1, 11)]}))
        == ["created"] * 10
    )


def test_two_batches_at_once_make_each_document_once(one: Site) -> None:
    body = {"documents": [draft(n) for n in range(1, 21)]}
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.append(outcomes(rest(one, "upsert", body))))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(tuple, answers)) == sorted(
        [("created",) * 20, ("unchanged",) * 20, ("unchanged",) * 20]
    )
    assert len(one.posts()) == 20


def test_an_index_that_is_lost_is_made_again(one: Site) -> None:
    rest(one, "upsert", {"documents": [draft(n) for n in (1, 2, 3)]})
    one.php(f"wp_trash_post({one.posts()[2].id});")
    first = one.posts()[0]
    one.php(
        "wp_insert_post(wp_slash(['post_type' => 'eve_contract', 'post_status' => 'publish',"
        f" 'post_name' => 'a-copy', 'post_content' => get_post({first.id})->post_content]));"
    )
    before = rest(one, "index&kinds=contract")["rows"]
    one.php(
        "global $wpdb; $wpdb->query('DROP TABLE ' . \\Eveobs\\table()); delete_option('eveobs_state');"
    )
    after = rest(one, "index&kinds=contract")["rows"]
    assert [row[:4] + row[5:] for row in after] == [row[:4] + row[5:] for row in before]
    assert [row[5] for row in after] == ["shown", "shown", "trashed"]
    one.php("global $wpdb; $wpdb->query('DELETE FROM ' . \\Eveobs\\table());")
    assert len(rest(one, "lookup", {"keys": [["contract", "1"]]})["rows"]) == 1, "by its marker"


def test_a_post_that_is_deleted_leaves_the_index(one: Site) -> None:
    rest(one, "upsert", {"documents": [draft(1)]})
    one.php(f"wp_delete_post({one.posts()[0].id}, true);")
    assert rest(one, "index&kinds=contract")["rows"] == []


@pytest.mark.parametrize(
    ("site", "with_plugin", "way"),
    [
        ("modern", True, "rest"),
        ("modern", True, "xmlrpc"),
        ("modern", False, "xmlrpc"),
        ("old", False, "rest"),
    ],
    indirect=["site"],
)
def test_hostile_texts_arrive_as_text(
    site: Site, way: str, with_plugin: bool, plugin: str, tmp_path: Path
) -> None:
    if with_plugin:
        site.install_plugin(plugin)
    titles = [
        *("<script>alert(1)</script>", "a ]]> b", "[gallery] [eveobs]", "<!-- wp:html --><b>x</b>"),
        *(
            "\x1b[31mred\x07",
            "emoji \U0001f680 \u202egnp",
            "&lt;b&gt; & \\ ' \"",
            *hostile.ALL[:10],
        ),
    ]
    titles = [title.encode("utf-8", "ignore").decode() for title in titles]
    home = Home(tmp_path, site, way)
    for number, title in enumerate(titles, 1):
        home.see([number], title=title)
    home.see(range(1, len(titles) + 1), at=1, price=1.0)
    for number, title in enumerate(titles, 1):
        _retitle(home, number, title)
    home.publish("--limit", "50")
    posts = site.posts()
    assert len(posts) == len(titles)
    shown = {
        post.slug: site.php(
            f"echo apply_filters('the_content', get_post({post.id})->post_content);"
        )
        for post in posts
    }
    first = shown["eve-contract-1"]
    assert "<script" not in first
    assert "&lt;script&gt;alert(1)" in first
    assert re.search(r"&#0?91;gallery&#0?93;|\[gallery\]", shown["eve-contract-3"])
    assert (
        "&lt;!-- wp:html" in shown["eve-contract-4"]
        or "&lt;!&#8211; wp:html" in shown["eve-contract-4"]
    )
    assert "\x1b" not in "".join(shown.values())
    assert "\U0001f680" in shown["eve-contract-6"]
    with xmlrpc.client.ServerProxy(f"{site.url}/xmlrpc.php") as server:
        wanted = {"post_type": posts[0].type, "number": 100}
        read: Any = server.wp.getPosts(0, site.user, site.app_password, wanted)
    assert len([post for post in read if post["post_name"].startswith("eve-contract")]) == len(
        titles
    )
    assert home.publish("--limit", "50") == {"unchanged": len(titles)}


def _retitle(home: Home, number: int, title: str) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(home.folder / "data" / "eveobs.sqlite3")) as store:
        store.execute("UPDATE contracts SET title = ? WHERE contract_id = ?", (title, number))
        store.commit()


def page(site: Site, address: str) -> str:
    with urlopen(site.url + address, timeout=30) as response:  # noqa: S310
        text: str = response.read().decode()
    return text


def rows(html: str) -> list[str]:
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r'data-label="Title"[^>]*><a href="[^"]+">([^<]*)</a>', body)


@pytest.fixture
def listed(one: Site) -> Site:
    """Five contracts of two regions, and pages that list them."""
    some = [
        draft(
            n,
            title=f"Deal {n}",
            meta={"price": f"{price}.00"},
            terms={"region": (region,), "status": ("Outstanding",)},
        )
        for n, price, region in [
            (1, 900, "Domain"),
            (2, 1000, "Domain"),
            (3, 30, "The Forge"),
            (4, 4, "The Forge"),
            (5, 50000, "The Forge"),
        ]
    ]
    rest(one, "upsert", {"documents": some})
    for name, text in {
        "all": '[eveobs kind="contract" sort="title"]',
        "forge": '[eveobs region="The Forge" sort="-price" columns="title,price" filter="no" per_page="2"]',
        "wrong": '[eveobs kind="starship"]',
        "block": '<!-- wp:eveobs/documents {"kind":"contract","sort":"price"} /-->',
    }.items():
        one.php(
            f"wp_insert_post(['post_type' => 'page', 'post_status' => 'publish', 'post_name' => '{name}', 'post_title' => '{name}', 'post_content' => '{text}']);"
        )
    return one


def test_a_list_in_a_page(listed: Site) -> None:
    assert rows(page(listed, "/all/")) == [f"Deal {n}" for n in (1, 2, 3, 4, 5)]
    assert rows(page(listed, "/all/?eveobs_sort=-price")) == [f"Deal {n}" for n in (5, 2, 1, 3, 4)]
    assert rows(page(listed, "/all/?eveobs_region=Domain")) == ["Deal 1", "Deal 2"]
    assert rows(page(listed, "/all/?eveobs_search=Deal+3")) == ["Deal 3"]
    forge = page(listed, "/forge/")
    assert rows(forge) == ["Deal 5", "Deal 3"]
    assert "50,000 ISK" in forge
    assert "<form" not in forge.partition("eveobs-list")[2].partition("</main>")[0]
    assert rows(page(listed, "/forge/?eveobs_page=2")) == ["Deal 4"]
    assert rows(page(listed, "/block/")) == [f"Deal {n}" for n in (4, 3, 1, 2, 5)]
    assert "starship" not in page(listed, "/wrong/").partition("<main")[2]
    assert listed.complaints() == ""


@pytest.mark.parametrize(
    "query",
    [
        "eveobs_sort=%3Cscript%3E",
        "eveobs_sort[]=x&eveobs_page[]=1",
        "eveobs_page=-1",
        "eveobs_page=1e9",
        "eveobs_region=%27+OR+1%3D1+--",
        "eveobs_search=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "x=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    ],
)
def test_what_a_visitor_asks_for_harms_nothing(listed: Site, query: str) -> None:
    html = page(listed, f"/all/?{query}")
    assert "<script>alert" not in html
    assert "eveobs-list" in html
    assert listed.complaints() == ""


def test_archives_and_pictures(one: Site) -> None:
    picture = "https://images.example/types/587/icon?size=128"
    rest(one, "upsert", {"documents": [draft(1, title="A deal", image=picture)]})
    archive = page(one, "/eve/contracts/")
    assert f'src="{picture}"' in archive
    single = page(one, "/?eve_contract=eve-contract-1")
    assert "A deal" in single
    assert picture not in single, "its own header shows it"
    assert ".eveobs-facts" in single
    assert one.complaints() == ""


def test_leaving_takes_everything_along(listed: Site) -> None:
    listed.php("update_option('eveobs_remove_data', 'yes'); \\Eveobs\\uninstall();")
    listed.remove_plugin()
    left = "$GLOBALS['wpdb']->get_col(\"SELECT post_type FROM {$GLOBALS['wpdb']->posts} WHERE post_type LIKE 'eve_%'\")"
    assert listed.data(left) == []
    terms = "$GLOBALS['wpdb']->get_col(\"SELECT taxonomy FROM {$GLOBALS['wpdb']->term_taxonomy} WHERE taxonomy LIKE 'eve_%'\")"
    assert listed.data(terms) == []
    meta = "$GLOBALS['wpdb']->get_col(\"SELECT meta_key FROM {$GLOBALS['wpdb']->postmeta} WHERE meta_key LIKE 'eve_%'\")"
    assert listed.data(meta) == []
    assert listed.data("get_option('eveobs_state')") is False
