"""`vitrine lab app`: the lab in a browser."""

from __future__ import annotations

from pathlib import Path

import click

DEFAULT_PORT = 8600
# The colours of the product's pages (services/console, services/customers), dark and light.
DARK = {
    # Buttons are of it, with white words, and chosen words on the dark ground: 4 to 1 for both.
    "primaryColor": "#d4571e",
    "backgroundColor": "#0f1117",
    "secondaryBackgroundColor": "#1f2330",
    "textColor": "#f2f0ea",
    "linkColor": "#7ea2ff",
    "borderColor": "#2a2f3e",
}
LIGHT = {
    "primaryColor": "#c2410c",
    "backgroundColor": "#fffdf9",
    "secondaryBackgroundColor": "#f3efe8",
    "textColor": "#14161d",
    "linkColor": "#c2410c",
    "borderColor": "#dcd7ce",
}


@click.command(short_help="See what the networks see, in a browser.")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Where runs/, docs/ and what commands wrote lie.  [default: this folder]",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Of the page.",
)
@click.option("--no-browser", is_flag=True, help="Do not open the page in a browser.")
def app(folder: Path, port: int, no_browser: bool) -> None:
    """Open the lab in a browser, on this machine only.

    Give it a picture, a video, the webcam or a drawn face; choose a detector and a net; see and
    download the points. Compare two nets on one face, see training runs, model cards and the
    accuracy report, map faces by their embeddings, and follow the studies as a tour.

    \b
    vitrine lab app
    vitrine lab app --folder ~/vitrine        a checkout, with its runs and documents
    vitrine lab app --port 8601 --no-browser  and on your laptop
    ssh -L 8601:127.0.0.1:8601 MACHINE        to see the page of another machine

    Pictures stay in memory and are forgotten with the page; nothing is sent anywhere. YuNet and
    further public weights are taken from the folder in VITRINE_MODELS. Ctrl-C ends it.
    """
    try:
        from streamlit.web import cli as streamlit
    except ImportError:
        raise click.ClickException(
            'the app needs Streamlit: pip install "vitrine[lab]"'
        ) from None
    from vitrine.site.local_page import has_screen

    # Streamlit takes a folder's own .streamlit/config.toml too; what is given here wins.
    script = Path(__file__).with_name("main.py")
    arguments = ["run", str(script)]
    headless = no_browser or not has_screen()
    arguments += options(port, headless=headless)
    arguments += ["--", str(folder.resolve())]
    streamlit.main(arguments, standalone_mode=False)


def options(port: int, *, headless: bool) -> list[str]:
    """Return Streamlit's options: this machine only, no telemetry, our colours."""
    given = [
        ("server.address", "127.0.0.1"),
        ("server.port", str(port)),
        ("server.headless", str(headless).lower()),
        ("server.showEmailPrompt", "false"),
        ("server.fileWatcherType", "none"),
        # Against sites that let their names lead to this machine.
        ("server.allowedHosts", "127.0.0.1"),
        ("server.allowedHosts", "localhost"),
        ("browser.gatherUsageStats", "false"),
        ("browser.serverAddress", "127.0.0.1"),
        ("client.toolbarMode", "viewer"),
        ("theme.baseRadius", "large"),
    ]
    for scheme, colours in (("dark", DARK), ("light", LIGHT)):
        for name, value in colours.items():
            given.append((f"theme.{scheme}.{name}", value))
    return [f"--{name}={value}" for name, value in given]
