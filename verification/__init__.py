"""Extract a stated final answer and judge it against the gold answer."""

from verification.conventions import Conventions
from verification.settings import VerificationSettings

__all__ = ["Conventions", "VerificationSettings"]
