"""Declare every metric of the product once, but those of campaigns: `campaigns.figures` has them.

Labels never hold a track, visitor or customer.
"""

from __future__ import annotations

import threading

from prometheus_client import Counter, Gauge, Histogram

# From one run of a small network to a frame that waited behind a restart: chosen, not measured.
_SECONDS = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.15,
    0.25,
    0.5,
    1,
    2.5,
    5,
    10,
)
# Steps of 5 and 10 ms around the goals of 30 and 50 ms: a quantile is interpolated within its
# bucket, and a step is the most that it may be wrong.
_AGES = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.015,
    0.02,
    0.025,
    0.03,
    0.035,
    0.04,
    0.05,
    0.06,
    0.07,
    0.08,
    0.1,
    0.125,
    0.15,
    0.2,
    0.25,
    0.5,
    1,
    2.5,
    5,
    10,
)
# Powers of two; a service takes at most 500 records in one batch (`vitrine.runtime`).
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)

READY = Gauge(
    "vitrine_ready", "1 while the process can work; otherwise /readyz has the reasons."
)
THREADS = Gauge("vitrine_threads", "Python threads of the process.")
THREADS.set_function(threading.active_count)

SERVICE_RESTARTS = Counter(
    "vitrine_service_restarts",
    "Times that `vitrine site` started a service again after it fell.",
    ["service"],
)

RECORDS_IN = Counter("vitrine_records_in", "Records read.", ["service", "topic"])
RECORDS_OUT = Counter("vitrine_records_out", "Records published.", ["service", "topic"])
RECORDS_INVALID = Counter(
    "vitrine_records_invalid", "Records sent to the dead letters.", ["service", "topic"]
)
RECORDS_MISSED = Counter(
    "vitrine_records_missed",
    "Records that the log deleted before they were read.",
    ["service", "topic"],
)
BATCH_RECORDS = Histogram(
    "vitrine_batch_records", "Records in a batch.", ["service"], buckets=_SIZES
)
HANDLER_SECONDS = Histogram(
    "vitrine_handler_seconds", "Time in the handler.", ["service"], buckets=_SECONDS
)
CONSUMER_LAG = Gauge(
    "vitrine_consumer_lag", "Records not read yet.", ["service", "topic"]
)
RETRIES = Counter(
    "vitrine_retries", "Times that something outside was unavailable.", ["service"]
)
STAGE_LATENCY = Histogram(
    "vitrine_stage_latency_seconds",
    "From capture to the end of a stage.",
    ["stage"],
    buckets=_AGES,
)
RECORD_WAIT = Histogram(
    "vitrine_record_wait_seconds",
    "From the log's taking a record to its being read.",
    ["service", "topic"],
    buckets=_AGES,
)

CAMERA_UP = Gauge("vitrine_camera_up", "1 while the camera gives pictures.", ["camera"])
CAMERA_FRAMES = Counter(
    "vitrine_camera_frames", "Frames taken from a camera.", ["camera"]
)
FRAMES_DROPPED = Counter(
    "vitrine_frames_dropped", "Frames not analysed.", ["camera", "reason"]
)
FRAMES_ANALYSED = Counter(
    "vitrine_frames_analysed", "Frames in which faces were looked for.", ["camera"]
)
CAMERA_TIME = Counter(
    "vitrine_camera_time_seconds", "Time that a camera was to be watched.", ["camera"]
)
CAMERA_USABLE = Counter(
    "vitrine_camera_usable_seconds",
    "Part of its time in which a camera gave usable pictures.",
    ["camera"],
)
CAMERA_WITHOUT_NOTICE = Counter(
    "vitrine_camera_without_notice_seconds",
    "Part of its time in which a camera was not analysed, as people were not told of it.",
    ["camera"],
)
CAMERA_UNUSABLE = Gauge(
    "vitrine_camera_unusable",
    "1 while a camera's pictures cannot be used, by reason.",
    ["camera", "reason"],
)
CLOCK_JUMPS = Counter(
    "vitrine_clock_jumps", "Times a camera's clock went back or leapt.", ["camera"]
)
CAMERA_FAILURES = Counter(
    "vitrine_camera_failures",
    "Times a camera could not be opened or read on, by cause.",
    ["camera", "cause"],
)
CAMERA_RECONNECTS = Counter(
    "vitrine_camera_reconnects", "Times a camera was opened again.", ["camera"]
)

