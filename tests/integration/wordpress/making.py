"""Makes a real WordPress, once a machine: PHP from Debian, WordPress from the packages that carry it.

cache/wp-studio/   WordPress 7.1 and a driver for SQLite, of the npm package wp-studio
cache/deb/         WordPress 6.1, of Debian's package wordpress
cache/modern/, cache/old/   each installed: its files, and the fresh database pristine.sqlite
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import missing

HERE = Path(__file__).parent
STUDIO = "wp-studio@1.22.0"
EXTENSIONS = ("mbstring", "dom", "gd", "curl", "pdo_sqlite")
VERSION = "1"
"""Raise it when what is made here changes: what other versions made is left alone."""
CACHE = Path(os.environ.get("EVEOBS_TEST_CACHE") or Path.home() / ".cache" / "eveobs-tests")
USER, PASSWORD, APP_PASSWORD = "observer", "the door of the house", "TheKeyOfTheProgram"


def cache() -> Path:
    """Where it is kept between runs."""
    folder = CACHE / f"wordpress-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process at a time makes things."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def installed(variant: str) -> Path:
    """The folder of an installed WordPress: `modern` or `old`. Skips what cannot be had."""
    _check_php()
    folder = cache()
    with alone(folder):
        place = folder / variant
        if not (place / "pristine.sqlite").exists():
            shutil.rmtree(place, ignore_errors=True)
            _install(place, _modern(folder) if variant == "modern" else _old(folder), folder)
    return place


def _check_php() -> None:
    if not shutil.which("php"):
        missing(
            "there is no php (Debian: php-cli php-mbstring php-xml php-gd php-curl php-sqlite3)"
        )
    there = _run("php", "-m").lower().split()
    lacking = [name for name in EXTENSIONS if name not in there]
    if lacking:
        missing(f"php lacks {', '.join(lacking)}")


def _modern(folder: Path) -> Path:
    return _studio(folder) / "latest" / "wordpress"


def _studio(folder: Path) -> Path:
    place = folder / "wp-studio"
    if not (place / "sqlite-database-integration" / "load.php").exists():
        if not shutil.which("npm"):
            missing("there is no npm to get the package wp-studio with")
        new = folder / "wp-studio.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        try:
            _run("npm", "pack", "--silent", STUDIO, cwd=new)
        except subprocess.CalledProcessError:
            missing(f"the package {STUDIO} cannot be had")
        (archive,) = new.glob("wp-studio-*.tgz")
        parts = [
            f"package/dist/cli/wp-files/{name}"
            for name in ("latest", "sqlite-database-integration")
        ]
        _run("tar", "xzf", archive.name, "--strip-components=4", "--no-same-owner", *parts, cwd=new)
        archive.unlink()
        new.rename(place)
    return place


def _old(folder: Path) -> Path:
    place = folder / "deb"
    if not (place / "usr/share/wordpress").exists():
        if not shutil.which("apt-get"):
            missing("there is no apt-get to get Debian's wordpress with")
        new = folder / "deb.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        try:
            names = ("wordpress", "wordpress-theme-twentytwentythree", "php-getid3")
            _run("apt-get", "download", "-qq", *names, cwd=new)
        except subprocess.CalledProcessError:
            missing("Debian's package wordpress cannot be had")
        for archive in new.glob("*.deb"):
            _run("dpkg-deb", "-x", archive.name, ".", cwd=new)
            archive.unlink()
        new.rename(place)
    return place / "usr/share/wordpress"


def _install(place: Path, source: Path, folder: Path) -> None:
    files = place / "files"
    shutil.copytree(source, files, ignore_dangling_symlinks=True)
    (files / "wp-config.php").unlink(missing_ok=True)
    if source.parts[-3:] == ("usr", "share", "wordpress"):
        _complete_debian(files, source.parents[2])
    content = files / "wp-content"
    driver = content / "plugins" / "sqlite-database-integration"
    shutil.copytree(_studio(folder) / "sqlite-database-integration", driver)
    shutil.copy(driver / "db.copy", content / "db.php")
    if source.parts[-1] == "wordpress" and "deb" in source.parts:
        _fit_driver(driver)
    for name in ("mu-plugins", "uploads"):
        (content / name).mkdir(exist_ok=True)
    database = place / "making"
    database.mkdir()
    configure(files, database, "http://127.0.0.1:1")
    _run(
        "php",
        "-d",
        "memory_limit=512M",
        str(HERE / "install.php"),
        str(files),
        USER,
        PASSWORD,
        APP_PASSWORD,
    )
    (database / "wp.sqlite").rename(place / "pristine.sqlite")
    shutil.rmtree(database)


def _complete_debian(files: Path, root: Path) -> None:
    """Debian keeps parts of WordPress in other packages, and links to them."""
    library = files / "wp-includes" / "ID3"
    if library.is_symlink():
        library.unlink()
    shutil.rmtree(library, ignore_errors=True)
    shutil.copytree(root / "usr/share/php/getid3", library)
    content = files / "wp-content"
    if content.is_symlink():
        content.unlink()
    shutil.rmtree(content, ignore_errors=True)
    shutil.copytree(root / "var/lib/wordpress/wp-content", content, ignore_dangling_symlinks=True)
    themes = root / "usr/share/wordpress/wp-content/themes"
    shutil.copytree(themes, content / "themes", dirs_exist_ok=True)


def _fit_driver(driver: Path) -> None:
    """WordPress before 6.2 lacks a property that the driver mirrors."""
    file = driver / "wp-includes/sqlite/class-wp-sqlite-db.php"
    text = file.read_text()
    text = text.replace(
        "private $allow_unsafe_unquoted_parameters", "protected $allow_unsafe_unquoted_parameters"
    )
    text = re.sub(
        r"if \( (\$wpdb_allow_unsafe_unquoted_parameters !== )", r"if ( false && \1", text
    )
    file.write_text(text)


def configure(files: Path, database: Path, url: str, socket: Path | None = None) -> None:
    """Write wp-config.php: for SQLite in the folder `database`, or for the MariaDB at `socket`."""
    keys = ("AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY")
    salts = [
        f"define('{name}', 'of the tests');"
        for key in keys
        for name in (key, key.replace("KEY", "SALT"))
    ]
    if socket is None:
        store = [
            "define('DB_USER', ''); define('DB_PASSWORD', ''); define('DB_HOST', 'localhost');",
            f"define('DB_ENGINE', 'sqlite'); define('DB_DIR', '{database}/'); define('DB_FILE', 'wp.sqlite');",
        ]
    else:
        store = [
            f"define('DB_USER', 'wordpress'); define('DB_PASSWORD', '{PASSWORD}');",
            f"define('DB_HOST', 'localhost:{socket}');",
        ]
    lines = [
        "<?php",
        "define('DB_NAME', 'wordpress'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');",
        *store,
        *salts,
        "$table_prefix = 'wp_';",
        f"define('WP_HOME', '{url}'); define('WP_SITEURL', WP_HOME);",
        "define('WP_ENVIRONMENT_TYPE', 'local'); define('WP_HTTP_BLOCK_EXTERNAL', true);",
        "define('AUTOMATIC_UPDATER_DISABLED', true); define('DISABLE_WP_CRON', true);",
        f"define('WP_DEBUG', true); define('WP_DEBUG_DISPLAY', false); define('WP_DEBUG_LOG', '{database}/debug.log');",
        "if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');",
        "require_once ABSPATH . 'wp-settings.php';",
    ]
    (files / "wp-config.php").write_text("\n".join(lines) + "\n")


def _run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True)
    return done.stdout
