"""The lower half of the operator's page: services, models, stands, processes."""

from __future__ import annotations

from deploy.grafana.source.definitions import declared
from deploy.grafana.source.panels import Panel, Query, Row
from deploy.grafana.source.queries import lately, mean, rate

STAND = 'stand=~"$stand"'
OURS = 'job!~"prometheus|campaigns"'

HANDLER_RATE = rate("vitrine_handler_seconds_bucket", "service, le")
WAIT_RATE = rate("vitrine_record_wait_seconds_bucket", "service, topic, le")

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
            "Wait on the bus, 95th percentile",
            declared("vitrine_record_wait_seconds"),
            (
                Query(
                    f"histogram_quantile(0.95, {WAIT_RATE})",
                    "{{service}} for {{topic}}",
                ),
            ),
            unit="s",
            low=0,
        ),
        Panel(
            "timeseries",
            "Time in the handler for a batch, 95th percentile",
            declared("vitrine_handler_seconds"),
            (Query(f"histogram_quantile(0.95, {HANDLER_RATE})", "{{service}}"),),
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
            "Switches a minute",
            declared("vitrine_plays_started", "vitrine_plays_cut"),
            (
                Query(
                    f"60 * {rate('vitrine_plays_started_total', 'stand', STAND)}",
                    "{{stand}}",
                ),
                Query(
                    f"60 * {rate('vitrine_plays_cut_total', 'stand', STAND)}",
                    "{{stand}} cut short",
                ),
            ),
            low=0,
        ),
        Panel(
            "timeseries",
            "Plays finished in five minutes",
            declared("vitrine_plays_finished"),
            (
                Query(
                    lately("vitrine_plays_finished_total", "stand", STAND),
                    "{{stand}}",
                ),
            ),
            low=0,
        ),
        Panel(
            "timeseries",
            "Screen time of pages in five minutes",
            declared("vitrine_screen_seconds"),
            (
                Query(
                    lately("vitrine_screen_seconds_total", "stand, display", STAND),
                    "{{stand}} {{display}}",
                ),
            ),
            unit="s",
            low=0,
        ),
        Panel(
            "timeseries",
            "Creatives that could not be shown",
            declared("vitrine_creatives_failed"),
            (
                Query(
                    lately("vitrine_creatives_failed_total", "stand, reason", STAND),
                    "{{stand}} {{reason}}",
                ),
            ),
            low=0,
        ),
        Panel(
            "timeseries",
            "Reports refused in five minutes",
            declared("vitrine_reports_refused"),
            (
                Query(
                    lately("vitrine_reports_refused_total", "stand, reason", STAND),
                    "{{stand}} {{reason}}",
                ),
            ),
            low=0,
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
        Panel(
            "timeseries",
            "Told to the webhook in five minutes",
            declared("vitrine_webhook"),
            (Query(lately("vitrine_webhook_total", "outcome"), "{{outcome}}"),),
            low=0,
            stacked=True,
        ),
        Panel(
            "timeseries",
            "Choices among creatives learned from in five minutes",
            declared("vitrine_policy_plays"),
            (
                Query(
                    lately("vitrine_policy_plays_total", "outcome", STAND),
                    "{{outcome}}",
                ),
            ),
            low=0,
            stacked=True,
        ),
    ),
)

FIGURES = Row(
    "Figures of campaigns",
    (
        Panel(
            "timeseries",
            "How far figures are behind",
            declared("vitrine_figures_watermark_seconds")
            + " A stand that plays nothing may be silent.",
            (
                Query(
                    "time() - max by (stand) "
                    f"(vitrine_figures_watermark_seconds{{{STAND}}})",
                    "{{stand}}",
                ),
            ),
            unit="s",
        ),
        Panel(
            "timeseries",
            "People who wait for release",
            declared("vitrine_figures_waiting_people", "vitrine_figures_step_people"),
            (
                Query(
                    f"max by (stand) (vitrine_figures_waiting_people{{{STAND}}})",
                    "{{stand}}",
                ),
                Query("max(vitrine_figures_step_people)", "of a step"),
            ),
            low=0,
        ),
        Panel(
            "timeseries",
            "Time to read the figures for Prometheus",
            declared(
                "vitrine_figures_export_seconds", "vitrine_figures_export_failures"
            )
            + " After 4 s Prometheus gives up.",
            (
                Query("max(vitrine_figures_export_seconds)", "time"),
                Query(
                    "sum(increase(vitrine_figures_export_failures_total[5m]))",
                    "failures in five minutes",
                    "short",
                ),
            ),
            unit="s",
            low=0,
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
