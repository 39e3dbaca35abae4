"""The companion plugin under attack: what visitors, players and users of a low role try at it.

`[pwn]` is a shortcode of the tests that prints PWNED: wherever that word appears, a text that came
from outside was executed.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from eveobs.publish.targets.wordpress import wording
from tests.integration.wordpress.operations import call, draft, outcomes, rest
from tests.integration.wordpress.site import Credentials, Post, Site
from tests.publish.test_publishing import document

pytestmark = [pytest.mark.integration, pytest.mark.slow]
SHORTCODE = "<?php add_shortcode('pwn', fn() => 'PWN' . 'ED');"


@pytest.fixture
def attacked(modern: Site, plugin: str) -> Any:
    """A site with the plugin and a shortcode that shows when it is run."""
    modern.install_plugin(plugin)
    shortcode = modern.files / "wp-content/mu-plugins/pwn.php"
    shortcode.write_text(SHORTCODE)
    yield modern
    shortcode.unlink()


def page(site: Site, address: str) -> str:
    """What is shown there, be it that nothing is."""
    try:
        with urlopen(site.url + address, timeout=30) as response:  # noqa: S310 - on loopback
            text: str = response.read().decode()
    except HTTPError as error:
        with error:
            text = error.read().decode()
    return text


def put_page(site: Site, name: str, content: str) -> None:
    site.php(
        f"wp_insert_post(wp_slash(['post_type' => 'page', 'post_status' => 'publish', 'post_name' =>"
        f" '{name}', 'post_title' => '{name}', 'post_content' => base64_decode('"
        f"{b64encode(content.encode()).decode()}')]));"
    )


BLOCK = '<!-- wp:eveobs/documents {"kind":"contract","columns":"title,excerpt,image,region,type,price"} /-->'
LOOP = (
    '<!-- wp:query {"query":{"postType":"eve_contract","perPage":10,"inherit":false}} --><div class='
    '"wp-block-query"><!-- wp:post-template --><!-- wp:post-title /--><!-- wp:post-featured-image /-->'
    '<!-- wp:post-excerpt /--><!-- wp:post-terms {"term":"eve_region"} /--><!-- wp:post-content /-->'
    '<!-- wp:paragraph {"metadata":{"bindings":{"content":{"source":"core/post-meta","args":{"key":'
    '"eve_type"}}}}} --><p></p><!-- /wp:paragraph --><!-- /wp:post-template --></div><!-- /wp:query -->'
)


@pytest.mark.parametrize("content", [BLOCK, LOOP], ids=["block", "loop"])
def test_what_players_typed_is_no_shortcode(attacked: Site, content: str) -> None:
    """Titles, excerpts, terms and meta are put into pages before WordPress expands shortcodes."""
    hostile = draft(
        1,
        title="a [pwn] b",
        meta={"type": "m [pwn] n", "price": "[pwn]"},
        terms={"region": ("r [pwn] s",), "status": ("Outstanding",)},
        image="https://images.example/[pwn]",
    ) | {"excerpt": "e [pwn] f", "title": "a [pwn] b"}
    assert outcomes(rest(attacked, "upsert", {"documents": [hostile]})) == ["created"]
    put_page(attacked, "offers", content + "[pwn]")
    html = page(attacked, "/offers/")
    assert html.count("PWNED") == 1, "the page's own, and no other"
    assert re.search(r"a &#0?91;pwn&#0?93; b", html)
    assert "PWNED" not in page(attacked, "/eve/contracts/")
    assert "PWNED" not in page(attacked, "/?eve_contract=eve-contract-1")
    assert outcomes(rest(attacked, "upsert", {"documents": [hostile]})) == ["unchanged"]


@pytest.mark.parametrize(
    "query",
    [
        "eveobs_search=[pwn]",
        "eveobs_region=[pwn]",
        "eveobs_sort=[pwn]",
        "eveobs_page=[pwn]",
        "[pwn]=x",
        "x=[pwn]",
        "x[]=[pwn]",
        "eveobs2_search=[pwn]",
        "s=[pwn]&eveobs_search=a",
    ],
)
@pytest.mark.parametrize("encoded", [True, False])
def test_what_a_visitor_types_is_no_shortcode(attacked: Site, query: str, encoded: bool) -> None:
    rest(attacked, "upsert", {"documents": [draft(n) for n in range(1, 4)]})
    put_page(attacked, "offers", BLOCK.replace('"kind"', '"per_page":"1","kind"') + BLOCK)
    html = page(attacked, "/offers/?" + (quote(query, safe="=&") if encoded else query))
    assert "PWNED" not in html
    lists = html.partition('<div class="eveobs eveobs-list"')[2].partition("</main>")[0]
    assert lists or query.startswith("s="), "a search shows another page"
    assert not re.search(r"[\[\]]", lists), "no bracket, in whatever attribute"


def test_a_list_carries_only_what_is_its_own(attacked: Site) -> None:
    rest(attacked, "upsert", {"documents": [draft(n) for n in range(1, 4)]})
    put_page(attacked, "offers", BLOCK.replace('"kind"', '"per_page":"1","kind"'))
    html = page(
        attacked, "/offers/?utm=seen&eveobs_search=Contract&eveobs_evil=1&eveobs2_sort=title"
    )
    assert "utm" not in html.partition("<main")[2]
    assert "eveobs_evil" not in html
    assert re.search(r'href="[^"]*eveobs_search=Contract[^"]*eveobs_page=2|rel="next"', html)
    links = re.findall(r'<a (?:rel="next" )?href="([^"]*eveobs_page=2[^"]*)"', html)
    assert links
    for link in links:
        assert link.startswith(attacked.url + "/offers/?")
        assert "eveobs_search=Contract" in link
        assert "eveobs2_sort=title" in link, "another list of the page keeps its order"
    for crooked in ("//evil.example/..//offers/?page_id=2", "//evil.example/?eveobs_sort=x"):
        assert not re.search(r'href="(https?:)?//evil', page(attacked, crooked))


def test_lists_say_nothing_of_what_needs_a_password(attacked: Site) -> None:
    secret = draft(
        1, title="Deal", meta={"price": "777"}, image="https://images.example/secret.png"
    )
    rest(attacked, "upsert", {"documents": [secret | {"excerpt": "the secret excerpt"}, draft(2)]})
    (post, _) = attacked.posts()
    attacked.php(f"wp_update_post(['ID' => {post.id}, 'post_password' => 'sesame']);")
    put_page(attacked, "offers", BLOCK)
    for address in (
        "/offers/",
        "/eve/contracts/",
        f"/?eve_contract={post.slug}",
        "/offers/?eveobs_sort=price",
    ):
        html = page(attacked, address)
        assert "secret" not in html, address
        assert "777" not in html, address
    with urlopen(f"{attacked.url}/?rest_route=/wp/v2/eve_contract/{post.id}", timeout=30) as answer:  # noqa: S310
        assert "777" not in answer.read().decode(), "REST gives its fields to nobody either"


# --- who may do what


def as_user(site: Site, user: Credentials, code: str) -> Any:
    """The value of a PHP expression for `user`."""
    return site.data(
        f"(function () {{ wp_set_current_user(get_user_by('login', '{user.name}')->ID); return {code}; }})()"
    )


def planted(
    site: Site, user: Credentials, number: int, status: str, kind: str = "eve_contract"
) -> int:
    """A post of `user` that says it is a document, in the state in which its hash would be right."""
    made = document(number, hash=f"{number:032x}")
    content = b64encode(wording.content(made).encode()).decode()
    return int(
        site.data(
            "(function () { $id = wp_insert_post(wp_slash(['post_type' => '"
            + kind
            + "', 'post_status'"
            f" => '{status}', 'post_name' => '{made.slug}', 'post_title' => 'planted', 'post_author' =>"
            f" get_user_by('login', '{user.name}')->ID, 'post_content' => base64_decode('{content}')]));"
            " return $id; })()"
        )
    )


def status_of(site: Site, post_id: int) -> str:
    return str(site.data(f"get_post_status({post_id})"))


@pytest.mark.parametrize("ask", [rest, call])
@pytest.mark.parametrize("kind", ["eve_contract", "post"])
@pytest.mark.parametrize("state", ["draft", "pending", "trashed draft"])
def test_a_contributor_publishes_by_no_door(
    attacked: Site, ask: Any, kind: str, state: str
) -> None:
    user = attacked.add_user("contributor")
    post = planted(attacked, user, 1, state.rsplit(maxsplit=1)[-1], kind)
    if "trashed" in state:
        attacked.php(f"wp_trash_post({post});")
    for restore in (False, True):
        one = draft(1) | {"restore": restore}
        for _ in range(2):
            answered = ask(attacked, "upsert", {"documents": [one]}, user)
            assert outcomes(answered)[0].startswith("refused")
        ask(attacked, "lookup", {"keys": [["contract", "1"]]}, user)
        assert status_of(attacked, post) not in ("publish", "future", "private")
    assert rest(attacked, "index&kinds=contract")["rows"] == [], "it is not in the index"


def test_a_contributor_restores_nothing_that_was_theirs(attacked: Site) -> None:
    """Published once as an author, then made a contributor, and trashed: known to the index."""
    user = attacked.add_user("author")
    rest(attacked, "upsert", {"documents": [draft(1)]}, user)
    post = attacked.posts()[0].id
    rest(attacked, "trash", {"keys": [["contract", "1"]]}, user)
    attacked.php("get_user_by('login', 'author')->set_role('contributor');")
    attacked.php(f"update_post_meta({post}, '_wp_trash_meta_status', 'draft');")
    one = draft(1) | {"restore": True, "hash": "e" * 32}
    assert outcomes(rest(attacked, "upsert", {"documents": [one]}, user))[0].startswith("refused")
    assert status_of(attacked, post) == "trash"
    assert publish_over_rest(attacked, user, post) in (401, 403)
    assert status_of(attacked, post) == "trash"


def publish_over_rest(site: Site, user: Credentials, post: int) -> int:
    """WordPress's own route, for the plugin's post type; the status of its answer."""
    token = b64encode(f"{user.name}:{user.app_password}".encode()).decode()
    request = Request(  # noqa: S310 - on loopback
        f"{site.url}/?rest_route=/wp/v2/eve_contract/{post}",
        json.dumps({"status": "publish"}).encode(),
        {"Authorization": f"Basic {token}", "Content-Type": "application/json"},
    )
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


def test_a_contributor_makes_no_terms_and_takes_no_pictures(attacked: Site) -> None:
    user = attacked.add_user("author")
    rest(attacked, "upsert", {"documents": [draft(1)]}, user)
    post = attacked.posts()[0].id
    attacked.php("get_user_by('login', 'author')->set_role('contributor');")
    attacked.php(f"wp_update_post(['ID' => {post}, 'post_status' => 'draft']);")
    one = draft(1, terms={"region": ("Made up",), "status": ()}) | {
        "hash": "f" * 32,
        "thumbnail": post,
    }
    rest(attacked, "upsert", {"documents": [one]}, user)
    assert attacked.data("get_term_by('name', 'Made up', 'eve_region')") is False
    assert not attacked.data(f"get_post_thumbnail_id({post})"), "what is no picture is none"


def test_what_is_private_is_told_to_nobody_else(attacked: Site) -> None:
    """Neither that it is there, nor its title, its number or its state."""
    rest(
        attacked, "upsert", {"documents": [draft(n, title="Very secret deal") for n in range(1, 7)]}
    )
    posts = {post.slug: post.id for post in attacked.posts()}
    for number, status in enumerate(["private", "draft", "pending"], 1):
        attacked.php(
            f"wp_update_post(['ID' => {posts[f'eve-contract-{number}']}, 'post_status' => '{status}']);"
        )
    attacked.php(f"wp_update_post(['ID' => {posts['eve-contract-4']}, 'post_password' => 'x']);")
    rest(attacked, "trash", {"keys": [["contract", "5"]]})
    attacked.php(
        "wp_insert_post(['post_type' => 'eve_contract', 'post_status' => 'private', 'post_name' =>"
        " 'eve-contract-7', 'post_title' => 'Very secret deal', 'post_content' => 'x', 'post_author' => 1]);"
    )
    for role in ("contributor", "author"):
        user = attacked.add_user(role)
        for ask in (rest, call):
            if ask is rest:
                index = rest(attacked, "index&kinds=contract", None, user)["rows"]
            else:
                index = call(attacked, "index", {"kinds": "contract"}, user)["rows"]
            assert [row[1] for row in index] == ["6"]
            after: str | None = ""
            cursors: list[str | None] = []
            while after is not None and len(cursors) < 10:
                if ask is rest:
                    some = rest(attacked, f"index&kinds=contract&limit=1&after={after}", None, user)
                else:
                    wanted = {"kinds": "contract", "limit": 1, "after": after}
                    some = call(attacked, "index", wanted, user)
                after = some["next"]
                cursors.append(after)
            assert set(cursors) <= {"contract/6", None}, "the way on names nothing private either"
            keys = [["contract", str(n)] for n in range(1, 8)]
            assert [r[1] for r in ask(attacked, "lookup", {"keys": keys}, user)["rows"]] == ["6"]
            same = {"documents": [draft(n, title="Very secret deal") for n in range(1, 8)]}
            answered = ask(attacked, "upsert", same, user)
            told = json.dumps(answered["results"][:5] + answered["results"][6:])
            assert "secret" not in told
            assert "private" not in told
            assert "trash" not in told
            assert not re.search(r"post \d", told), "no number of a post"
            refusals = {
                json.dumps(r).replace(f"eve-contract-{n}", "")
                for n, r in enumerate(answered["results"], 1)
                if n != 6
            }
            assert len(refusals) == 1, "one no is like the other"
            removed = ask(
                attacked, "trash", {"keys": [["contract", str(n)] for n in range(1, 6)]}, user
            )
            assert set(outcomes(removed)) <= {"missing"}
    own = rest(attacked, "index&kinds=contract")["rows"]
    assert [row[1] for row in own] == ["1", "2", "3", "4", "5", "6"], "the administrator may know"


def test_a_collision_tells_its_title_only_to_who_may_read_it(attacked: Site) -> None:
    attacked.php(
        "wp_insert_post(['post_type' => 'eve_contract', 'post_status' => 'publish', 'post_name' =>"
        " 'eve-contract-1', 'post_title' => 'A page of ours', 'post_content' => 'x']);"
    )
    (result,) = rest(attacked, "upsert", {"documents": [draft(1)]})["results"]
    assert result["error"]["code"] == "slug_taken"
    assert "A page of ours" in result["error"]["message"]


def test_a_planted_post_poisons_no_index(attacked: Site) -> None:
    """A contributor's draft that bears the right hash never makes a document `unchanged`."""
    user = attacked.add_user("contributor")
    planted(attacked, user, 1, "draft")
    for ask in (rest, call):
        assert ask(attacked, "lookup", {"keys": [["contract", "1"]]}, user)["rows"] == []
        found = ask(attacked, "lookup", {"keys": [["contract", "1"]]})["rows"]
        assert [row[3] for row in found] in ([], [""]), "without its hash"
    attacked.php(
        "global $wpdb; $wpdb->query('DROP TABLE ' . \\Eveobs\\table()); delete_option('eveobs_state');"
    )
    assert rest(attacked, "index&kinds=contract")["rows"] == []


