"""Elasticsearch as a process of this machine, for use without Docker."""

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.services import embedded
from demo.services.distribution import Distribution, find_distribution
from demo.services.embedded import Plan
from demo.services.jdk import find_jdk
from demo.services.place import change_owner, data_place
from demo.services.probe import elasticsearch_ready
from demo.services.process import free_port, unprivileged
from demo.services.service import Say, Service, ServiceError

# 9.x, and what 8.x starts its server with.
LAUNCHER = "org.elasticsearch.server.launcher.ServerLauncher"
OLD_LAUNCHER = "org.elasticsearch.launcher.CliToolLauncher"
LIBS = "lib/tools/server-cli"


@dataclass(frozen=True)
class Member:
    """One node of a cluster on this machine.

    Attributes
    ----------
    name
        Its name.
    port, transport_port
        Where it listens for clients and for the other nodes; the same after a restart.
    names, transport_ports
        Of all nodes, this one included.
    """

    name: str
    port: int
    transport_port: int
    names: Sequence[str]
    transport_ports: Sequence[int]


def start_embedded(folder: Path, heap: str, say: Say, member: Member | None = None) -> Service:
    """Start an embedded Elasticsearch on a data folder.

    Parameters
    ----------
    folder
        Folder for its data, settings and logs.
    heap
        Size of the Java heap in Java's notation, such as `1g` or `512m`.
    say
        Called with a line for each step.
    member
        Which node of a cluster it is; by default it is alone. A cluster answers once most of its nodes run.
    """
    if not re.fullmatch(r"[1-9]\d*[mg]", heap):
        raise ServiceError(f"heap {heap!r} is not a size such as 1g or 512m")
    identity = unprivileged()
    distribution = find_distribution(say)
    jdk = distribution.jdk or find_jdk(identity, say)
    home = data_place(folder, identity, say)
    port = member.port if member else free_port()
    _write_folders(home, settings(distribution, home, port, member), distribution, heap)
    change_owner(home, identity)
    plan = Plan(
        name="Elasticsearch",
        command=_command(distribution, jdk, home),
        env=_environment(distribution, jdk, home),
        cwd=distribution.home,  # the launcher takes its working folder as Elasticsearch's home
        log=folder / "start.log",
        port=port,
        url=f"http://127.0.0.1:{port}",
        ready=elasticsearch_ready,
        identity=identity,
        note=f", heap {heap}" + (f", as {identity.name}" if identity else ""),
    )
    return embedded.start(folder, plan, say)


def settings(distribution: Distribution, home: Path, port: int, member: Member | None = None) -> dict[str, str]:
    """Return the settings of an embedded node for elasticsearch.yml."""
    options = {
        "cluster.name": "lookalike",
        # No ingest, machine learning or transforms: nothing here uses them.
        "node.roles": "[master, data]",
        "network.host": "127.0.0.1",
        "http.port": str(port),
        "path.data": str(home / "data"),
        "path.logs": str(home / "logs"),
        "path.repo": str(home / "snapshots"),  # where a snapshot repository of type fs may lie
        # It listens on the loopback interface only and has a sandbox's or a test's data. Security would need a
        # password for every process of a run; the compose stack has it on.
        "xpack.security.enabled": "false",
        "xpack.ml.enabled": "false",
        "xpack.watcher.enabled": "false",
        # Developers' disks are often fuller than the default watermarks allow.
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "action.destructive_requires_name": "true",
    }
    options |= _discovery(member)
    if distribution.has_module("ingest-geoip"):
        options["ingest.geoip.downloader.enabled"] = "false"
    if distribution.has_module("x-pack-inference"):
        # Otherwise it asks an online service of Elastic for its permissions.
        options["xpack.inference.elastic.periodic_authorization_enabled"] = "false"
    return options


def _discovery(member: Member | None) -> dict[str, str]:
    if member is None:
        return {"node.name": "lookalike", "discovery.type": "single-node", "transport.port": "0"}
    return {
        "node.name": member.name,
        "transport.port": str(member.transport_port),
        "discovery.seed_hosts": _list(f"127.0.0.1:{port}" for port in member.transport_ports),
        "cluster.initial_master_nodes": _list(member.names),  # read only until the cluster has formed
    }


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(json.dumps(value) for value in values)}]"


