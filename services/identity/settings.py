"""Settings of identity: those of recognition, that who enrols customers needs too."""

from __future__ import annotations

from vitrine.recognition import RecognitionSettings as IdentitySettings

__all__ = ["IdentitySettings"]
