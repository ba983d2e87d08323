"""Limits of every web server of the project, on what one client may take."""

from __future__ import annotations

from typing import Final

# Far above a touch, a code or a form. Chosen, not measured.
BODY_BYTES: Final = 64_000

# A report of 200 plays, each with a token of at most 4,000 characters, has some 900 kB.
REPORT_BYTES: Final = 1_000_000

# Seconds that a body may take. The largest report then needs 0.8 Mbit/s; pages send 50
# plays, some 50 kB. Chosen, not measured.
BODY_S: Final = 10.0

# Seconds from the first byte of a request, or from the connection, to the end of its
# body. Longer than BODY_S, so that a slow body is told why. Chosen, not measured.
REQUEST_S: Final = 15.0

# Connections that wait to be accepted: above CONNECTIONS, as a client that finds no place
# tries again after a second only. Chosen, not measured.
WAITING_CONNECTIONS: Final = 1_024

# Connections at a time; each open page holds one for its events. Far above the screens of
# a mall, and below the 1,024 files that a process may open by default. Beyond it the
# oldest connection without a request goes. Chosen, not measured.
CONNECTIONS: Final = 800

# Event streams at a time of one address: more than the 50 screens that a `stand` is made
# for, and an eighth of CONNECTIONS. A proxy that does not say whom it asks for is one
# address. Chosen, not measured.
STREAMS_PER_ADDRESS: Final = 100

# Bytes of a frame that a client sends on a WebSocket: what a control frame may have
# (RFC 6455, 5.5). Ours take no others.
FRAME_BYTES: Final = 125

# Seconds between two pings on a WebSocket, and for the answer. A screen whose network has
# forgotten it then holds its place for ten. Chosen, not measured.
PING_S: Final = 5.0

# Seconds that a connection without a request is kept: what uvicorn does by default.
KEEP_ALIVE_S: Final = 5

# Seconds that requests have to end when the server stops; pages connect again by
# themselves. Chosen, not measured.
SHUTDOWN_S: Final = 2
