"""Drive Debian's Firefox by WebDriver BiDi, as there is no driver for it to install.

https://www.w3.org/TR/webdriver-bidi/
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO, Any, Final

from websockets.sync.client import ClientConnection, connect

ANSWER_S: Final = 30.0
LISTENS: Final = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
PREFERENCES: Final = """
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.normandy.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
"""


class Firefox:
    """Show one page; `errors` has what its console said."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = count(1)
        self.errors: list[str] = []
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        tree = self.ask("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    def ask(self, method: str, **params: Any) -> Any:
        """Return the result of a command. Raises RuntimeError when it fails."""
        number = next(self._ids)
        command = {"id": number, "method": method, "params": params}
        self._socket.send(json.dumps(command))
        while True:
            message = json.loads(self._socket.recv(ANSWER_S))
            if message["type"] == "event":
                self._note(message["params"])
            elif message["id"] == number:
                break
        if message["type"] == "error":
            raise RuntimeError(message["message"])
        return message["result"]

    def open(self, url: str) -> None:
        """Load a page."""
        self.ask(
            "browsingContext.navigate",
            context=self._context,
            url=url,
            wait="complete",
        )

    def evaluate(self, expression: str) -> Any:
        """Return a text or number that the page computes."""
        answer = self.ask(
            "script.evaluate",
            expression=expression,
            target={"context": self._context},
            awaitPromise=True,
        )
        return answer["result"].get("value")

    def _note(self, entry: dict[str, Any]) -> None:
        if entry["level"] == "error":
            self.errors.append(entry["text"])


@contextmanager
def running_firefox(path: str, folder: Path) -> Iterator[Firefox]:
    """Yield a Firefox without a window, with its profile in `folder`."""
    profile = folder / "firefox"
    profile.mkdir()
    (profile / "user.js").write_text(PREFERENCES)
    command = [path, "--headless", "--no-remote", "--profile", str(profile)]
    command += ["--remote-debugging-port", "0", "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            url = f"{_address(process.stderr)}/session"
            with connect(url, max_size=None) as socket:
                yield Firefox(socket)
        finally:
            process.terminate()


def _address(stderr: IO[str]) -> str:
    for line in stderr:
        if found := LISTENS.search(line):
            return found[1]
    raise RuntimeError("Firefox ended before it listened")
