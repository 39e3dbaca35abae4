"""A running WordPress of the tests: what it holds, what it was asked, and how it fails."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.integration.wordpress.making import (
    APP_PASSWORD,
    HERE,
    PASSWORD,
    USER,
    configure,
    installed,
)

ALWAYS = 1_000_000


class Credentials(NamedTuple):
    """A user of a site, with an application password."""

    name: str
    app_password: str


class Post(NamedTuple):
    """What a post is in the site's database."""

    id: int
    type: str
    status: str
    slug: str
    title: str
    content: str
    excerpt: str


@dataclass
class Site:
    """`variant` is modern (7.1, at the root, pretty permalinks) or old (6.1, /blog, plain ones)."""

    variant: str
    folder: Path
    user: str = USER
    password: str = PASSWORD
    app_password: str = APP_PASSWORD
    _token: str = field(default_factory=lambda: secrets.token_hex(16))
    _server: subprocess.Popen[bytes] | None = None
    _port: int = 0
    _rough: bool = False

    @property
    def base(self) -> str:
        """The folder of the site, as its address has it."""
        return "" if self.variant == "modern" else "/blog"

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://127.0.0.1:{self._port}{self.base}"

    @property
    def files(self) -> Path:
        """WordPress itself."""
        return self.folder / "root" / self.base.lstrip("/")

    @property
    def rig(self) -> Path:
        """The state of the rig."""
        return self.folder / "rig"

    def start(self) -> None:
        """Lay out the files, and serve them."""
        made = installed(self.variant)
        shutil.copytree(made / "files", self.files, copy_function=linked, symlinks=True)
        self._port = lasting_port()
        (self.folder / "database").mkdir()
        self.rig.mkdir()
        (self.rig / "token").write_text(self._token)
        (self.files / "wp-config.php").unlink(missing_ok=True)
        configure(self.files, self.folder / "database", self.url)
        shutil.copy(HERE / "rig.php", self.files / "wp-content/mu-plugins/a-rig.php")
        self._pristine = made / "pristine.sqlite"
        self._serve()
        self.reset()
        permalinks = "/%postname%/" if self.variant == "modern" else ""
        self.php(
            f"update_option('permalink_structure', '{permalinks}'); flush_rewrite_rules(false);"
        )
        self._pristine = self.folder / "pristine.sqlite"
        shutil.copy(self.folder / "database/wp.sqlite", self._pristine)

    def stop(self) -> None:
        """End the server with its workers."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
            self._server = None
            self._wait_for_port()

    def reset(self) -> None:
        """The fresh site again, without the plugin; the server goes on, unless it lost workers."""
        self.mend()
        if self._rough:
            self.stop()
            self._serve()
            self._rough = False
        self.remove_plugin()
        database = self.folder / "database"
        for file in database.glob("wp.sqlite-*"):
            file.unlink()
        shutil.copy(self._pristine, database / "new")
        (database / "new").replace(database / "wp.sqlite")
        (database / "debug.log").write_text("")
        (self.rig / "batch").write_text("")
        shutil.rmtree(self.files / "wp-content/uploads", ignore_errors=True)
        (self.files / "wp-content/uploads").mkdir()
        self.forget_requests()

    def php(self, code: str) -> str:
        """Run `code` inside the site as its administrator; what it prints."""
        headers = {"X-Rig": self._token}
        request = Request(f"{self.url}/?x", data=code.encode(), headers=headers)  # noqa: S310
        with urlopen(request, timeout=30) as response:  # noqa: S310 - on loopback
            text: str = response.read().decode()
        return text

    def data(self, expression: str) -> Any:
        """The value of a PHP expression."""
        return json.loads(self.php(f"echo json_encode({expression});"))

    def install_plugin(self, source: str, batch: int = 0) -> None:
        """Put the companion plugin into the site; `batch` is how many documents it wants at once."""
        (self.files / "wp-content/mu-plugins/eveobs.php").write_text(source)
        (self.rig / "batch").write_text(str(batch or ""))

    def remove_plugin(self) -> None:
        """Take the plugin out; what it left stays."""
        (self.files / "wp-content/mu-plugins/eveobs.php").unlink(missing_ok=True)

    def add_user(self, role: str) -> Credentials:
        """A user of that role, with an application password."""
        made = self.data(
            f"(function () {{ $id = wp_insert_user(['user_login' => '{role}', 'user_pass' => 'x', 'role' => '{role}']);"
            " return WP_Application_Passwords::create_new_application_password($id, ['name' => 'tests'])[0]; })()"
        )
        return Credentials(role, made)

    def requests(self) -> list[tuple[str, str]]:
        """Method and address of all that was asked."""
        text = (self.rig / "asked").read_text()
        return [(method, address) for method, address in map(json.loads, text.splitlines())]

    def forget_requests(self) -> None:
        """Count anew."""
        (self.rig / "asked").write_text("")

    def posts(self) -> list[Post]:
        """Posts and documents in every state, by slug; without those that sum others up."""
        rows = self.data(
            "$GLOBALS['wpdb']->get_results(\"SELECT ID, post_type, post_status, post_name, post_title,"
            " post_content, post_excerpt FROM {$GLOBALS['wpdb']->posts} WHERE post_type = 'post' OR"
            " post_type LIKE 'eve_%' ORDER BY post_name\", ARRAY_N)"
        )
        posts = [Post(int(row[0]), *row[1:]) for row in rows]
        return [one for one in posts if not one.slug.startswith(("hello", "eve-summary"))]

    def meta(self, post_id: int) -> dict[str, list[str]]:
        """The custom fields of a post: all values of each."""
        return dict(self.data(f"(object) get_post_meta({post_id})"))

    def complaints(self) -> str:
        """What PHP complained of, but for what it always says of an old WordPress."""
        lines = (self.folder / "database/debug.log").read_text().splitlines(keepends=True)
        return "".join(one for one in lines if "PHP Deprecated" not in one or "eveobs.php" in one)

    def fault(self, name: str, *, after: int = 0, times: int = ALWAYS, **more: Any) -> None:
        """From the write after the first `after` on, fail `times` times."""
        self._rough |= name in ("slow", "killed", "time_limit")
        (self.rig / "fault.json").write_text(
            json.dumps({"name": name, "after": after, "times": times, **more})
        )

    def mend(self) -> None:
        """No fault any more."""
        for name in ("fault.json", "writes", "fired", "paused", "go"):
            (self.rig / name).unlink(missing_ok=True)
        (self.files / ".maintenance").unlink(missing_ok=True)

    def wait_until_idle(self) -> None:
        """Until nothing has been written for a while: a request that was given up goes on."""
        last, still = -1, 0
        while still < 8:
            time.sleep(0.1)
            written = self.data(
                "(int) $GLOBALS['wpdb']->get_var(\"SELECT COUNT(*) FROM {$GLOBALS['wpdb']->postmeta}\")"
            )
            last, still = written, still + 1 if written == last else 0

    def restore_user(self) -> None:
        """Give the user back what the faults wrong_password and role_too_low took."""
        self.php(
            "$kept = get_user_meta(1, '_kept_passwords', true);"
            "if ($kept) { update_user_meta(1, '_application_passwords', $kept); }"
            "(new WP_User(1))->set_role('administrator');"
        )

    def _serve(self) -> None:
        settings = [
            "memory_limit=256M",
            "opcache.enable_cli=1",
            "opcache.revalidate_freq=0",
            "display_errors=0",
            "max_execution_time=30",
        ]
        options = [part for one in settings for part in ("-d", one)]
        address = f"127.0.0.1:{self._port}"
        with (self.folder / "server.log").open("ab") as log:
            self._launch(options, address, log)
        self._wait(address)

    def _launch(self, options: list[str], address: str, log: IO[bytes]) -> None:
        self._server = subprocess.Popen(
            [
                "php",
                *options,
                "-S",
                address,
                "-t",
                str(self.folder / "root"),
                str(HERE / "router.php"),
            ],
            env={
                **os.environ,
                "PHP_CLI_SERVER_WORKERS": "4",
                "SITE_BASE": self.base,
                "RIG_FOLDER": str(self.rig),
            },
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
        )

    def _wait_for_port(self) -> None:
        """Wait for the workers, which nobody else waits for and which keep the port until they end."""
        for _ in range(200):
            with suppress(OSError), socket.create_server(("127.0.0.1", self._port)):
                return
            time.sleep(0.05)

    def _wait(self, address: str) -> None:
        for _ in range(400):
            try:
                urlopen(f"http://{address}/wp-includes/version.php", timeout=10).close()
            except HTTPError:
                return
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError((self.folder / "server.log").read_text())


def linked(source: str, target: str) -> str:
    """Copy a file as a link, where that can be."""
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
    return target


def lasting_port() -> int:
    """A free port that no client is given for its end of a connection, so that the server can be
    started again on it at any time.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
