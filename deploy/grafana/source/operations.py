"""The operator's page: what runs, what is lost, how old pictures are when they are used."""

from __future__ import annotations

from deploy.grafana.source.definitions import declared
from deploy.grafana.source.operations_services import (
    FIGURES,
    MODELS,
    PROCESSES,
    SERVICES,
    STANDS,
)
from deploy.grafana.source.panels import Dashboard, Link, Panel, Query, Row, Variable
from deploy.grafana.source.queries import lately, rate

CAMERA = 'camera=~"$camera"'
STAND = 'stand=~"$stand"'
# The services: Prometheus has a job of its own, and so have the figures of campaigns.
OURS = 'job!~"prometheus|campaigns"'
BAD_ABOVE_ZERO = ((None, "green"), (1, "red"))
# Red from where landmarks skips a frame; orange at half of it.
AGE = ((None, "green"), (0.25, "orange"), (0.5, "red"))
# Red below what fires the alert on usable time; 0.95 was chosen, not measured.
SHARE = ((None, "red"), (0.8, "orange"), (0.95, "green"))


NOW = Row(
    "Now",
    (
        Panel(
            "stat",
            "Alerts",
            "Alerts that fire now; the table below names them. Rules: deploy/prometheus/rules.",
            (Query('count(ALERTS{alertstate="firing"}) or vector(0)'),),
            width=4,
            height=4,
            steps=BAD_ABOVE_ZERO,
            coloured=True,
        ),
        Panel(
            "stat",
            "Processes ready",
            declared("vitrine_ready"),
            (
                Query(f"sum(vitrine_ready{{{OURS}}})", "ready"),
                Query(f"count(up{{{OURS}}})", "scraped"),
            ),
            width=4,
            height=4,
        ),
        Panel(
            "stat",
            "Cameras up",
            declared("vitrine_camera_up"),
            (
                # Once a camera, however many processes report it.
                Query("sum(max by (camera) (vitrine_camera_up))", "up"),
                Query("count(max by (camera) (vitrine_camera_up))", "configured"),
            ),
            width=4,
            height=4,
        ),
        Panel(
            "stat",
            "Screen answers after",
            "From capture to the stand's decision: 95 of 100 are faster. "
            "Frames older than 0.5 s are skipped, inputs older than 2 s trigger nothing.",
            (Query('stage:vitrine_stage_latency_seconds:p95_5m{stage="stand"}'),),
            unit="s",
            width=4,
            height=4,
            steps=AGE,
            coloured=True,
        ),
        Panel(
            "stat",
            "People",
            declared("vitrine_people_present", "vitrine_people_attending"),
            (
                Query("sum(vitrine_people_present)", "present"),
                Query("sum(vitrine_people_attending)", "attending"),
            ),
            width=4,
            height=4,
        ),
        Panel(
            "stat",
            "Dead letters, last hour",
            declared("vitrine_records_invalid"),
            (Query("sum(increase(vitrine_records_invalid_total[1h]))"),),
            decimals=0,
            width=4,
            height=4,
            steps=BAD_ABOVE_ZERO,
            coloured=True,
        ),
        Panel(
            "table",
            "Firing alerts",
            "What to do: the link of each alert leads to the runbook.",
            (Query('ALERTS{alertstate="firing"}', "firing"),),
            width=24,
            height=5,
            hidden=("Time", "__name__", "alertstate", "Value"),
            no_value="nothing fires",
            links=(Link("What to do", "/d/vitrine-runbook", "alertname"),),
        ),
    ),
)

