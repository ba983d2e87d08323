"""Append what is new in the topic `campaign-windows` to standard output, a line of JSON a row.

For operators: the rows are exact, down to one person. Advertisers read `campaign-releases`.

    VITRINE_KAFKA_SERVERS=localhost:9092 python consume_windows.py >> windows.jsonl

It needs kafka-python alone, goes on where it stopped, and ends when nothing more comes.
"""

import os
import sys

from kafka import KafkaConsumer

SCHEMA = b"campaign-windows/3"
login = {}
if "KAFKA_PASSWORD" in os.environ:
    login = {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": os.environ["KAFKA_USERNAME"],
        "sasl_plain_password": os.environ["KAFKA_PASSWORD"],
    }
consumer = KafkaConsumer(
    "campaign-windows",
    bootstrap_servers=os.environ["VITRINE_KAFKA_SERVERS"],
    group_id=os.environ.get("GROUP", "warehouse"),
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    consumer_timeout_ms=1000 * int(os.environ.get("WAIT_S", "10")),
    **login,
)
for record in consumer:
    if dict(record.headers)["schema"] != SCHEMA:
        sys.exit(f"offset {record.offset} has another schema; read the changelog")
    sys.stdout.write(record.value.decode() + "\n")
# Only what is written counts as read. A row that comes twice is the same revision twice.
sys.stdout.flush()
consumer.commit()
# Else the next run waits until the broker misses this one.
consumer.close(autocommit=False)
