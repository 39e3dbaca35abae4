"""Whatever happens to a site in the middle of a publish: it is said what, and the next one ends well.

The faults are WordPress's own, or look as they look on real sites; each is met on every way.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from eveobs.publish import publishing
from tests.integration.wordpress.homes import PUBLISH, WAYS, Home
from tests.integration.wordpress.site import ALWAYS, Site

pytestmark = [pytest.mark.integration, pytest.mark.slow]
NUMBERS = range(2001, 2051)
MIDDLE = 20


class Case(NamedTuple):
    """A fault, and how a publish that meets it ends."""

    fault: str
    exit_code: int
    message: str
    hint: str = ""
    xmlrpc: str = ""
    """The message of XML-RPC where it is another."""


CASES = (
    Case("wrong_password", 4, "refuses the user name or password", "application password"),
    Case("role_too_low", 4, "may not", "role Author"),
    Case("disabled", 3, "has REST switched off", "wordpress.transport", "has XML-RPC switched off"),
    Case("firewall", 5, "a firewall or security plugin refuses", "Allow this machine"),
    Case("fatal", 5, "answers 500", "error log"),
    Case("memory", 5, "answers 500", "error log"),
    Case("time_limit", 5, "answers 500", "error log"),
    Case("exit", 5, "answers with nothing: PHP ended midway", "error log"),
    Case("maintenance", 5, "in maintenance"),
    Case("notice", 5, "prints PHP's notices into its answers", "display_errors"),
    Case("too_large", 7, "takes no request of that size", "pages were refused"),
    Case("redirect", 3, "sends requests on to https://", "wordpress.url https://"),
    Case("slow", 5, "no answer within 2 seconds", "Publish again"),
)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(publishing, "TRIES", 2)


CROSSED = pytest.mark.parametrize(
    ("middle", "way"), [("plugin", "rest"), ("plain", "xmlrpc")], indirect=["middle"]
)
BY_POSTS = ("wrong_password", "fatal", "exit")
"""Those that are met without the plugin too: what a site answers is told by the same code."""
MET = [(case, True) for case in CASES] + [(case, False) for case in CASES if case.fault in BY_POSTS]


@pytest.fixture(params=["plugin", "plain"])
def middle(request: pytest.FixtureRequest, modern: Site, plugin: str) -> Site:
    """A site that a publish of 50 documents needs several requests for."""
    if request.param == "plugin":
        modern.install_plugin(plugin, batch=10)
    return modern


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("case", "middle"),
    [(case, "plugin" if plugin else "plain") for case, plugin in MET],
    ids=[f"{case.fault}-{'plugin' if plugin else 'plain'}" for case, plugin in MET],
    indirect=["middle"],
)
def test_a_fault_in_the_middle(middle: Site, case: Case, way: str, tmp_path: Path) -> None:
    home = Home(tmp_path, middle, way)
    home.env["EVEOBS_WORDPRESS__TIMEOUT"] = "2" if case.fault == "slow" else "10"
    home.see(NUMBERS)
    times = 3 if case.fault == "slow" else ALWAYS
    middle.fault(case.fault, after=MIDDLE, times=times, size=1200 if way == "rest" else 1900)
    failed = home(*PUBLISH, "contract")
    assert failed.exit_code == case.exit_code, failed.output
    said = " ".join(failed.stderr.split())
    assert (case.xmlrpc if case.xmlrpc and way == "xmlrpc" else case.message) in said
    assert case.hint in said
    assert middle.app_password not in failed.output
    middle.mend()
    if case.fault == "slow":  # what was sent is written in the end, whoever waits
        middle.wait_until_idle()
    else:
        assert len(middle.posts()) < len(NUMBERS), "it was met in the middle"
    middle.restore_user()
    home.env["EVEOBS_WORDPRESS__TIMEOUT"] = "10"
    home.publish()
    the_end_is_as_it_should_be(middle, twice=case.fault == "slow")


def the_end_is_as_it_should_be(site: Site, *, twice: bool = False) -> None:
    """Each document is there once, seen, with each of its fields once; what a request has written
    `twice` that went on after it was given up lies in the trash.
    """
    posts = [post for post in site.posts() if post.status != "trash"]
    assert [post.slug for post in posts] == [f"eve-contract-{n}" for n in NUMBERS]
    assert {post.status for post in posts} == {"publish"}
    assert len(site.posts()) == len(NUMBERS) or twice
    several = site.data(
        "$GLOBALS['wpdb']->get_var(\"SELECT COUNT(*) FROM (SELECT post_id FROM"
        " {$GLOBALS['wpdb']->postmeta} WHERE meta_key LIKE 'eve_%' GROUP BY post_id, meta_key"
        ' HAVING COUNT(*) > 1) x")'
    )
    assert int(several) == 0


@pytest.mark.parametrize(
    ("fault", "middle"),
    [("fatal", "plugin"), ("killed", "plugin"), ("killed", "plain"), ("slow", "plain")],
    indirect=["middle"],
)
@pytest.mark.parametrize("way", WAYS)
def test_a_fault_that_passes_is_got_over(
    middle: Site, fault: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "TRIES", 6)
    monkeypatch.setattr(publishing, "FIRST_PAUSE", 1.0 if fault == "slow" else 0.01)
    home = Home(tmp_path, middle, way)
    home.env["EVEOBS_WORDPRESS__TIMEOUT"] = "2.5" if fault == "slow" else "10"
    home.see(NUMBERS)
    middle.fault(fault, after=MIDDLE, times=1)
    home.publish()
    the_end_is_as_it_should_be(middle, twice=fault == "slow")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", ["wrong_password"])
def test_a_refusal_of_all_ends_an_update_too(
    middle: Site, fault: str, way: str, tmp_path: Path
) -> None:
    home = Home(tmp_path, middle, way)
    home.see(NUMBERS)
    home.publish()
    home.see(NUMBERS, at=1, price=7.5)
    middle.mend()
    middle.fault(fault, after=MIDDLE)
    failed = home(*PUBLISH, "contract")
    assert failed.exit_code == (3 if fault == "disabled" else 4), failed.output
    middle.mend()
    middle.restore_user()
    home.publish()
    assert all("7.50 ISK" in post.content for post in middle.posts())
    the_end_is_as_it_should_be(middle)


@CROSSED
def test_a_publisher_that_is_killed_is_resumed(middle: Site, way: str, tmp_path: Path) -> None:
    home = Home(tmp_path, middle, way)
    home.see(NUMBERS)
    command = [sys.executable, "-m", "eveobs", *PUBLISH, "contract"]
    with subprocess.Popen(
        command,
        env={**os.environ, **home.env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as publisher:
        for _ in range(200):
            if len(middle.posts()) >= MIDDLE:
                break
            time.sleep(0.02)
        publisher.kill()
    middle.wait_until_idle()
    assert 0 < len(middle.posts()) <= len(NUMBERS)
    home.publish()
    the_end_is_as_it_should_be(middle)
    assert home.publish() == {"unchanged": len(NUMBERS)}


@CROSSED
def test_what_is_too_large_for_one_request_goes_in_several(
    middle: Site, way: str, tmp_path: Path
) -> None:
    home = Home(tmp_path, middle, way)
    home.see(NUMBERS)
    middle.fault("too_large", after=-1, size=8000)
    home.publish()
    the_end_is_as_it_should_be(middle)


@CROSSED
def test_one_document_that_breaks_the_site_keeps_no_other_from_it(
    middle: Site, way: str, tmp_path: Path
) -> None:
    home = Home(tmp_path, middle, way)
    home.see(NUMBERS[:-1])
    home.see(NUMBERS, at=1)
    middle.fault("poison", word="2030")
    home.folder.joinpath("templates").mkdir()
    template = (Path(publishing.__file__).parent / "templates" / "contract.html").read_text()
    own = template.replace(
        'title = "{{ items_summary or (type | words) }}"', 'title = "Deal {{ contract_id }}"'
    )
    assert own != template
    (home.folder / "templates" / "contract.html").write_text(own)
    home.env["EVEOBS_PUBLISH__TEMPLATES"] = str(home.folder / "templates")
    failed = home(*PUBLISH, "contract")
    assert failed.exit_code == 7
    assert "contract/2030" in failed.stderr
    there = [post.slug for post in middle.posts() if post.slug != "eve-contract-2030"]
    assert there == [f"eve-contract-{n}" for n in NUMBERS if n != 2030]
    middle.mend()
    home.publish()
    the_end_is_as_it_should_be(middle)
