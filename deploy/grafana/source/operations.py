"""The operator's page: what runs, what is lost, how old pictures are when something is made of them."""

from __future__ import annotations

from deploy.grafana.source.definitions import declared
from deploy.grafana.source.panels import Dashboard, Panel, Query, Row, Variable

CAMERA = 'camera=~"$camera"'
STAND = 'stand=~"$stand"'
OURS = 'job!~"prometheus|campaigns"'
BAD_ABOVE_ZERO = ((None, "green"), (1, "red"))
AGE = ((None, "green"), (0.25, "orange"), (0.5, "red"))
SHARE = ((None, "red"), (0.8, "orange"), (0.95, "green"))


def rate(counter: str, by: str, where: str = "") -> str:
    """A second's rise of a counter, summed over processes."""
    return f"sum by ({by}) (rate({counter}{{{where}}}[$__rate_interval]))"


def lately(counter: str, by: str, where: str = "", span: str = "5m") -> str:
    """The rise of a counter in the span before, summed over processes."""
    return f"sum by ({by}) (increase({counter}{{{where}}}[{span}]))"


def mean(histogram: str, by: str) -> str:
    """The mean of what a histogram observed."""
    return f"{rate(histogram + '_sum', by)} / ({rate(histogram + '_count', by)} > 0)"


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
            "What to do: docs/operations.md, and the alert itself on Prometheus' page /alerts.",
            (Query('ALERTS{alertstate="firing"}', "firing"),),
            width=24,
            height=5,
            hidden=("Time", "__name__", "alertstate", "Value"),
            no_value="nothing fires",
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
            "0.5 s when landmarks got it; `bus`: Kafka was away; `unreadable`, `too-large`: the picture itself.",
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
                    lately("vitrine_camera_reconnects_total", "camera", CAMERA, "1h"),
                    "reconnects, 1 h",
                ),
                Query(
                    lately("vitrine_clock_jumps_total", "camera", CAMERA, "1h"),
                    "clock jumps, 1 h",
                ),
            ),
            width=16,
            height=7,
            hidden=("Time", "__name__"),
        ),
        Panel(
            "bargauge",
            "Usable time, last ten minutes",
            "Usable camera time / time that the camera was to be watched. A dark, covered or missing picture is "
            "not usable.",
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
            "bus), landmarks (faces found), engagement (people followed), stand (decision on its way).",
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

SERVICES = Row(
    "Services",
    (
        Panel(
            "timeseries",
            "Consumer lag",
            declared("vitrine_consumer_lag")
            + " Short peaks are normal; growth is not.",
            (
                Query(
                    "service_topic:vitrine_consumer_lag:sum", "{{service}} on {{topic}}"
                ),
            ),
            low=0,
        ),
        Panel(
            "timeseries",
            "Records read a second",
            declared("vitrine_records_in"),
            (
                Query(
                    rate("vitrine_records_in_total", "service, topic"),
                    "{{service}} from {{topic}}",
                ),
            ),
            low=0,
        ),
        Panel(
            "timeseries",
            "Records published a second",
            declared("vitrine_records_out"),
            (
                Query(
                    rate("vitrine_records_out_total", "service, topic"),
                    "{{service}} to {{topic}}",
                ),
            ),
            low=0,
        ),
        Panel(
            "timeseries",
            "Batch size",
            declared("vitrine_batch_records") + " Mean; idle calls are none.",
            (Query(mean("vitrine_batch_records", "service"), "{{service}}"),),
            low=0,
        ),
        Panel(
            "timeseries",
            "Time in the handler for a batch, 95th percentile",
            declared("vitrine_handler_seconds"),
            (
                Query(
                    f"histogram_quantile(0.95, {rate('vitrine_handler_seconds_bucket', 'service, le')})",
                    "{{service}}",
                ),
            ),
            unit="s",
            low=0,
        ),
        Panel(
            "timeseries",
            "Retries, dead letters and late events in five minutes",
            declared(
                "vitrine_retries", "vitrine_records_invalid", "vitrine_late_events"
            ),
            (
                Query("service:vitrine_retries:increase5m", "{{service}} retries"),
                Query(
                    lately("vitrine_records_invalid_total", "service"),
                    "{{service}} dead letters",
                ),
                Query(
                    lately("vitrine_late_events_total", "topic"), "late on {{topic}}"
                ),
            ),
            low=0,
        ),
    ),
)

MODELS = Row(
    "Vision models",
    (
        Panel(
            "timeseries",
            "Time of one run, 95th percentile",
            declared("vitrine_inference_seconds"),
            (Query("model:vitrine_inference_seconds:p95_5m", "{{model}}"),),
            unit="s",
            low=0,
        ),
        Panel(
            "timeseries",
            "Inputs in one run",
            declared("vitrine_inference_batch") + " Mean of five minutes.",
            (Query("model:vitrine_inference_batch:mean5m", "{{model}}"),),
            low=0,
        ),
        Panel(
            "timeseries",
            "Share of a core spent in each model",
            declared("vitrine_inference_seconds")
            + " Summed over a second; on a GPU, of its time.",
            (Query(rate("vitrine_inference_seconds_sum", "model"), "{{model}}"),),
            unit="percentunit",
            low=0,
            stacked=True,
        ),
    ),
)

STANDS = Row(
    "Recognition and stands",
    (
        Panel(
            "stat",
            "Customers compared with",
            declared("vitrine_gallery_customers"),
            (Query('max(vitrine_gallery_customers{job="identity"})'),),
            width=4,
        ),
        Panel(
            "timeseries",
            "Decisions who a track is, a second",
            declared("vitrine_identities"),
            (Query(rate("vitrine_identities_total", "reason", STAND), "{{reason}}"),),
            width=10,
            low=0,
            stacked=True,
        ),
        Panel(
            "timeseries",
            "People at the stands",
            declared("vitrine_people_present", "vitrine_people_attending"),
            (
                Query(
                    f"sum by (stand) (vitrine_people_present{{{STAND}}})",
                    "{{stand}} present",
                ),
                Query(
                    f"sum by (stand) (vitrine_people_attending{{{STAND}}})",
                    "{{stand}} attending",
                ),
            ),
            width=10,
            low=0,
        ),
        Panel(
            "timeseries",
            "Plays started in five minutes",
            declared("vitrine_plays_started"),
            (
                Query(
                    lately("vitrine_plays_started_total", "stand, arm", STAND),
                    "{{stand}} {{arm}}",
                ),
            ),
            low=0,
            stacked=True,
        ),
        Panel(
            "timeseries",
            "Players connected",
            declared("vitrine_players"),
            (
                Query(
                    f"sum by (stand, player) (vitrine_players{{{STAND}}})",
                    "{{stand}} {{player}}",
                ),
            ),
            low=0,
        ),
        Panel(
            "timeseries",
            "Offers decided in five minutes",
            declared("vitrine_offers"),
            (Query(lately("vitrine_offers_total", "outcome", STAND), "{{outcome}}"),),
            low=0,
            stacked=True,
        ),
    ),
)

PROCESSES = Row(
    "Processes",
    (
        Panel(
            "timeseries",
            "Memory",
            declared("process_resident_memory_bytes"),
            (
                Query(
                    f"process_resident_memory_bytes{{{OURS}}}", "{{job}} {{instance}}"
                ),
            ),
            unit="bytes",
            width=6,
            low=0,
        ),
        Panel(
            "timeseries",
            "CPU",
            declared("process_cpu_seconds") + " 100 % is one core.",
            (
                Query(
                    f"rate(process_cpu_seconds_total{{{OURS}}}[$__rate_interval])",
                    "{{job}} {{instance}}",
                ),
            ),
            unit="percentunit",
            width=6,
            low=0,
        ),
        Panel(
            "timeseries",
            "Open files",
            declared("process_open_fds"),
            (Query(f"process_open_fds{{{OURS}}}", "{{job}} {{instance}}"),),
            width=6,
            low=0,
        ),
        Panel(
            "timeseries",
            "Threads",
            declared("vitrine_threads"),
            (Query(f"vitrine_threads{{{OURS}}}", "{{job}} {{instance}}"),),
            width=6,
            low=0,
        ),
    ),
)

OPERATIONS = Dashboard(
    uid="vitrine-operations",
    title="Vitrine: operations",
    description="What runs, what is lost, and how old pictures are when something is made of them.",
    rows=(NOW, CAMERAS, LATENCY, SERVICES, MODELS, STANDS, PROCESSES),
    variables=(
        Variable("camera", "Camera", "label_values(vitrine_camera_up, camera)"),
        Variable("stand", "Stand", "label_values(vitrine_plays_started_total, stand)"),
    ),
)
