"""Each layer wins over the one below, every value knows its origin, all that is wrong is told."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError
from hashlib import sha256
from pathlib import Path

import pytest

from eveobs.errors import ConfigError, ExitCode
from eveobs.settings import Loaded, Settings, Source, load, read_all, read_one
from eveobs.settings.trust import TrustStore

pytestmark = pytest.mark.unit

HOME = {"EVEOBS_HOME": "home"}


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def trust(path: Path) -> Path:
    """As `eveobs config trust` does."""
    digest = sha256(path.read_bytes()).hexdigest()
    TrustStore(path.parent / "home" / "state").add(path, digest)
    return path


def refused(cwd: Path, **environ: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        loaded(cwd, **environ)
    assert caught.value.exit_code is ExitCode.CONFIGURATION
    return caught.value


def loaded(cwd: Path, **environ: str) -> Loaded:
    return load(environ=HOME | environ, cwd=cwd)


def test_nothing_configured_gives_the_defaults(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    assert found.settings == Settings()
    assert {str(origin) for origin in found.origins.values()} == {"default"}
    assert found.warnings == ()
    assert not any(file.exists for file in found.files)
    assert not (tmp_path / "home").exists()


def test_the_layers_win_in_their_order(tmp_path: Path) -> None:
    system = write(tmp_path / "etc/eveobs/eveobs.toml", "[esi]\nmax_retries=1\nconcurrency=1\n")
    user = write(tmp_path / "home/config/eveobs.toml", "\n[esi]\nconcurrency=2\ntenant='b'\n")
    here = write(tmp_path / "eveobs.toml", "\n\n[esi]\ntenant='c'\nlanguage='de'\ncontact='a@b'\n")
    trust(here)
    environ = HOME | {
        "XDG_CONFIG_DIRS": str(tmp_path / "etc"),
        "EVEOBS_ESI__LANGUAGE": "fr",
        "EVEOBS_ESI__CONTACT": "c@d",
    }
    found = load(environ=environ, cwd=tmp_path, flags={"esi.contact": "e@f", "esi.tenant": None})
    expected = {
        "esi.base_url": ("https://esi.evetech.net", "default"),
        "esi.max_retries": (1, f"{system}:2"),
        "esi.concurrency": (2, f"{user}:3"),
        "esi.tenant": ("c", f"{here}:4"),
        "esi.language": ("fr", "environment EVEOBS_ESI__LANGUAGE"),
        "esi.contact": ("e@f", "command line"),
    }
    for dotted, (value, origin) in expected.items():
        assert getattr(found.settings.esi, dotted.removeprefix("esi.")) == value
        assert str(found.origins[dotted]) == origin
    assert [file.kind for file in found.files] == ["system", "user", "working folder"]
    assert found.origins["esi.contact"].source is Source.FLAG


def test_config_takes_the_place_of_the_file_in_the_working_folder(tmp_path: Path) -> None:
    write(tmp_path / "eveobs.toml", "[esi]\nconcurrency=2\nmax_retries=2\n")
    other = write(tmp_path / "sub/other.toml", "[esi]\nmax_retries=3\n")
    found = load(environ=HOME, cwd=tmp_path, config=Path("sub/other.toml"))
    assert found.settings.esi.concurrency == 20
    assert str(found.origins["esi.max_retries"]) == f"{other}:2"


def test_a_file_in_two_roles_is_read_once(tmp_path: Path) -> None:
    write(tmp_path / "config/eveobs.toml", "[esi]\nconcurrency=0\n")
    with pytest.raises(ConfigError) as caught:
        load(environ={"EVEOBS_HOME": str(tmp_path)}, cwd=tmp_path / "config")
    assert "problems" not in caught.value.message


def test_old_names_are_fallbacks(tmp_path: Path) -> None:
    old = {
        "ESI_BASE_URL": "https://esi.evetech.net/latest",
        "ESI_TIMEOUT": "30",
        "ESI_MAX_RETRIES": "3",
        "MAX_WORKERS": "10",
        "CACHE_SIZE": "100",
        "BATCH_SIZE": "50",
        "DATABASE_URL": "postgresql://u:hunter2@h/d",
        "WORDPRESS_URL": "https://example.org",
        "LOG_LEVEL": "INFO",
        "LOG_FILE": "x.log",
    }
    found = loaded(tmp_path, **old)
    values = found.settings
    assert (values.esi.base_url, values.esi.total_timeout) == ("https://esi.evetech.net", 30.0)
    assert (values.esi.max_retries, values.esi.concurrency) == (3, 10)
    assert (values.cache.size_mb, values.store.batch_size) == (100, 50)
    assert found.store_url() == "postgresql+psycopg://u:hunter2@h/d"
    assert (values.log.level, values.log.file) == ("info", str(tmp_path / "x.log"))
    assert values.wordpress.url == "https://example.org"
    assert str(found.origins["esi.concurrency"]) == "environment MAX_WORKERS"
    assert "hunter2" not in repr(found)


def test_a_new_name_hides_the_old_one_even_a_wrong_one(tmp_path: Path) -> None:
    found = loaded(tmp_path, EVEOBS_LOG__LEVEL="error", LOG_LEVEL="9000", EVEOBS_LOG__FILE="")
    assert found.settings.log.level == "error"
    assert str(found.origins["log.level"]) == "environment EVEOBS_LOG__LEVEL"


def test_empty_variables_are_not_set(tmp_path: Path) -> None:
    write(tmp_path / "eveobs.toml", "[esi]\nconcurrency=2\n")
    found = loaded(tmp_path, EVEOBS_ESI__CONCURRENCY="", MAX_WORKERS=" ", EVEOBS_NO__SUCH="")
    assert found.settings.esi.concurrency == 2


def test_relative_paths_start_where_they_are_written(tmp_path: Path) -> None:
    write(tmp_path / "home/config/eveobs.toml", "[log]\nfile='a.log'\n[store]\nurl='sqlite:///s'\n")
    found = loaded(tmp_path, EVEOBS_CACHE__DIR="c", HOME="/home/me")
    assert found.settings.log.file == str(tmp_path / "home/config/a.log")
    assert found.store_url() == f"sqlite:///{tmp_path}/home/config/s"
    assert found.places.cache == Path(found.settings.cache.dir) == tmp_path / "c"
    assert loaded(tmp_path, LOG_FILE="~/a", HOME="/home/me").settings.log.file == "/home/me/a"


def test_the_store_is_in_the_data_folder(tmp_path: Path) -> None:
    assert loaded(tmp_path).store_url() == f"sqlite:///{tmp_path}/home/data/eveobs.sqlite3"
    strange = load(environ={"EVEOBS_HOME": "what?"}, cwd=tmp_path)
    with pytest.raises(ConfigError, match="ends at the"):
        strange.store_url()


def test_a_secret_is_read_from_a_file(tmp_path: Path) -> None:
    write(tmp_path / "secret", "ab cd\n")
    variable = "EVEOBS_WORDPRESS__APP_PASSWORD_FILE"
    found = loaded(tmp_path, **{variable: "secret"})
    assert found.settings.wordpress.app_password.reveal() == "ab cd"
    assert str(found.origins["wordpress.app_password"]) == f"environment {variable}"
    write(tmp_path / "url", "sqlite:///x.db\n")
    found = loaded(tmp_path, EVEOBS_STORE__URL_FILE="url", DATABASE_URL="mysql://x")
    assert found.store_url() == f"sqlite:///{tmp_path}/x.db"


def test_a_secret_of_a_file_is_in_no_repr(tmp_path: Path) -> None:
    trust(write(tmp_path / "eveobs.toml", "[wordpress]\napp_password = 'hunter2'\n"))
    found = loaded(tmp_path)
    assert found.settings.wordpress.app_password.reveal() == "hunter2"
    assert "hunter2" not in repr(found)
    assert "hunter2" not in repr(read_all(environ=HOME, cwd=tmp_path))


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "no such file"), (b" \n", "is empty"), (b"\xff", "is not UTF-8"), ("dir", "directory")],
)
def test_a_secret_file_that_does_not_do(
    tmp_path: Path, content: bytes | str | None, words: str
) -> None:
    path = tmp_path / "secret"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        path.mkdir()
    error = refused(tmp_path, EVEOBS_WORDPRESS__APP_PASSWORD_FILE="secret")
    assert words in error.message
    assert f"APP_PASSWORD_FILE: {path}" in error.message


def test_a_secret_said_twice_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path / "secret", "x")
    name = "EVEOBS_WORDPRESS__APP_PASSWORD"
    error = refused(tmp_path, **{name: "hunter2", f"{name}_FILE": "secret"})
    assert "only one of the two" in error.message
    assert "hunter2" not in f"{error.message}{error.hint}"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[esi]\n\nconcurency = 3", 3, "did you mean esi.concurrency?"),
        ("[esi]\nretries = 3", 2, "did you mean esi.max_retries?"),
        ("[esi]\nbatch_size = 3", 2, "did you mean store.batch_size?"),
        ("[esi]\nxyzzy = 3", 2, "[esi] has base_url, compatibility_date"),
        ("esi.xyzzy = 3", 1, "esi.xyzzy is not a setting"),
        ("#\n[esl]\nconcurrency = 3", 2, "did you mean [esi]?"),
        ("[zzzzzz]", 1, "sections are esi, cache, store"),
        ("\nconcurrency = 3", 2, "it belongs under [esi]"),
        ("url = 3", 1, "it belongs under [store] or [wordpress]"),
        ("concurency = 3", 1, "did you mean esi.concurrency?"),
        ("qqqqqqqqqq = 3", 1, "stands outside a section"),
        ("esi = 3", 1, "expected [esi] and its keys below it"),
        ("[[esi]]\nx=1", 1, "expected [esi]"),
        ("[esi.concurrency]\nx=1", 1, "expected a whole number from 1 to 1000, got a table"),
        ("[esi]\nconcurrency = '3'", 2, "expected a whole number from 1 to 1000, got '3'"),
        ('[esi]\n"a\\u001B[31mb" = 1', 2, r"'esi.a\x1b[31mb'"),
        ("[esi]\nconcurrency = ", 2, "is not valid TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_told(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = write(tmp_path / "eveobs.toml", text)
    error = refused(tmp_path)
    assert error.message.startswith(f"{path}:{line}: ")
    if words.startswith("'esi"):
        assert "\x1b" not in error.message
        return
    assert words in f"{error.message}\n{error.hint}"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("EVEOBS_ESI__BASEURL", "did you mean EVEOBS_ESI__BASE_URL?"),
        ("EVEOBS_FOO__BASE_URL", "did you mean EVEOBS_ESI__BASE_URL?"),
        ("EVEOBS_esi__base_url", "did you mean EVEOBS_ESI__BASE_URL?"),
        ("EVEOBS_ESI__BASE__URL", "did you mean EVEOBS_ESI__BASE_URL?"),
        ("EVEOBS_ESI__XYZZY", "[esi] has base_url"),
        ("EVEOBS_FOO__XYZZY", "sections are esi"),
        ("EVEOBS_ESI__CONTACT_FILE", "only secrets are read from a file"),
    ],
)
def test_a_wrong_variable_is_told_without_its_value(tmp_path: Path, name: str, words: str) -> None:
    error = refused(tmp_path, **{name: "hunter2"})
    text = f"{error.message}\n{error.hint}"
    assert error.message.startswith(f"environment {name}: ")
    assert words in text
    assert "hunter2" not in text


def test_a_wrong_value_of_a_variable(tmp_path: Path) -> None:
    error = refused(tmp_path, EVEOBS_ESI__CONCURRENCY="many")
    expected = "esi.concurrency: expected a whole number from 1 to 1000, got 'many'"
    assert error.message == f"environment EVEOBS_ESI__CONCURRENCY: {expected}"
    assert error.hint


def test_one_underscore_is_a_warning(tmp_path: Path) -> None:
    found = loaded(tmp_path, EVEOBS_ESI_BASE_URL="x", EVEOBS_SOMETHING="y")
    assert found.warnings == (
        "environment EVEOBS_ESI_BASE_URL is not read; did you mean EVEOBS_ESI__BASE_URL?",
    )


def test_redis_is_a_warning(tmp_path: Path) -> None:
    found = loaded(tmp_path, REDIS_URL="redis://:hunter2@localhost/0")
    (warning,) = found.warnings
    assert warning.startswith("environment REDIS_URL: cache.redis_url is not used")
    assert "hunter2" not in warning


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    user = write(tmp_path / "home/config/eveobs.toml", "[esi]\nconcurrency = = 3\n")
    here = write(tmp_path / "eveobs.toml", "[esi]\nconcurency=3\nmax_retries=99\n")
    error = refused(tmp_path, EVEOBS_CACHE__SIZE_MB="big")
    first, *rest = error.message.splitlines()
    assert first == "4 problems in the configuration:"
    assert rest[0].startswith(f"  {user}:2: is not valid TOML")
    assert rest[1].startswith(f"  {here}:2: esi.concurency is not a setting; did you mean")
    assert rest[2].startswith(f"  {here}:3: esi.max_retries: expected")
    assert rest[3].startswith("  environment EVEOBS_CACHE__SIZE_MB: cache.size_mb: expected")


def test_wrong_flags_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(environ=HOME, cwd=tmp_path, flags={"esi.concurency": 3, "esi.tenant": "", "x": 1})
    assert "command line: esi.concurency is not a setting; did you mean esi.concurrency?" in str(
        caught.value
    )
    assert "command line: esi.tenant: expected" in str(caught.value)


def test_flags_may_be_texts_paths_and_lists(tmp_path: Path) -> None:
    flags = {
        "esi.concurrency": "7",
        "cache.dir": Path("c"),
        "observe.regions": ["Domain"],
        "observe.items": False,
    }
    found = load(environ=HOME, cwd=tmp_path, flags=flags)
    assert found.settings.esi.concurrency == 7
    assert found.places.cache == tmp_path / "c"
    assert found.settings.observe.regions == ("Domain",)
    assert not found.settings.observe.items
    assert load(environ=HOME, cwd=tmp_path, flags={"observe.regions": []}).settings == Settings()


def test_a_config_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(environ=HOME, cwd=tmp_path, config=Path("no.toml"))
    error = caught.value
    assert error.message == f"--config {tmp_path}/no.toml: there is no such file"
    assert "config init" in (error.hint or "")


def test_a_folder_for_a_file(tmp_path: Path) -> None:
    (tmp_path / "eveobs.toml").mkdir()
    assert refused(tmp_path).message == f"{tmp_path}/eveobs.toml: is a folder, not a file"


def test_read_one_looks_at_nothing_else(tmp_path: Path) -> None:
    good = write(tmp_path / "good.toml", "[esi]\nconcurrency=3\n")
    write(tmp_path / "eveobs.toml", "broken")
    assert read_one(good, HOME | {"EVEOBS_X__Y": "1"}) == []
    assert len(read_one(tmp_path / "eveobs.toml", HOME)) == 1
    assert read_one(tmp_path / "none.toml", HOME)[0].what == "there is no such file"


def test_what_was_loaded_cannot_be_changed(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    with pytest.raises(FrozenInstanceError):
        found.settings = Settings()  # type: ignore[misc]
    with pytest.raises(AttributeError):
        found.settings.esi.concurrency = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        found.origins["x"] = found.origins["esi.contact"]  # type: ignore[index]


def test_loading_is_light(tmp_path: Path) -> None:
    heavy = [
        "tomlkit",
        "tomli_w",
        "difflib",
        "asyncio",
        "typer",
        "rich",
        "platformdirs",
    ]
    code = (
        "import sys; from pathlib import Path; from eveobs.settings import load; "
        "load(environ={'EVEOBS_HOME': 'h', 'XDG_CONFIG_DIRS': '/nowhere'}, cwd=Path.cwd()); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