@pytest.mark.parametrize("fake", ["../../x", "a'b", "contract'; --", "CONTRACT"])
def test_keys_that_are_none(attacked: Site, fake: str) -> None:
    assert rest(attacked, "lookup", {"keys": [[fake, "1"]]}) == (400, "eveobs_bad_request")
    assert rest(attacked, "trash", {"keys": [[fake, "1"]]}) == (400, "eveobs_bad_request")
    assert rest(attacked, f"index&kinds={quote(fake)}")["rows"] == []
    assert rest(attacked, f"index&kinds=contract&after={quote(fake + '/1')}")["rows"] == []


def test_a_subscriber_learns_nothing_of_the_machine(attacked: Site) -> None:
    about = rest(attacked, "site", None, attacked.add_user("subscriber"))
    assert "php" not in about
    assert "documents" not in about


# --- the lock, and leaving


def test_no_file_is_left_in_the_shared_folder(attacked: Site) -> None:
    files = "array_filter(glob(get_temp_dir() . 'eveobs-*'), 'is_file')"
    before = attacked.data(files)
    rest(attacked, "upsert", {"documents": [draft(1)]})
    rest(attacked, "trash", {"keys": [["contract", "1"]]})
    assert attacked.data(files) == before


def documents_of(site: Site) -> list[Post]:
    return [post for post in site.posts() if post.type.startswith("eve_")]


