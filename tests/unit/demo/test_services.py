"""The ways to provide a server: a configured address, Docker Compose (a fake docker), a process of this machine."""

import http.server
import json
import re
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from demo import services
from demo.services import Service, ServiceError, compose, elasticsearch, probe, redis, start_elasticsearch, start_redis
from demo.services.cli import main
from demo.services.distribution import Distribution
from demo.services.service import load_state

Answers = Callable[[int, object], str]


@pytest.fixture
def answering() -> Iterator[Answers]:
    """Starts servers that answer every request the same way."""
    servers: list[http.server.HTTPServer] = []

    def serve(status: int, body: object) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder of its own, so that no test writes .env here, and no program on PATH."""
    project = tmp_path / "project"
    (project / "bin").mkdir(parents=True)
    monkeypatch.setattr(compose, "PROJECT", project)
    monkeypatch.setenv("PATH", str(project / "bin"))
    return project


def put_docker(project: Path, address: str = "", *, engine: bool = True, plugin: bool = True, up: bool = True) -> None:
    """Write a fake docker that records in the file `running` whether the service runs."""
    script = f"""#!/bin/sh
PATH=/usr/bin:/bin
echo "$@" >> {project}/calls
case "$*" in
  info*) [ {int(engine)} = 1 ] || {{ echo "Cannot connect to the Docker daemon" >&2; exit 1; }} ;;
  "compose version") [ {int(plugin)} = 1 ] || {{ echo "unknown command: docker compose" >&2; exit 1; }} ;;
  *" ps "*) cat {project}/running 2>/dev/null; true ;;
  *" up "*) [ {int(up)} = 1 ] || {{ echo "port is already allocated" >&2; exit 1; }}
    echo elasticsearch > {project}/running ;;
  *" port "*) echo {address} ;;
  *" printenv "*) echo sesame ;;
  *" stop "*) rm -f {project}/running ;;
