"""A thinner embedding network out of the teacher: the channels that stay make up for the others.

Block by block, channels are kept greedily (orthogonal matching pursuit on the teacher's output),
then the 1×1 convolution after them is solved by least squares, so that it also makes up for what
earlier blocks lost (He et al. 2017, arXiv:1707.06168).
"""

from typing import Final

import torch
from torch import Tensor, nn

from training.embedding.net import Bottleneck, EmbeddingNetwork

RIDGE: Final = 1e-4
"""Added to the variances, as a share of their mean, so that channels which repeat others solve."""
TINY: Final = 1e-12
"""Variance below which a channel has nothing more to say."""


@torch.no_grad()
def prune(
    teacher: EmbeddingNetwork,
    keep: float,
    pictures: Tensor,
) -> EmbeddingNetwork:
    """Return a network with `keep` of the channels, fitted on pictures (n, 3, 112, 112)."""
    student = EmbeddingNetwork(keep)
    whole = teacher.state_dict()
    weights = student.state_dict()
    for name in weights:
        if not name.startswith("blocks"):
            weights[name] = whole[name]
    student.load_state_dict(weights)
    # What the student sees at each block, and what the teacher was given there.
    seen = teacher.stem(pictures)
    given = seen
    for theirs, ours in zip(
        teacher.blocks,
        student.blocks,
        strict=True,
    ):
        assert isinstance(theirs, Bottleneck)
        assert isinstance(ours, Bottleneck)
        wanted = theirs(given)
        missing = wanted - seen if ours.added else wanted
        _fit(
            ours,
            theirs,
            seen,
            missing,
        )
        seen = ours(seen)
        given = wanted
    return student.eval()


def _fit(
    ours: Bottleneck,
    theirs: Bottleneck,
    seen: Tensor,
    wanted: Tensor,
) -> None:
    """Fill a thin block so that it makes `wanted` (n, c, h, w) of what it sees."""
    hidden = _samples(theirs.hidden(seen))
    outputs = _samples(wanted)
    hidden_mean = hidden.mean(dim=0)
    outputs_mean = outputs.mean(dim=0)
    hidden -= hidden_mean
    outputs -= outputs_mean
    covariance = hidden.T @ hidden / len(hidden)
    cross = hidden.T @ outputs / len(hidden)
    variances = covariance.diagonal()
    variances.add_(RIDGE * variances.mean())
    # Least squares on the channels that stay: they make up for those that go.
    kept = strongest(covariance, cross, ours.widen.out_channels)
    of_kept = covariance[kept][:, kept]
    weights = torch.linalg.solve(of_kept, cross[kept])
    made_by_means = hidden_mean[kept] @ weights
    _copy(ours.widen, theirs.widen, kept)
    _copy(ours.filter, theirs.filter, kept)
    ours.narrow.weight.copy_(weights.T[:, :, None, None])
    _bias(ours.narrow).copy_(outputs_mean - made_by_means)


def _copy(
    ours: nn.Conv2d,
    theirs: nn.Conv2d,
    kept: Tensor,
) -> None:
    """Copy the channels that are kept."""
    ours.weight.copy_(theirs.weight[kept])
    _bias(ours).copy_(_bias(theirs)[kept])


def strongest(
    covariance: Tensor,
    cross: Tensor,
    count: int,
) -> Tensor:
    """Return `count` channels, sorted, chosen one by one.

    The next one is that which explains most of what is still unexplained. `covariance` (c, c) of
    the channels, `cross` (c, o) with the outputs.
    """
    rest = covariance.clone()
    unexplained = cross.clone()
    chosen: list[int] = []
    for _ in range(count):
        explained = unexplained.square().sum(dim=1)
        variances = rest.diagonal().clamp_min(TINY)
        gain = explained / variances
        # What was chosen explains nothing more; rounding would say otherwise.
        gain[chosen] = -1
        best = int(gain.argmax())
        chosen.append(best)
        variance = rest[best, best].clamp_min(TINY)
        share = rest[:, best] / variance
        column = share[:, None]
        unexplained -= column * unexplained[best]
        # A copy: the row itself changes while it is subtracted.
        rest -= column * rest[best].clone()
    return torch.tensor(sorted(chosen))


def _samples(x: Tensor) -> Tensor:
    """Return (n, c, h, w) as (n·h·w, c) in double precision."""
    channels_last = x.permute(0, 2, 3, 1)
    rows = channels_last.reshape(-1, x.shape[1])
    return rows.double()


def _bias(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None
    return layer.bias
