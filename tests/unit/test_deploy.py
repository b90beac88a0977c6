"""The files in deploy/: nothing here runs them, so what can be told from reading them is."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from maskwatch.config import MaskwatchSettings, load_settings
from maskwatch.metrics import PROCESS_METRICS, TABLE, MetricKind

_ROOT = Path(__file__).resolve().parents[2]
_DEPLOY = _ROOT / "deploy"
_DASHBOARD = json.loads((_DEPLOY / "grafana" / "dashboards" / "maskwatch.json").read_text(encoding="utf-8"))
_FROM_PROMETHEUS = {"up"}


def _exposed() -> dict[str, frozenset[str]]:
    """Every name a query may ask for, with its labels."""
    names: dict[str, frozenset[str]] = dict.fromkeys(PROCESS_METRICS, frozenset())
    for metric in TABLE:
        labels = frozenset(metric.labels)
        if metric.kind is MetricKind.HISTOGRAM:
            names[f"{metric.name}_bucket"] = labels | {"le"}
            names[f"{metric.name}_count"] = names[f"{metric.name}_sum"] = labels
        else:
            names[metric.name] = labels
    return names


def _panels() -> list[dict[str, Any]]:
    return [panel for panel in _DASHBOARD["panels"] if panel["type"] != "row"]


def _queries() -> list[str]:
    queries = [target["expr"] for panel in _panels() for target in panel["targets"]]
    queries += [annotation["expr"] for annotation in _DASHBOARD["annotations"]["list"]]
    rules = yaml.safe_load((_DEPLOY / "alerts.yml").read_text())
    return queries + [rule["expr"] for group in rules["groups"] for rule in group["rules"]]


def _names_in(query: str) -> set[str]:
    return set(re.findall(r"\b(?:maskwatch|process)_[a-z_]+|\bup\b", query))


@pytest.mark.parametrize("query", _queries())
def test_queries_ask_for_metrics_and_labels_there_are(query: str) -> None:
    exposed = _exposed()
    names = _names_in(query)
    assert names
    assert names - _FROM_PROMETHEUS <= exposed.keys()
    allowed = frozenset({"job", "instance", "camera"}).union(*(exposed.get(name, frozenset()) for name in names))
    selectors = {label for braces in re.findall(r"\{([^}]*)\}", query) for label in re.findall(r"(\w+)=", braces)}
    groups = re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", query)
    assert selectors | {label.strip() for group in groups for label in group.split(",")} <= allowed


def test_every_metric_is_shown_or_guarded() -> None:
    used = set().union(*(_names_in(query) for query in _queries()))
    unused = {metric.name for metric in TABLE if not any(name.startswith(metric.name) for name in used)}
    assert not unused


def test_the_dashboard_is_whole() -> None:
    ids = [panel["id"] for panel in _DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in _DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    rows = [panel["title"] for panel in _DASHBOARD["panels"] if panel["type"] == "row"]
    assert rows == ["Right now", "Cameras", "Pipeline", "Alerts", "Delivery", "Server"]


def test_panels_know_their_source_and_tell_their_units() -> None:
    for panel in _panels():
        assert panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        references = [target["refId"] for target in panel["targets"]]
        assert len(references) == len(set(references))
        if panel["type"] in ("stat", "timeseries"):
            assert panel["fieldConfig"]["defaults"]["unit"]
        if panel["type"] != "stat":
            assert panel["description"], panel["title"]


def test_the_data_source_of_the_provisioning_is_prometheus() -> None:
    sources = yaml.safe_load((_DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"]
    assert [source["type"] for source in sources] == ["prometheus"]


@pytest.mark.parametrize(
    "command",
    [
        "promtool check config deploy/prometheus.yml",
        "promtool check rules deploy/alerts.yml",
        "promtool test rules deploy/alerts.test.yml",
    ],
)
def test_prometheus_finds_no_fault(command: str) -> None:
    done = subprocess.run(shlex.split(command), cwd=_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_is_tested_to_fire_and_says_what_to_do() -> None:
    rules = yaml.safe_load((_DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"]
    tests = yaml.safe_load((_DEPLOY / "alerts.test.yml").read_text())["tests"]
    fired = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case.get("exp_alerts")}
    assert {rule["alert"] for rule in rules} == fired
    for rule in rules:
        assert rule["annotations"].keys() == {"summary", "description"}
        assert rule["labels"]["severity"] in ("warning", "critical")


def test_both_prometheus_files_load_the_same_rules() -> None:
    files = [yaml.safe_load((_DEPLOY / name).read_text()) for name in ("prometheus.yml", "compose/prometheus.yml")]
    assert files[0]["rule_files"] == files[1]["rule_files"] == ["alerts.yml"]
    assert {config["job_name"] for file in files for config in file["scrape_configs"]} == {"maskwatch"}


class TestContainers:
    """Dockerfile, .dockerignore and compose.yaml."""

    compose = yaml.safe_load((_ROOT / "compose.yaml").read_text())
    dockerfile = (_ROOT / "Dockerfile").read_text()

    def test_what_is_copied_is_there_and_sent_to_the_builder(self) -> None:
        sent = {line[1:] for line in (_ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
        copied: set[str] = set()
        for line in re.findall(r"^COPY (?!--from)(.*)$", self.dockerfile, re.MULTILINE):
            copied.update(line.split()[:-1])
        assert copied == sent
        assert not [name for name in copied if not (_ROOT / name).exists()]

    def test_the_driver_of_postgresql_is_installed_as_locked(self) -> None:
        command = re.search(r"(sed -n '.*' requirements/all.txt)", self.dockerfile)
        assert command is not None
        lines = subprocess.run(
            shlex.split(command[1]), cwd=_ROOT, capture_output=True, text=True, check=True
        ).stdout.splitlines()
        assert re.fullmatch(r"asyncpg==[0-9.]+ \\", lines[0])
        assert len(lines) > 1
        assert all(line.lstrip().startswith("--hash=sha256:") for line in lines[1:])

    def test_it_runs_as_nobody_special_and_is_watched(self) -> None:
        last_stage = self.dockerfile.rpartition("\nFROM ")[2]
        assert "\nUSER maskwatch\n" in last_stage
        assert "HEALTHCHECK" in last_stage
        assert "/healthz" in last_stage

    def test_images_are_plain_names(self) -> None:
        images = re.findall(r"^FROM (\S+)", self.dockerfile, re.MULTILINE)
        images += [service["image"] for service in self.compose["services"].values()]
        assert not [image for image in images if "." in image.partition("/")[0] and "/" in image]

    def test_everything_asked_for_is_there(self) -> None:
        assert self.compose["services"].keys() == {"maskwatch", "prometheus", "grafana", "test-clip", "test-camera"}

    def test_mounted_files_exist(self) -> None:
        volumes = self.compose["volumes"].keys()
        for service in self.compose["services"].values():
            for mount in service.get("volumes", []):
                source = mount.split(":")[0]
                assert (_ROOT / source).exists() if source.startswith("./") else source in volumes

    def test_only_this_machine_reaches_the_ports(self) -> None:
        ports = [port for service in self.compose["services"].values() for port in service.get("ports", [])]
        assert ports
        assert all(port.startswith("127.0.0.1:") for port in ports)

    def test_the_settings_are_valid_and_the_camera_is_the_test_camera(self) -> None:
        settings: MaskwatchSettings = load_settings(_DEPLOY / "compose" / "maskwatch.yaml")
        address = settings.cameras["test"].url.get_secret_value()
        camera = yaml.safe_load((_DEPLOY / "test-camera" / "mediamtx.yml").read_text())
        user = camera["authInternalUsers"][1]
        assert address == f"rtsp://{user['user']}:{user['pass']}@test-camera:8554/{next(iter(camera['paths']))}"