UNINSTALL = (
    "if (!defined('WP_UNINSTALL_PLUGIN')) { define('WP_UNINSTALL_PLUGIN', 'eveobs/eveobs.php'); }"
    " \\Eveobs\\uninstall();"
)


def test_uninstall_removes_nothing_unless_the_owner_said_so(attacked: Site) -> None:
    rest(attacked, "upsert", {"documents": [draft(n) for n in range(1, 4)]})
    before = attacked.posts()
    attacked.php(UNINSTALL)
    assert attacked.posts() == before
    assert len(rest(attacked, "index&kinds=contract")["rows"]) == 3
    attacked.php("update_option('eveobs_remove_data', 'yes');")
    attacked.php(UNINSTALL)
    attacked.remove_plugin()
    assert attacked.posts() == []
    for table, column in (
        ("postmeta", "meta_key"),
        ("term_taxonomy", "taxonomy"),
        ("options", "option_name"),
    ):
        found = f"$GLOBALS['wpdb']->get_col(\"SELECT {column} FROM \" . $GLOBALS['wpdb']->{table})"  # noqa: S608 - names of ours
        left = [name for name in attacked.data(found) if name.startswith(("eve_", "eveobs"))]
        assert left == [], table


def test_only_an_administrator_sets_the_choice(attacked: Site) -> None:
    """Settings, Writing: off from the start, a checkbox, saved by WordPress's own options page."""
    form = attacked.php(
        "require_once ABSPATH . 'wp-admin/includes/admin.php'; do_action('admin_init');"
        " do_settings_fields('writing', 'eveobs');"
        " echo get_registered_settings()['eveobs_remove_data']['show_in_rest'] ? 'REST' : '';"
    )
    assert 'name="eveobs_remove_data"' in form
    assert "checked" not in form
    assert "REST" not in form


