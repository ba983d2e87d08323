"""Grafana's dashboards as code: `python -m deploy.grafana.source` writes the JSON for Grafana."""
