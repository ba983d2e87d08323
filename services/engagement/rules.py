"""The rules of every camera, as the configuration has them now."""

from __future__ import annotations

from vitrine.mall import Mall, Stand
from vitrine.presence.rules import PresenceRules
from vitrine.services.engagement.settings import EngagementSettings


class RulesTable:
    """Keep the rules of each camera in the configuration as of the last `update`."""

    def __init__(self, settings: EngagementSettings) -> None:
        self._settings = settings
        self._mall: Mall | None = None
        self._version = ""
        self._stands: dict[str, PresenceRules] = {}
        self._cameras: dict[tuple[str, str], PresenceRules] = {}

    def update(self, mall: Mall) -> None:
        """Follow the configuration."""
        if mall is self._mall:
            return
        self._mall = mall
        self._version = mall.version
        self._stands = {}
        for stand in mall.stands:
            rules = self._settings.rules(stand=stand, config_version=mall.version)
            self._stands[stand.id] = rules
        self._cameras = {}
        for camera in mall.cameras:
            stand = self._stands[camera.stand].stand
            rules = self._settings.rules(
                stand=stand,
                config_version=mall.version,
                camera=camera,
            )
            key = (camera.stand, camera.id)
            self._cameras[key] = rules

    def __contains__(self, stand_id: str) -> bool:
        return stand_id in self._stands

    def of(self, stand_id: str, camera_id: str) -> PresenceRules:
        """Return the rules of a camera at a stand.

        The defaults for a stand that was taken from the configuration meanwhile.
        """
        key = (stand_id, camera_id)
        rules = self._cameras.get(key)
        if rules is None:
            rules = self._stands.get(stand_id)
        if rules is None:
            unknown = Stand(id=stand_id)
            rules = self._settings.rules(stand=unknown, config_version=self._version)
        return rules
