"""`eveobs publish check` says what a site offers, what it lacks, and how to get it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import Eveobs, process
from tests.integration.wordpress.homes import PUBLISH, Home
from tests.integration.wordpress.site import Site

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def checked(home: Eveobs) -> dict[str, dict[str, str]]:
    return {row["check"]: row for row in home.json("publish", "check")}


def test_without_the_plugin_it_says_how_to_get_it(site: Site, tmp_path: Path) -> None:
    rows = checked(Home(tmp_path, site))
    assert rows["plugin"]["status"] == "warning"
    assert "eveobs publish plugin > eveobs.php" in rows["plugin"]["hint"]
    assert rows["way"]["found"] == "REST without the plugin"
    assert rows["permalinks"]["found"] == ("pretty" if site.variant == "modern" else "plain")
    assert rows["user"]["found"] == "observer, administrator"
    assert site.posts() == []


def test_with_it_all_is_well(site: Site, tmp_path: Path, plugin: str) -> None:
    site.install_plugin(plugin)
    for way, name in (("auto", "REST"), ("xmlrpc", "XML-RPC")):
        rows = checked(Home(tmp_path, site, way))
        assert {row["status"] for row in rows.values()} == {"ok"}
        assert rows["way"]["found"] == f"{name} with the plugin"
    assert rows["batch"]["found"] == "100 documents a request"


def test_templates_that_the_plugin_does_not_know(modern: Site, tmp_path: Path, plugin: str) -> None:
    modern.install_plugin(plugin)
    own = tmp_path / "templates"
    own.mkdir()
    (own / "deal.html").write_text(
        '{#\nkind = "deal"\nsingular = "Deal"\nplural = "Deals"\nrecords = ["contracts"]\n'
        'title = "Deal"\nexcerpt = ""\ndate = "date_issued"\n#}\n<p>x</p>'
    )
    home = Home(tmp_path / "home", modern)
    home.env["EVEOBS_PUBLISH__TEMPLATES"] = str(own)
    rows = checked(home)
    assert rows["types"]["status"] == "warning"
    assert "not deal" in rows["types"]["found"]
    home.see([1])
    result = home(*PUBLISH, "deal")
    assert result.exit_code == 7
    assert "does not know the kind deal" in result.stderr
    modern.install_plugin(home("publish", "plugin").stdout)
    assert checked(home)["types"]["status"] == "ok"
    assert home(*PUBLISH, "deal").exit_code == 0


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        ({"EVEOBS_WORDPRESS__APP_PASSWORD": "wrong"}, 4, "application password"),
        ({"EVEOBS_WORDPRESS__APP_PASSWORD": ""}, 4, "EVEOBS_WORDPRESS__APP_PASSWORD_FILE"),
        ({"EVEOBS_WORDPRESS__USERNAME": ""}, 3, "wordpress.username"),
        ({"EVEOBS_WORDPRESS__URL": ""}, 3, "wordpress.url"),
        ({"EVEOBS_WORDPRESS__URL": "http://eve.example"}, 3, "https"),
        ({"EVEOBS_WORDPRESS__URL": "http://127.0.0.1:9"}, 5, "cannot be reached"),
        ({"EVEOBS_WORDPRESS__TRANSPORT": "gopher"}, 3, "auto, rest, xmlrpc"),
    ],
)
def test_what_keeps_it_from_working(
    modern: Site, tmp_path: Path, change: dict[str, str], code: int, told: str
) -> None:
    home = Home(tmp_path, modern)
    home.see([1])
    home.env |= change
    for command in (("publish", "check"), (*PUBLISH, "contract")):
        result = home(*command)
        assert result.exit_code == code, result.output
        assert told in result.stderr


def test_roles_that_are_too_low(modern: Site, tmp_path: Path, plugin: str) -> None:
    user = modern.add_user("subscriber")
    for way in ("auto", "xmlrpc"):
        home = Home(tmp_path / way, modern, way, user=user)
        home.see([1])
        result = home("publish", "check")
        assert (result.exit_code, "role Author" in result.stderr) == (4, True)
        assert home(*PUBLISH, "contract").exit_code == 4


def test_where_rest_is_shut_xmlrpc_is_taken(modern: Site, tmp_path: Path, plugin: str) -> None:
    modern.install_plugin(plugin)
    shut = modern.files / "wp-content/mu-plugins/shut.php"
    home = Home(tmp_path, modern)
    home.see([1])
    refusal = "new WP_Error('rest_disabled', 'REST is disabled.', ['status' => 401])"
    shut.write_text(f"<?php add_filter('rest_authentication_errors', fn() => {refusal});")
    try:
        rows = checked(home)
        assert rows["way"]["found"] == "XML-RPC with the plugin"
        assert "switched off" in rows["REST"]["found"]
        assert home.publish() == {"create": 1}
    finally:
        shut.unlink()


def test_health_looks_at_the_site_too(modern: Site, tmp_path: Path, plugin: str) -> None:
    modern.install_plugin(plugin)
    home = Home(tmp_path, modern)
    (row,) = home.json("health", "--check", "wordpress")
    assert (row["state"], row["figure"]) == ("healthy", "REST with the plugin")
    home.env["EVEOBS_WORDPRESS__APP_PASSWORD"] = "wrong"
    result = home("health", "--check", "wordpress", "--json")
    assert result.exit_code == 1
    assert "application password" in result.output
    home.env["EVEOBS_WORDPRESS__URL"] = ""
    assert home.json("health", "--check", "wordpress")[0]["figure"] == "no site is named"


def test_secrets_never_stand_on_the_command_line(modern: Site, tmp_path: Path) -> None:
    home = Home(tmp_path, modern)
    result = home("--set", "wordpress.app_password=open sesame", "publish", "check")
    assert result.exit_code == 3
    assert "can be read by others" in result.stderr
    assert "sesame" not in result.output


def test_the_password_from_a_file(modern: Site, tmp_path: Path) -> None:
    home = Home(tmp_path, modern)
    del home.env["EVEOBS_WORDPRESS__APP_PASSWORD"]
    (tmp_path / "secret").write_text(modern.app_password + "\n")
    home.env["EVEOBS_WORDPRESS__APP_PASSWORD_FILE"] = str(tmp_path / "secret")
    assert checked(home)["user"]["status"] == "ok"


def test_at_forty_columns_and_without_utf8(modern: Site, tmp_path: Path) -> None:
    home = Home(tmp_path, modern)
    done = process({**home.env, "LANG": "C", "LC_ALL": "C"}, "publish", "check")
    assert done.returncode == 0
    assert done.stdout.isascii()


def test_a_person_is_asked_for_the_password(modern: Site, tmp_path: Path) -> None:
    home = Home(tmp_path, modern)
    env = {**os.environ, **home.env, "EVEOBS_WORDPRESS__APP_PASSWORD": ""}
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "eveobs", "publish", "check"]
    with subprocess.Popen(
        command, env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as asking:
        os.close(theirs)
        seen = b""
        while b"password:" not in seen:
            seen += os.read(ours, 1000)
        os.write(ours, f"{modern.app_password}\n".encode())
        with suppress(OSError):  # the terminal is gone when the program is
            while part := os.read(ours, 1000):
                seen += part
        os.close(ours)
    assert asking.returncode == 0, seen
    assert modern.app_password.encode() not in seen
    assert b"REST without the plugin" in seen
