"""What stands in deploy/watch: Prometheus' rules, and the queries of Grafana's dashboard."""

import json
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

ROOT: Final = Path(__file__).parents[2]
WATCH: Final = ROOT / "deploy" / "watch"


def read_yaml(path: Path) -> Any:
    """What a file in YAML says."""
    return YAML(typ="safe").load(path)


def rules() -> list[dict[str, Any]]:
    """All rules."""
    return [rule for group in read_yaml(WATCH / "rules.yml")["groups"] for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    """The rules that are alerts, by their names."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def dashboard() -> dict[str, Any]:
    """Grafana's dashboard."""
    read: dict[str, Any] = json.loads((WATCH / "grafana" / "dashboards" / "antrean.json").read_text())
    return read


def queries() -> dict[str, str]:
    """The dashboard's queries, each by its panel and its letter."""
    return {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in dashboard()["panels"]
        for target in panel.get("targets", ())
    }