INFERENCE_SECONDS = Histogram(
    "vitrine_inference_seconds", "Time of one model run.", ["model"], buckets=_SECONDS
)
INFERENCE_BATCH = Histogram(
    "vitrine_inference_batch", "Inputs in one model run.", ["model"], buckets=_SIZES
)
FACES_SEEN = Counter("vitrine_faces", "Faces in analysed frames.", ["camera"])
FACE_PARTS = Counter(
    "vitrine_face_parts",
    "Points, expressions and embeddings of faces in analysed frames: computed in the frame that "
    "they are reported for (`now`), repeated from an earlier one, or `none`.",
    ["camera", "part", "computed"],
)

GALLERY_CUSTOMERS = Gauge(
    "vitrine_gallery_customers", "Customers that recognition compares with."
)
TEMPLATES_UNREADABLE = Gauge(
    "vitrine_templates_unreadable",
    "Templates in the store that were altered, or that no key of the site opens.",
)
CUSTOMERS_UNREADABLE = Gauge(
    "vitrine_customers_unreadable",
    "Customers whose record was altered, or that no key opens; they are left out.",
)
GALLERY_VERSION = Gauge(
    "vitrine_gallery_version", "Last change of the customer store that was read."
)
GALLERY_THRESHOLD = Gauge(
    "vitrine_gallery_threshold",
    "Similarity from which on a track is a customer's, for the present gallery.",
    ["model"],
)
GALLERY_LEARNED = Gauge(
    "vitrine_gallery_learned_customers",
    "Customers whom the network names (method fnn); the search answers for the others.",
)
# A recognition is not counted: read every few seconds, the counter would date it.
IDENTITIES = Counter(
    "vitrine_identities",
    "Decisions who a track is, but for customers.",
    ["stand", "reason"],
)
VISIT_LINKS_WAITING = Gauge(
    "vitrine_visit_links_waiting",
    "Visits of known customers that wait for the customer store.",
)
VISIT_LINKS_LOST = Counter(
    "vitrine_visit_links_lost",
    "Visits of known customers that were not stored: too many waited.",
)

STATIC_FACES = Counter(
    "vitrine_static_faces",
    "Faces that never moved, such as printed ones; not counted as people.",
    ["camera"],
)
FACES_REPEATED = Counter(
    "vitrine_faces_repeated", "Frames of faces that came a second time.", ["camera"]
)
EXPRESSIONS_UNOPENED = Counter(
    "vitrine_expressions_unopened",
    "Groups of expressions that did not open: another key, or altered.",
    ["camera"],
)
PEOPLE_PRESENT = Gauge(
    "vitrine_people_present", "People in the stand's zone now.", ["stand"]
)
PEOPLE_ATTENDING = Gauge(
    "vitrine_people_attending", "People who look at the screen now.", ["stand"]
)
ENGAGEMENT_SCORE = Gauge(
    "vitrine_engagement_score", "Highest engagement score now.", ["stand"]
)

PLAYS_STARTED = Counter(
    "vitrine_plays_started", "Creatives sent to a player.", ["stand", "arm"]
)
PLAYS_CUT = Counter(
    "vitrine_plays_cut",
    "Plays that ended early because somebody before the screen was answered.",
    ["stand"],
)
PLAYS_FINISHED = Counter(
    "vitrine_plays_finished", "Plays that a player reported and the bus has.", ["stand"]
)
SCREEN_SECONDS = Counter(
    "vitrine_screen_seconds",
    "Time of finished plays of pages, by whether the browser proved that it drew them.",
    ["stand", "display"],
)
REPORTS_REFUSED = Counter(
    "vitrine_reports_refused",
    "Plays and touches that were reported and not counted, by reason.",
    ["stand", "reason"],
)
PLAYS_OFFLINE = Counter(
    "vitrine_plays_offline",
    "Of these, plays that a screen made on its own.",
    ["stand"],
)
PLAYS_DOUBTFUL = Counter(
    "vitrine_plays_doubtful",
    "Reports of plays whose times were moved to what is possible, by reason.",
    ["stand", "reason"],
)
CREATIVES_FAILED = Counter(
    "vitrine_creatives_failed",
    "Times that a player could not show a creative, by reason.",
    ["stand", "reason"],
)
STAND_SILENT = Gauge(
    "vitrine_stand_silent",
    "1 while no player is connected, or the one in charge does not report its plays.",
    ["stand"],
)
PLAYERS = Gauge("vitrine_players", "Players connected.", ["stand", "player"])
OFFERS = Counter(
    "vitrine_offers",
    "Offer decisions; what a customer got is counted in steps of ten.",
    ["stand", "outcome"],
)
NOT_ME = Counter(
    "vitrine_not_me",
    "Visitors who said not to be the customer whom they were taken for, in steps of ten.",
    ["stand"],
)
WEBHOOK = Counter(
    "vitrine_webhook", "Events of offers told to the webhook, or not.", ["outcome"]
)
POLICY_PLAYS = Counter(
    "vitrine_policy_plays",
    "Plays that were chosen among creatives of a campaign, by whether their reward is known.",
    ["stand", "outcome"],
)
POLICY_REWARDS = Counter(
    "vitrine_policy_rewards",
    "Touches and redemptions that may reward such a play, by what became of them.",
    ["stand", "outcome"],
)
DECISION_SECONDS = Histogram(
    "vitrine_decision_latency_seconds",
    "From capture to the stand's decision.",
    ["stand"],
    buckets=_AGES,
)