def test_an_update_removes_nothing_and_asks_nothing(attacked: Site) -> None:
    rest(attacked, "upsert", {"documents": [draft(1)]})
    attacked.php(
        "update_option('eveobs_remove_data', 'yes'); update_option('eveobs_state', '0.0.9 old');"
    )
    page(attacked, "/")
    assert len(documents_of(attacked)) == 1
    assert len(rest(attacked, "index&kinds=contract")["rows"]) == 1
    assert attacked.data("get_option('uninstall_plugins')") in (False, [])
    queries = attacked.data(
        "(function () { global $wpdb; $before = $wpdb->num_queries; \\Eveobs\\install(); return"
        " $wpdb->num_queries - $before; })()"
    )
    assert queries == 0, "a request of a page costs no query of the plugin"


NETWORK = (
    "require_once ABSPATH . 'wp-admin/includes/upgrade.php'; require_once ABSPATH ."
    " 'wp-admin/includes/schema.php'; global $wpdb; foreach ($wpdb->tables('ms_global') as $name =>"
    " $table) { $wpdb->$name = $table; } install_network(); populate_network(1, 'HOST',"
    " 'observer@example.test', 'A network', '/', false);"
)


def test_uninstall_on_a_network_asks_each_owner(attacked: Site) -> None:
    """Three sites; the owner of the second alone wants everything removed."""
    host = attacked.url.removeprefix("http://")
    attacked.php(NETWORK.replace("HOST", host))
    config = attacked.files / "wp-config.php"
    kept = config.read_text()
    lines = (
        "define('MULTISITE', true); define('SUBDOMAIN_INSTALL', false); define('DOMAIN_CURRENT_SITE',"
        f" '{host}'); define('PATH_CURRENT_SITE', '/'); define('SITE_ID_CURRENT_SITE', 1);"
        " define('BLOG_ID_CURRENT_SITE', 1);"
    )
    config.write_text(kept.replace("<?php\n", f"<?php\n{lines}\n", 1))
    try:
        count = (
            "array_map(function ($site) { switch_to_blog($site); global $wpdb; $found = (int)"
            " $wpdb->get_var(\"SELECT COUNT(*) FROM $wpdb->posts WHERE post_type = 'eve_contract'\");"
            " restore_current_blog(); return $found; }, get_sites(['fields' => 'ids', 'number' => 0]))"
        )
        attacked.php(
            "foreach (['two', 'three'] as $name) { wp_insert_site(['domain' => '"
            + host
            + "', 'path'"
            " => \"/$name/\", 'network_id' => 1, 'user_id' => 1, 'title' => $name]); }"
            " foreach (get_sites(['fields' => 'ids']) as $site) { switch_to_blog($site);"
            " \\Eveobs\\install(); wp_insert_post(['post_type' => 'eve_contract', 'post_status' =>"
            " 'publish', 'post_title' => 'x']); restore_current_blog(); }"
            " update_blog_option(2, 'eveobs_remove_data', 'yes');"
        )
        assert attacked.data(count) == [1, 1, 1]
        attacked.php(UNINSTALL)
        assert attacked.data(count) == [1, 0, 1]
        tables = attacked.data(
            "array_map(function ($site) { switch_to_blog($site); $there = \\Eveobs\\has_table();"
            " restore_current_blog(); return $there; }, [1, 2, 3])"
        )
        assert tables == [True, False, True]
    finally:
        config.write_text(kept)