def _write_folders(home: Path, options: Mapping[str, str], distribution: Distribution, heap: str) -> None:
    for name in ("data", "logs"):
        (home / name).mkdir(exist_ok=True)
    for name in ("config", "tmp"):
        # Rewritten each time: nothing that the server's user left there is followed or trusted.
        shutil.rmtree(home / name, ignore_errors=True)
        (home / name).mkdir()
    config = home / "config"
    lines = [f"{name}: {_quoted(value)}" for name, value in options.items()]
    (config / "elasticsearch.yml").write_text("\n".join(lines) + "\n")
    shutil.copyfile(distribution.home / "config" / "log4j2.properties", config / "log4j2.properties")
    shipped = (distribution.home / "config" / "jvm.options").read_text().splitlines()
    # The log of the garbage collector takes up to 2 GB.
    (config / "jvm.options").write_text("\n".join(line for line in shipped if "-Xlog:gc" not in line) + "\n")
    (config / "jvm.options.d").mkdir()
    logs = home / "logs"
    jvm = [f"-Xms{heap}", f"-Xmx{heap}", f"-XX:HeapDumpPath={logs}", f"-XX:ErrorFile={logs}/hs_err_pid%p.log"]
    jvm += os.environ.get("ELASTICSEARCH_JVM_OPTIONS", "").split()
    (config / "jvm.options.d" / "lookalike.options").write_text("\n".join(jvm) + "\n")


def _quoted(value: str) -> str:
    return value if re.fullmatch(r"[\w.-]+|\[.*\]", value) else "'" + value.replace("'", "''") + "'"


def _command(distribution: Distribution, jdk: Path, home: Path) -> list[str]:
    # What bin/elasticsearch runs; the copy from Maven lacks that script.
    es = distribution.home
    own_launcher = es / "lib" / "tools" / "server-launcher"
    launcher = LAUNCHER if own_launcher.is_dir() else OLD_LAUNCHER
    jars = [own_launcher / "*"] if own_launcher.is_dir() else [es / "lib" / "*", es / "lib" / "cli-launcher" / "*"]
    return [
        str(jdk / "bin" / "java"),
        *("-Xms4m", "-Xmx64m", "-XX:+UseSerialGC"),
        "-Dcli.name=server",
        f"-Dcli.script={es / 'bin' / 'elasticsearch'}",
        f"-Dcli.libs={LIBS}",
        f"-Des.path.home={es}",
        f"-Des.path.conf={home / 'config'}",
        "-Des.distribution.type=tar",
        f"-Des.java.type={_java_type(distribution)}",
        f"-Djava.io.tmpdir={home / 'tmp'}",
        *("-cp", ":".join(map(str, jars))),
        launcher,
    ]


def _environment(distribution: Distribution, jdk: Path, home: Path) -> dict[str, str]:
    # Not inherited: variables such as JAVA_TOOL_OPTIONS would change the JVM.
    variables = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(home / "tmp"),
        "HOSTNAME": "localhost",
        "JAVA": str(jdk / "bin" / "java"),
        "JAVA_TYPE": _java_type(distribution),
        "CLI_NAME": "server",
        "CLI_LIBS": LIBS,
        "ES_HOME": str(distribution.home),
        "ES_PATH_CONF": str(home / "config"),
        "ES_TMPDIR": str(home / "tmp"),
        "ES_DISTRIBUTION_TYPE": "tar",
    }
    if not re.search(r"\s", str(home)):
        # Keeps folders that the launcher's short-lived JVMs leave out of /tmp. The launcher splits this at spaces.
        variables["CLI_JAVA_OPTS"] = f"-Djava.io.tmpdir={home / 'tmp'}"
    return variables if distribution.jdk else {**variables, "ES_JAVA_HOME": str(jdk)}


def _java_type(distribution: Distribution) -> str:
    return "bundled JDK" if distribution.jdk else "ES_JAVA_HOME"
