"""``lookalike roles``: what each part of the shop must be allowed in an Elasticsearch with security."""

from __future__ import annotations

import json

import click

from es_mappings import roles as es_roles
from indexer.elastic.client import connect
from indexer.settings import Settings

_PREFIX = "lookalike-"
_MIN_PASSWORD_LENGTH = 12  # characters


def _passwords(_: click.Context, __: click.Parameter, pairs: str) -> dict[str, str]:
    """Read ROLE:PASSWORD, separated by ','."""
    passwords = dict(pair.partition(":")[::2] for pair in pairs.split(",") if pair)
    for role, password in passwords.items():
        if role not in es_roles.ROLES:
            raise click.BadParameter(f"{role!r} is no role; there are {', '.join(es_roles.ROLES)}")
        if len(password) < _MIN_PASSWORD_LENGTH:
            raise click.BadParameter(f"the password of {role} is shorter than {_MIN_PASSWORD_LENGTH} characters")
    return passwords


@click.command()
@click.argument("role", required=False, type=click.Choice([*es_roles.ROLES, "attach"]))
@click.option("--index", help="Of the role attach: the index that is not ours.")
@click.option("--create", is_flag=True, help="Create the roles, and the users that --users names.")
@click.option(
    "--users", envvar="ROLE_USERS", default="", callback=_passwords, metavar="ROLE:PASSWORD,...",
    help="Users to create; each is called lookalike-ROLE. [env: ROLE_USERS]",
)  # fmt: skip
def roles(*, role: str | None, index: str | None, create: bool, users: dict[str, str]) -> None:
    """Print as JSON what each part of the shop must be allowed, or ROLE alone.

    One alone is the body of `PUT /_security/role/NAME`, and a role descriptor of an API key.
    """
    if (role == "attach") != bool(index):
        raise click.UsageError("The role attach, and it alone, takes --index.")
    settings = Settings.from_environment()
    alias = settings.index_name
    if index:
        bodies = {"attach": es_roles.attaching(alias, index)}
    else:
        bodies = {name: build(alias) for name, build in es_roles.ROLES.items() if role in {None, name}}
    if create:
        _create(settings, bodies, users)
    else:
        shown = bodies[role] if role else {_PREFIX + name: body for name, body in bodies.items()}
        click.echo(json.dumps(shown, indent=2))


def _create(settings: Settings, bodies: dict[str, es_roles.Role], users: dict[str, str]) -> None:
    with connect(settings) as client:
        for name, body in bodies.items():
            client.security.put_role(name=_PREFIX + name, **body)
            click.echo(f"Role {_PREFIX}{name}")
        for name, password in users.items():
            client.security.put_user(username=_PREFIX + name, password=password, roles=[_PREFIX + name])
            click.echo(f"User {_PREFIX}{name}")
