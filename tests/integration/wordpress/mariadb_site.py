"""A real site as hosts run it: nginx, php-fpm and MariaDB, each started by the tests on sockets of
their own in a folder of their own, and ended by their process ids.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.conftest import missing
from tests.integration.wordpress.making import (
    APP_PASSWORD,
    HERE,
    PASSWORD,
    USER,
    configure,
    installed,
)
from tests.integration.wordpress.site import Site, lasting_port, linked

DATABASE, OWNER = "wordpress", "wordpress"
NEEDED = ("mariadbd", "mariadb", "mariadb-dump", "mariadb-install-db", "nginx")
SBIN = "/usr/sbin:/sbin"

NGINX = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 64; }}
http {{
  types {{ text/html html; text/css css; application/javascript js; image/png png; }}
  access_log off;
  client_max_body_size 64m;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {root};
    index index.php;
    location / {{ try_files $uri $uri/ /index.php?$args; }}
    location ~ \\.php$ {{
      fastcgi_pass unix:{folder}/fpm.sock;
      fastcgi_read_timeout 120;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_param SCRIPT_NAME $fastcgi_script_name;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_param REQUEST_URI $request_uri;
      fastcgi_param DOCUMENT_URI $document_uri;
      fastcgi_param DOCUMENT_ROOT $document_root;
      fastcgi_param SERVER_PROTOCOL $server_protocol;
      fastcgi_param SERVER_SOFTWARE nginx;
      fastcgi_param REMOTE_ADDR $remote_addr;
      fastcgi_param SERVER_NAME 127.0.0.1;
      fastcgi_param SERVER_PORT $server_port;
      fastcgi_param HTTP_HOST $http_host;
    }}
  }}
}}
"""
FPM = """
[global]
error_log = {folder}/fpm.log
daemonize = no
[site]
{user}
listen = {folder}/fpm.sock
{owner}
pm = static
pm.max_children = 5
catch_workers_output = yes
clear_env = yes
env[RIG_FOLDER] = {rig}
php_admin_value[memory_limit] = 256M
php_admin_value[max_execution_time] = 30
php_admin_value[display_errors] = 0
php_admin_value[opcache.revalidate_freq] = 0
"""


def _tool(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SBIN}")
    if found is None:
        missing(f"there is no {name} (Debian: mariadb-server php-fpm php-mysql nginx)")
    return str(found)


def _fpm() -> str:
    found = sorted(Path("/usr/sbin").glob("php-fpm*"))
    if not found:
        missing("there is no php-fpm (Debian: php-fpm php-mysql)")
    return str(found[-1])


