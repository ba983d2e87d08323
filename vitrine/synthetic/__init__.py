"""A camera that does not exist: the `synthetic:` source, with the truth about every person."""

from vitrine.synthetic.mall import SyntheticMall
from vitrine.synthetic.truth import FrameTruth, PersonTruth

__all__ = ["FrameTruth", "PersonTruth", "SyntheticMall"]
