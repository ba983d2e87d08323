"""A thinner embedding network out of the teacher: which channels stay, and what the rest said through them.

Block by block, channels are kept greedily (orthogonal matching pursuit on the teacher's output), then the 1×1
convolution after them is solved by least squares, so that it also makes up for what earlier blocks lost
(He et al. 2017, arXiv:1707.06168).
"""

import torch
from torch import Tensor, nn

from training.networks.embedding import Bottleneck, EmbeddingNetwork

RIDGE = 1e-4
"""Added to the variances, as a share of their mean."""


@torch.no_grad()
def prune(teacher: EmbeddingNetwork, keep: float, pictures: Tensor) -> EmbeddingNetwork:
    """A network with `keep` of the channels, fitted on pictures (n, 3, 112, 112)."""
    student = EmbeddingNetwork(keep)
    whole = teacher.state_dict()
    student.load_state_dict(
        {
            k: v if k.startswith("blocks") else whole[k]
            for k, v in student.state_dict().items()
        }
    )
    seen = given = teacher.stem(pictures)
    for theirs, ours in zip(teacher.blocks, student.blocks, strict=True):
        assert isinstance(theirs, Bottleneck)
        assert isinstance(ours, Bottleneck)
        wanted = theirs(given)
        _fit(ours, theirs, seen, wanted - seen if ours.added else wanted)
        seen = ours(seen)
        given = wanted
    return student.eval()


def _fit(ours: Bottleneck, theirs: Bottleneck, seen: Tensor, wanted: Tensor) -> None:
    """Fills a thin block so that it makes `wanted` (n, c, h, w) of what it sees."""
    hidden = _samples(theirs.hidden(seen))
    outputs = _samples(wanted)
    middle = hidden.mean(dim=0)
    target = outputs.mean(dim=0)
    hidden -= middle
    outputs -= target
    covariance = hidden.T @ hidden / len(hidden)
    cross = hidden.T @ outputs / len(hidden)
    covariance.diagonal().add_(RIDGE * covariance.diagonal().mean())
    kept = strongest(covariance, cross, ours.widen.out_channels)
    weights = torch.linalg.solve(covariance[kept][:, kept], cross[kept])
    for layer, source in ((ours.widen, theirs.widen), (ours.filter, theirs.filter)):
        layer.weight.copy_(source.weight[kept])
        _bias(layer).copy_(_bias(source)[kept])
    ours.narrow.weight.copy_(weights.T[:, :, None, None])
    _bias(ours.narrow).copy_(target - middle[kept] @ weights)


def strongest(covariance: Tensor, cross: Tensor, count: int) -> Tensor:
    """Channels, sorted, chosen one by one: the next is what explains most of what is still unexplained.

    `covariance` (c, c) of the channels, `cross` (c, o) with the outputs.
    """
    left = covariance.clone()
    open_ = cross.clone()
    chosen: list[int] = []
    for _ in range(count):
        gain = open_.square().sum(dim=1) / left.diagonal().clamp_min(1e-12)
        gain[chosen] = -1
        best = int(gain.argmax())
        chosen.append(best)
        column = left[:, best] / left[best, best].clamp_min(1e-12)
        open_ -= column[:, None] * open_[best]
        left -= column[:, None] * left[best].clone()
    return torch.tensor(sorted(chosen))


def _samples(x: Tensor) -> Tensor:
    """(n, c, h, w) → (n·h·w, c) in double precision."""
    return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1]).double()


def _bias(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None
    return layer.bias