CONSOLE_VIEWERS = Gauge(
    "vitrine_console_viewers", "Browsers that watch the live view of the cameras."
)
CONSOLE_OPENINGS = Counter(
    "vitrine_console_openings", "Times that a browser opened the live view."
)

CUSTOMER_JOININGS = Counter(
    "vitrine_customer_joinings",
    "People who begin to join by phone, and what became of them.",
    ["outcome"],
)
for outcome in ("begun", "young", "limited", "passed", "failed", "known", "enrolled"):
    CUSTOMER_JOININGS.labels(outcome)
CUSTOMER_LOOK_SECONDS = Histogram(
    "vitrine_customer_look_seconds",
    "Time of one picture of who joins.",
    buckets=_SECONDS,
)

HTTP_REFUSED = Counter(
    "vitrine_http_refused",
    "Requests and connections that a server refused, by reason.",
    ["reason"],
)
for reason in (
    "host",
    "origin",
    "token",
    "tries",
    "password",
    "attempts",
    "role",
    "outside",
    "body",
    "slow",
    "crowded",
    "streams",
    "malformed",
):
    # From zero, so that an alert sees the first ones.
    HTTP_REFUSED.labels(reason)

CERTIFICATE_ENDS = Gauge(
    "vitrine_certificate_ends_seconds",
    "Second of UTC at which a certificate ends: of own pages, public ones, or the customers'.",
    ["pages"],
)
# Without a certificate it is 0, so that the alert finds what it looks at.
for pages in ("own", "public", "customers"):
    CERTIFICATE_ENDS.labels(pages)

AUDIT_LOST = Counter(
    "vitrine_audit_lost", "Entries of the audit log that could not be written."
)

FIGURES_SECONDS = Gauge(
    "vitrine_figures_export_seconds",
    "How long the last reading of the campaign figures took that Prometheus gets.",
)
FIGURES_FAILURES = Counter(
    "vitrine_figures_export_failures",
    "Times that Prometheus got no campaign figures, as the store did not answer.",
)
FIGURES_WATERMARK = Gauge(
    "vitrine_figures_watermark_seconds",
    "Second of UTC up to which events of a stand have told what happened.",
    ["stand"],
)
FIGURES_WAITING = Gauge(
    "vitrine_figures_waiting_people",
    "Most visitors of a creative whose figures wait for release; a step takes them all.",
    ["stand"],
)
FIGURES_STEP = Gauge(
    "vitrine_figures_step_people",
    "How many visitors a step of released figures concerns at least.",
    ["stand"],
)
FIGURES_FORGOTTEN = Counter(
    "vitrine_figures_forgotten_people",
    "Visitors who waited for release a week after their campaign had ended, and do not any more.",
)

LATE_EVENTS = Counter(
    "vitrine_late_events", "Events after their window had closed.", ["topic"]
)
REFUSED_EVENTS = Counter(
    "vitrine_refused_events",
    "Events that count for nothing in the figures of campaigns, by why.",
    ["topic", "reason"],
)
FIGURES_REBUILT = Counter(
    "vitrine_figures_rebuilt",
    "Partitions whose figures were lost with the store, and rebuilt.",
)
CONFIG_RELOADS = Counter(
    "vitrine_config_reloads", "Configuration files read again.", ["file", "outcome"]
)
CONFIG_REFUSED = Gauge(
    "vitrine_config_refused",
    "1 while the files on disk are refused and the last good configuration is in force.",
)
