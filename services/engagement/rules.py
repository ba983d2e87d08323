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
        stands = {stand.id: stand for stand in mall.stands}
        self._stands = {}
        for stand in mall.stands:
            self._stands[stand.id] = self._settings.rules(stand, mall.version)
        self._cameras = {}
        for camera in mall.cameras:
            rules = self._settings.rules(stands[camera.stand], mall.version, camera)
            self._cameras[camera.stand, camera.id] = rules

    def __contains__(self, stand_id: str) -> bool:
        return stand_id in self._stands

    def of(
        self,
        stand_id: str,
        camera_id: str,
    ) -> PresenceRules:
        """Return the rules of a camera at a stand.

        The defaults for a stand that was taken from the configuration meanwhile.
        """
        rules = self._cameras.get((stand_id, camera_id))
        if rules is None:
            rules = self._stands.get(stand_id)
        if rules is None:
            rules = self._settings.rules(Stand(id=stand_id), self._version)
        return rules