CAMERAS = Row(
    "Cameras",
    (
        Panel(
            "timeseries",
            "Frames a second",
            declared("vitrine_camera_frames", "vitrine_frames_analysed"),
            (
                Query(
                    f"camera:vitrine_camera_frames:rate1m{{{CAMERA}}}",
                    "{{camera}} taken",
                ),
                Query(
                    f"camera:vitrine_frames_analysed:rate1m{{{CAMERA}}}",
                    "{{camera}} analysed",
                ),
            ),
            unit="fps",
            low=0,
        ),
        Panel(
            "timeseries",
            "Frames dropped a second, by reason",
            declared("vitrine_frames_dropped")
            + " `overload`: the workers have enough to do; `late`: older than "
            "0.5 s when landmarks got it; `bus`: Kafka was away; `unreadable`, "
            "`too-large`: the picture itself; `no-notice`: people were not told.",
            (
                Query(
                    f"sum by (reason) (camera_reason:vitrine_frames_dropped:rate1m{{{CAMERA}}})",
                    "{{reason}}",
                ),
            ),
            unit="fps",
            low=0,
            stacked=True,
        ),
        Panel(
            "timeseries",
            "Faces a second",
            declared("vitrine_faces"),
            (Query(rate("vitrine_faces_total", "camera", CAMERA), "{{camera}}"),),
            low=0,
        ),
        Panel(
            "table",
            "Each camera",
            declared(
                "vitrine_camera_up",
                "vitrine_camera_usable_seconds",
                "vitrine_camera_without_notice_seconds",
                "vitrine_camera_reconnects",
                "vitrine_clock_jumps",
            ),
            (
                Query(f"max by (camera) (vitrine_camera_up{{{CAMERA}}})", "up"),
                Query(f"camera:vitrine_camera_frames:rate1m{{{CAMERA}}}", "fps", "fps"),
                Query(
                    f"sum by (camera) (camera_reason:vitrine_frames_dropped:rate1m{{{CAMERA}}})",
                    "dropped",
                    "fps",
                ),
                Query(
                    f"camera:vitrine_usable:ratio10m{{{CAMERA}}}",
                    "usable, 10 min",
                    "percentunit",
                ),
                Query(
                    rate(
                        "vitrine_camera_without_notice_seconds_total",
                        "camera",
                        CAMERA,
                    ),
                    "without notice",
                    "percentunit",
                ),
                Query(
                    lately(
                        "vitrine_camera_reconnects_total",
                        "camera",
                        CAMERA,
                        "1h",
                    ),
                    "reconnects, 1 h",
                ),
                Query(
                    lately(
                        "vitrine_clock_jumps_total",
                        "camera",
                        CAMERA,
                        "1h",
                    ),
                    "clock jumps, 1 h",
                ),
            ),
            width=16,
            height=7,
            hidden=("Time", "__name__"),
        ),
        Panel(
            "timeseries",
            "Cameras that cannot be used, by reason",
            declared("vitrine_camera_unusable")
            + " `slate`: drawn, such as 'no signal'; `turned-away`: another view "
            "than the camera had.",
            (
                Query(
                    f"sum by (reason) (vitrine_camera_unusable{{{CAMERA}}})",
                    "{{reason}}",
                ),
            ),
            width=12,
            low=0,
        ),
        Panel(
            "bargauge",
            "Usable time, last ten minutes",
            "Usable camera time / time that the camera was to be watched. "
            "A missing picture is not usable, nor is one that says nothing new.",
            (Query(f"camera:vitrine_usable:ratio10m{{{CAMERA}}}", "{{camera}}"),),
            unit="percentunit",
            height=7,
            low=0,
            high=1,
            steps=SHARE,
            coloured=True,
        ),
    ),
)

LATENCY = Row(
    "From capture to screen",
    (
        Panel(
            "timeseries",
            "Age of frames at the end of each stage, 95th percentile",
            declared("vitrine_stage_latency_seconds")
            + " 95 of 100 frames were younger. Stages: ingest (on the "
            "bus), landmarks (faces found), engagement (people followed), "
            "stand (decision on its way).",
            (Query("stage:vitrine_stage_latency_seconds:p95_5m", "{{stage}}"),),
            unit="s",
            width=12,
            low=0,
        ),
        Panel(
            "table",
            "Percentiles of the last five minutes",
            declared("vitrine_stage_latency_seconds"),
            tuple(
                Query(
                    f"stage:vitrine_stage_latency_seconds:p{percent}_5m", f"p{percent}"
                )
                for percent in (50, 95, 99)
            ),
            unit="s",
            width=6,
            hidden=("Time", "__name__"),
        ),
        Panel(
            "bargauge",
            "Capture to decision by stand",
            declared("vitrine_decision_latency_seconds") + " 95th percentile.",
            (
                Query(
                    "histogram_quantile(0.95, sum by (stand, le) "
                    f"(rate(vitrine_decision_latency_seconds_bucket{{{STAND}}}[5m])))",
                    "{{stand}}",
                ),
            ),
            unit="s",
            width=6,
            low=0,
            high=1,
            steps=AGE,
            coloured=True,
        ),
    ),
)

OPERATIONS = Dashboard(
    uid="vitrine-operations",
    title="Vitrine: operations",
    description="What runs, what is lost, and how old pictures are when something is made of them.",
    rows=(
        NOW,
        CAMERAS,
        LATENCY,
        SERVICES,
        MODELS,
        STANDS,
        FIGURES,
        PROCESSES,
    ),
    variables=(
        Variable("camera", "Camera", "label_values(vitrine_camera_up, camera)"),
        Variable("stand", "Stand", "label_values(vitrine_plays_started_total, stand)"),
    ),
)
