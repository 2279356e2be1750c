"""What watches over Antrean in docker-compose.watch.yml: scrape configuration, alerts, dashboard."""

import re
import shutil
import subprocess
from itertools import combinations
from typing import Any

import pytest

from common.metrics import definitions
from common.metrics.definitions import Kind
from tests.unit.watch_files import ROOT, WATCH, alerts, dashboard, queries, read_yaml, rules

COMPOSE = read_yaml(ROOT / "docker-compose.yml")
OVERLAY = read_yaml(ROOT / "docker-compose.watch.yml")
JOBS = {job["job_name"]: job for job in read_yaml(WATCH / "prometheus.yml")["scrape_configs"]}

_OURS = (*definitions.OF_EVERY_WORKER, *definitions.OF_ALL_QUEUES, *definitions.OF_WEB_PROCESSES)
_OF_HISTOGRAMS = {
    f"{metric.name}_{part}"
    for metric in _OURS
    if metric.kind is Kind.HISTOGRAM
    for part in ("bucket", "sum", "count")
}
_OF_OTHERS = {
    *("rabbitmq_detailed_queue_messages_ready", "rabbitmq_detailed_queue_consumers"),
    *("process_cpu_seconds_total", "up", "ALERTS"),
}
_METRIC = re.compile(r"\b(?:antrean|rabbitmq|process)_\w+\b|\bantrean:\w+(?::\w+)?|\bup\b|\bALERTS\b")


def known_metrics() -> set[str]:
    """All that a query may ask for."""
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    of_workers = {metric.name for metric in _OURS if metric.kind is not Kind.HISTOGRAM}
    return of_workers | _OF_HISTOGRAMS | _OF_OTHERS | recorded


def metrics_in(query: str) -> set[str]:
    """The metrics that a query asks for."""
    return set(_METRIC.findall(re.sub(r'"[^"]*"', '""', query)))


def promtool(*arguments: str) -> str:
    """What Prometheus' own tool says; where it is missing the test is left out."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is missing: apt-get install prometheus")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, cwd=WATCH, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_own_tool_takes_configuration_and_rules() -> None:
    promtool("check", "config", "prometheus.yml")
    promtool("check", "rules", "rules.yml")


def test_alerts_come_when_they_should_and_only_then() -> None:
    assert "SUCCESS" in promtool("test", "rules", "rules_test.yml")


def test_every_alert_is_tried_while_all_is_well_and_while_it_is_not() -> None:
    well, *troubles = read_yaml(WATCH / "rules_test.yml")["tests"]
    quiet = {each["alertname"] for each in well["alert_rule_test"] if not each.get("exp_alerts")}
    firing = {
        each["alertname"] for test in troubles for each in test["alert_rule_test"] if each.get("exp_alerts")
    }
    assert quiet == firing == alerts().keys()


@pytest.mark.parametrize("query", [*queries().values(), *(rule["expr"] for rule in rules())])
def test_only_metrics_are_asked_for_that_there_are(query: str) -> None:
    assert metrics_in(query)
    assert metrics_in(query) <= known_metrics()


def test_operations_say_what_to_do_for_every_alert() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text()
    said = re.findall(r"^\| `(Antrean\w+)` \| (\w+) \|", operations, re.MULTILINE)
    assert said == [(name, alert["labels"]["severity"]) for name, alert in alerts().items()]


def test_the_panels_of_the_dashboard_stand_side_by_side() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
    for one, other in combinations((panel["gridPos"] for panel in panels), 2):
        assert not (overlap(one, other, "x", "w") and overlap(one, other, "y", "h")), (one, other)


def overlap(one: dict[str, Any], other: dict[str, Any], start: str, length: str) -> bool:
    """Whether two places have something in common along one side."""
    return bool(one[start] < other[start] + other[length] and other[start] < one[start] + one[length])


def test_the_dashboard_asks_the_data_source_that_is_provisioned() -> None:
    [source] = read_yaml(WATCH / "grafana" / "datasources" / "prometheus.yml")["datasources"]
    asked = {
        each["datasource"]["uid"]
        for panel in dashboard()["panels"]
        for each in (panel, *panel.get("targets", ()))
        if "datasource" in each
    }
    assert asked == {source["uid"]}
    assert source["url"] == "http://prometheus:9090"


def test_prometheus_asks_the_workers_where_compose_has_them_show_their_metrics() -> None:
    [workers] = JOBS["antrean"]["dns_sd_configs"]
    assert set(workers["names"]) == {"registrar", "ticker", "status", "web", "board"}
    for name in workers["names"]:
        environment = OVERLAY["services"][name]["environment"]
        assert environment["ANTREAN_METRICS_PORT"] == str(workers["port"])
        assert environment["ANTREAN_METRICS_ADDRESS"] == "0.0.0.0"
        assert name in COMPOSE["services"]
    [broker] = JOBS["rabbitmq"]["static_configs"]
    assert broker["targets"] == ["broker:15692"]


def test_every_file_that_the_overlay_mounts_is_there() -> None:
    for service in OVERLAY["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in OVERLAY["volumes"] or (ROOT / source).exists(), source


def test_nothing_of_it_is_published_beyond_this_machine() -> None:
    ports = [port for service in OVERLAY["services"].values() for port in service.get("ports", ())]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)
