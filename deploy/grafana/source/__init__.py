"""Grafana's dashboards as code: `python -m deploy.grafana.source` writes the JSON that Grafana reads."""
