"""Panels and dashboards in the form Grafana reads."""

COLUMNS = 24
SCHEMA_VERSION = 39
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
HEIGHTS = {"stat": 4, "timeseries": 8}


class Panel:
    """`queries` are (PromQL, legend); `unit` is a word of Grafana; `width` counts 24ths of the row."""

    def __init__(self, title, unit, queries, description, width=8, kind="timeseries", stacked=False):
        self.title, self.unit, self.queries, self.description = title, unit, queries, description
        self.width, self.kind, self.stacked = width, kind, stacked

    def json(self, number, x, y):
        return {
            "id": number, "type": self.kind, "title": self.title, "description": self.description,
            "datasource": SOURCE, "gridPos": {"x": x, "y": y, "w": self.width, "h": HEIGHTS[self.kind]},
            "targets": [{"refId": chr(ord("A") + index), "datasource": SOURCE, "expr": expression,
                         "legendFormat": legend}
                        for index, (expression, legend) in enumerate(self.queries)],
            "fieldConfig": {"defaults": {"unit": self.unit, "min": 0, "custom": self._custom()}, "overrides": []},
            "options": self._options(),
        }

    def _custom(self):
        if self.kind == "stat":
            return {}
        return {"fillOpacity": 30 if self.stacked else 0, "stacking": {"mode": "normal" if self.stacked else "none"}}

    def _options(self):
        if self.kind == "stat":
            return {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "none", "graphMode": "area"}
        return {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}


def variables(names):
    """The data source, and one that filters by each of `names`: (label, a meter that has it)."""
    yield {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"}
    for label, meter in names:
        yield {"name": label, "type": "query", "label": label.capitalize(), "datasource": SOURCE, "refresh": 2,
               "query": {"query": f"label_values({meter}, {label})", "refId": label},
               "includeAll": True, "allValue": ".+", "multi": True, "current": {"text": "All", "value": "$__all"}}


def layout(panels):
    """Each with its place: from left to right, a new row where the width is used up."""
    x = y = row_height = 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > COLUMNS:
            x, y, row_height = 0, y + row_height, 0
        yield panel.json(number, x, y)
        x += panel.width
        row_height = max(row_height, HEIGHTS[panel.kind])


def dashboard(uid, title, description, names, panels, refresh="5s", span="now-15m"):
    return {
        "uid": uid, "title": title, "description": description, "schemaVersion": SCHEMA_VERSION, "version": 1,
        "editable": False, "tags": ["coupon"], "time": {"from": span, "to": "now"}, "refresh": refresh,
        "timezone": "browser", "templating": {"list": list(variables(names))},
        "annotations": {"list": [{
            "name": "Alerts", "enable": True, "datasource": SOURCE, "iconColor": "red",
            "expr": 'ALERTS{alertstate="firing",alertname=~"Coupon.+"}', "titleFormat": "{{alertname}}"}]},
        "panels": list(layout(panels)),
    }

