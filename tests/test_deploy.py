"""The deployment example: readable, closed by default, and with options that exist."""

import re
from pathlib import Path
from typing import Any

import yaml
from typer.testing import CliRunner

from lesionscope.cli import commands

DEPLOY = Path(__file__).parents[1] / "docs" / "deploy"


def services() -> dict[str, dict[str, Any]]:
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    assert found["networks"]["inside"] == {"internal": True}
    return dict(found["services"])


def test_own_services_have_no_rights_and_no_way_out() -> None:
    own = {name: service for name, service in services().items() if name != "proxy"}
    assert set(own) == {"app", "scheduler", "worker", "batch"}
    for service in own.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["networks"] == ["inside"]
        assert "ports" not in service


def test_commands_name_options_that_exist() -> None:
    found = services()
    for name in ("app", "batch"):
        command = found[name]["command"]
        said = CliRunner().invoke(commands, [command[0], "--help"], env={"COLUMNS": "200"}).output
        for option in (word for word in command if str(word).startswith("--")):
            assert option in said


def test_proxy_passes_what_the_app_takes() -> None:
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert "client_max_body_size 150m" in text
    names = re.findall(r"server_name ([^;]+);", text)
    assert names == [services()["app"]["command"][-1]]