esac
"""
    (project / "bin" / "docker").write_text(script)
    (project / "bin" / "docker").chmod(0o755)


@pytest.fixture
def embedded_service(monkeypatch: pytest.MonkeyPatch) -> Service:
    service = Service("Elasticsearch", "http://127.0.0.1:1", "embedded")
    monkeypatch.setattr(elasticsearch, "start_embedded", lambda *_: service)
    monkeypatch.setattr(redis, "start_embedded", lambda *_: service)
    return service


VERSION = {"version": {"number": "9.4.3"}}


def test_a_configured_address_is_used_and_nothing_is_started(tmp_path: Path, project: Path, answering: Answers) -> None:
    put_docker(project)
    url = f"http://elastic:secret@{answering(200, VERSION)}"
    service = start_elasticsearch(tmp_path / "data", url=url, say=pytest.fail)
    service.stop()
    assert service.url == url
    assert "9.4.3" in service.how
    assert "secret" not in repr(service)
    assert not (tmp_path / "data").exists()
    assert not (project / "calls").exists()


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [(401, {}, "refuses the credentials"), (200, {"tagline": "You know"}, "is not Elasticsearch"), (200, [], "is not")],
)
def test_another_server_at_the_address_is_an_error_without_its_password(
    tmp_path: Path, answering: Answers, status: int, body: object, reason: str
) -> None:
    with pytest.raises(ServiceError, match=reason) as caught:
        start_elasticsearch(tmp_path, url=f"http://elastic:secret@{answering(status, body)}", say=pytest.fail)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("start", [start_elasticsearch, start_redis])
def test_a_configured_address_that_does_not_answer_is_an_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    embedded_service: Service,
    start: Callable[..., Service],
) -> None:
    monkeypatch.setattr(probe, "GIVEN_URL_PATIENCE_S", 0.2)
    scheme = "http" if start is start_elasticsearch else "redis"
    with pytest.raises(ServiceError, match=r"_URL is \w+://127\.0\.0\.1:9, and nothing answered there.*unset"):
        start(tmp_path, url=f"{scheme}://u:secret@127.0.0.1:9", say=pytest.fail)


@pytest.mark.parametrize(
    ("engine", "plugin", "up", "reason"),
    [
        (False, True, True, "no Docker engine answers.*Cannot connect"),
        (True, False, True, "no Compose plugin"),
        (True, True, False, "port is already allocated"),
    ],
)
def test_unusable_docker_says_why(
    tmp_path: Path, project: Path, embedded_service: Service, engine: bool, plugin: bool, up: bool, reason: str
) -> None:
    put_docker(project, engine=engine, plugin=plugin, up=up)
    lines: list[str] = []
    assert start_elasticsearch(tmp_path / "data", say=lines.append) is embedded_service
    assert [line for line in lines if re.search(reason, line)]


def test_missing_docker_is_reported_and_compose_can_be_ruled_out(
    tmp_path: Path, project: Path, embedded_service: Service
) -> None:
    lines: list[str] = []
    assert start_redis(tmp_path / "data", say=lines.append) is embedded_service
    assert lines == ["Redis: not using Docker: Docker is not installed (no docker on PATH)"]
    put_docker(project)
    assert start_redis(tmp_path / "data", compose=False, say=pytest.fail) is embedded_service
    assert not (project / "calls").exists()


def test_compose_starts_a_service_and_only_its_starter_stops_it(
    tmp_path: Path, project: Path, answering: Answers
) -> None:
    put_docker(project, address := answering(200, VERSION))
    lines: list[str] = []
    first = start_elasticsearch(tmp_path / "data", say=lines.append)
    assert first.url == f"http://elastic:sesame@{address}"
    assert first.how == f"Elasticsearch 9.4.3 by docker compose on {address}"
    assert "sesame" not in " ".join(lines)
    second = start_elasticsearch(tmp_path / "data", say=lines.append)
    assert second.how.endswith("started earlier")
    second.stop()
    assert (project / "running").exists()
    first.stop()
    assert not (project / "running").exists()
    assert load_state(tmp_path / "data") is None
    calls = (project / "calls").read_text()
    assert f"compose --file {project}/docker-compose.yml up -d --wait elasticsearch" in calls


def test_down_stops_what_compose_started(tmp_path: Path, project: Path, answering: Answers) -> None:
    put_docker(project, answering(200, VERSION))
    start_elasticsearch(tmp_path / "elasticsearch", say=lambda _: None)
    state = load_state(tmp_path / "elasticsearch")
    assert state is not None
    assert stat.S_IMODE((tmp_path / "elasticsearch" / "service.json").stat().st_mode) == 0o600
    result = CliRunner().invoke(main, ["status", "--folder", str(tmp_path)])
    assert "elasticsearch: answers, Elasticsearch 9.4.3 by docker compose" in result.output
    assert "sesame" not in result.output
    result = CliRunner().invoke(main, ["down", "--folder", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "stopped: Elasticsearch 9.4.3" in result.output
    assert not (project / "running").exists()
    assert load_state(tmp_path / "elasticsearch") is None


def test_up_prints_what_the_shell_evaluates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "demo.services.cli.start_elasticsearch", lambda *_, **__: Service("E", "http://a:b c@h:1", "how e")
    )
    monkeypatch.setattr("demo.services.cli.start_redis", lambda *_, **__: Service("R", "redis://h:2", "how r"))
    result = CliRunner().invoke(main, ["up", "--folder", str(tmp_path)])
    assert result.stdout == "export ELASTICSEARCH_URL='http://a:b c@h:1'\nexport REDIS_URL=redis://h:2\n"
    assert result.stderr == "how e\nhow r\n"


def test_the_command_line_shows_errors_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "GIVEN_URL_PATIENCE_S", 0.1)
    arguments = ["up", "--folder", str(tmp_path), "--elasticsearch-url", "http://127.0.0.1:9"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ELASTICSEARCH_URL is http://127.0.0.1:9, and nothing answered")


def test_status_without_servers(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["status", "--folder", str(tmp_path)])
    assert result.exit_code == 1
    assert "elasticsearch: nothing was started" in result.output


def test_env_is_written_once(project: Path) -> None:
    assert CliRunner().invoke(main, ["env"]).exit_code == 0
    content = (project / ".env").read_text()
    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600
    assert "left unchanged" in CliRunner().invoke(main, ["env"]).output
    assert (project / ".env").read_text() == content


def test_an_invalid_heap_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="not a size such as"):
        start_elasticsearch(tmp_path, heap="1g\n-XX:OnError=sh", compose=False, say=pytest.fail)


def test_settings_name_only_modules_of_the_distribution(tmp_path: Path) -> None:
    bare = elasticsearch.settings(Distribution(tmp_path, None), tmp_path / "my data", 9299)
    assert bare["network.host"] == "127.0.0.1"
    assert "ingest.geoip.downloader.enabled" not in bare
    (tmp_path / "modules" / "ingest-geoip").mkdir(parents=True)
    assert (
        elasticsearch.settings(Distribution(tmp_path, None), tmp_path, 1)["ingest.geoip.downloader.enabled"] == "false"
    )


def test_redis_on_the_path_comes_first(project: Path) -> None:
    binary = project / "bin" / "redis-server"
    binary.write_text("#!/bin/sh\nexit 0\n")
    binary.chmod(0o755)
    assert redis.find_binary(pytest.fail) == binary


def test_redis_arguments(tmp_path: Path) -> None:
    words = redis.arguments(tmp_path, 1234, appendonly=False)
    pairs = dict(zip(words[::2], words[1::2], strict=True))
    assert pairs["--bind"] == "127.0.0.1"
    assert pairs["--maxmemory-policy"] == "noeviction"
    assert pairs["--appendonly"] == "no"


def test_the_interface_is_complete() -> None:
    assert {"Service", "ServiceError", "start_elasticsearch", "start_redis", "remove_data"} <= set(services.__all__)