@dataclass
class MariaSite(Site):
    """WordPress 7.1 on nginx, php-fpm and MariaDB, with pretty permalinks."""

    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def socket(self) -> Path:
        """The socket of the database server."""
        return self.folder / "mysql.sock"

    def start(self) -> None:
        """Make the database, lay out the files, install WordPress, and serve it."""
        for name in NEEDED:
            _tool(name)
        made = installed("modern")
        self._port = lasting_port()
        for name in ("database", "rig", "temporary"):
            (self.folder / name).mkdir()
        (self.rig / "token").write_text(self._token)
        (self.rig / "batch").write_text("")
        self._make_database()
        shutil.copytree(made / "files", self.files, copy_function=linked, symlinks=True)
        content = self.files / "wp-content"
        (content / "db.php").unlink()
        shutil.rmtree(content / "plugins" / "sqlite-database-integration")
        (self.files / "wp-config.php").unlink(missing_ok=True)
        configure(self.files, self.folder / "database", self.url, socket=self.socket)
        install = ("install.php", str(self.files), USER, PASSWORD, APP_PASSWORD)
        subprocess.run(
            ["php", "-d", "memory_limit=512M", str(HERE / install[0]), *install[1:]],
            check=True, capture_output=True,
        )  # fmt: skip
        shutil.copy(HERE / "rig.php", content / "mu-plugins/a-rig.php")
        self._serve()
        self.php(
            "update_option('permalink_structure', '/%postname%/'); flush_rewrite_rules(false);"
        )
        dump = [_tool("mariadb-dump"), *self._client(), "--add-drop-table", DATABASE]
        self._fresh = subprocess.run(dump, check=True, capture_output=True).stdout
        self.reset()

    def stop(self) -> None:
        """End all three."""
        for name in ("nginx", "fpm", "mariadb"):
            self._end(name)

    def reset(self, engine: str = "InnoDB") -> None:
        """The fresh site again, without the plugin, its tables of `engine`."""
        self.mend()
        self.remove_plugin()
        self._revive()
        tables = self.sql(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'wordpress'"
        ).split()
        drops = "".join(f"DROP TABLE IF EXISTS `{name}`;" for name in tables)
        fresh = self._fresh.replace(b"ENGINE=InnoDB", f"ENGINE={engine}".encode())
        self.sql(
            "SET GLOBAL read_only = 0; SET GLOBAL net_buffer_length = 16384; SET GLOBAL max_allowed_packet = 16777216;"
            f" SET GLOBAL innodb_lock_wait_timeout = 50; SET GLOBAL default_storage_engine = {engine};"
            " SET foreign_key_checks = 0;" + drops
        )
        self.sql(fresh.decode())
        (self.folder / "database/debug.log").write_text("")
        (self.rig / "batch").write_text("")
        self.forget_requests()

    def sql(self, statements: str) -> str:
        """What the database answers its administrator."""
        done = subprocess.run(
            [_tool("mariadb"), *self._client(), "--batch", "--skip-column-names", DATABASE],
            input=statements.encode(), check=True, capture_output=True,
        )  # fmt: skip
        return done.stdout.decode()

    def session(self) -> subprocess.Popen[str]:
        """Another connection, which takes statements line by line on its standard input."""
        return subprocess.Popen(
            [_tool("mariadb"), *self._client(), "--unbuffered", "--batch", "--skip-column-names",
             "--force", DATABASE],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def kill_database(self) -> None:
        """As by the kernel when memory ends."""
        server = self._running.pop("mariadb")
        server.kill()
        server.wait()

    def start_database(self) -> None:
        """Start the server on what it left."""
        data = self.folder / "mysql"
        options = [
            "--no-defaults", f"--datadir={data}", f"--socket={self.socket}", "--skip-networking",
            f"--pid-file={self.folder}/mysql.pid", f"--tmpdir={self.folder}/temporary",
            f"--log-error={self.folder}/mysql.log", "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=32M", "--innodb-flush-log-at-trx-commit=2",
            "--skip-name-resolve", "--performance-schema=off",
        ]  # fmt: skip
        if os.geteuid() == 0:
            options.append("--user=root")
        self._launch_as("mariadb", [_tool("mariadbd"), *options])
        for _ in range(600):
            asked = [_tool("mariadb"), *self._client(), "-e", "SELECT 1"]
            if not subprocess.run(asked, check=False, capture_output=True).returncode:
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "mysql.log").read_text())

    def _revive(self) -> None:
        if "mariadb" not in self._running:
            self.start_database()

    def _make_database(self) -> None:
        command = [
            _tool("mariadb-install-db"), "--no-defaults", f"--datadir={self.folder}/mysql",
            "--auth-root-authentication-method=normal", "--skip-test-db",
            f"--tmpdir={self.folder}/temporary",
        ]  # fmt: skip
        if os.geteuid() == 0:
            command.append("--user=root")
        subprocess.run(command, check=True, capture_output=True)
        self.start_database()
        made = subprocess.run(
            [_tool("mariadb"), *self._client()],
            input=(
                f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4;"
                f"CREATE USER '{OWNER}'@'localhost' IDENTIFIED BY '{PASSWORD}';"
                f"GRANT ALL ON {DATABASE}.* TO '{OWNER}'@'localhost';"
            ).encode(),
            check=False, capture_output=True,
        )  # fmt: skip
        assert not made.returncode, made.stderr

    def _client(self) -> list[str]:
        return ["--no-defaults", f"--socket={self.socket}", "--user=root"]

    def _serve(self) -> None:
        root = os.geteuid() == 0
        values = {
            "folder": self.folder, "rig": self.rig, "port": self._port,
            "root": self.folder / "root",
        }  # fmt: skip
        nginx, fpm = self.folder / "nginx.conf", self.folder / "fpm.conf"
        nginx.write_text(NGINX.format(**values, user="user root;" if root else ""))
        user = "user = root\ngroup = root" if root else ""
        fpm.write_text(FPM.format(**values, user=user, owner="listen.mode = 0600"))
        command = [_fpm(), "--nodaemonize", "--fpm-config", str(fpm)]
        self._launch_as("fpm", [*command, "--allow-to-run-as-root"] if root else command)
        self._launch_as("nginx", [_tool("nginx"), "-p", str(self.folder), "-c", str(nginx)])
        for _ in range(400):
            try:
                urlopen(
                    f"http://127.0.0.1:{self._port}/wp-includes/version.php", timeout=10
                ).close()
            except HTTPError as error:
                error.close()
                if error.code < 500:
                    return
            except OSError:
                pass
            else:
                return
            if self._running["fpm"].poll() is not None:
                break
            time.sleep(0.05)
        logs = [*self.folder.glob("*.out"), *self.folder.glob("*.log")]
        raise AssertionError("".join(file.read_text()[-2000:] for file in logs))

    def _launch_as(self, name: str, command: list[str]) -> None:
        with (self.folder / f"{name}.out").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _end(self, name: str) -> None:
        process = self._running.pop(name, None)
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
