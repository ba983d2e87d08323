"""Draw what a camera that does not exist sees, with the truth about every person."""

from vitrine.synthetic.mall import SyntheticMall
from vitrine.synthetic.truth import FrameTruth, PersonTruth

__all__ = ["FrameTruth", "PersonTruth", "SyntheticMall"]
