"""A checkpoint as an ONNX file: batch normalisation folded into the convolutions, batch size left open."""

from itertools import pairwise
from pathlib import Path

import onnx
import torch
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval

from training.config import Config
from training.landmarks import landmark_network
from vitrine.vision.crop import INPUT_SIZE

OPSET = 18


def export(config: Config, checkpoint: Path, output: Path) -> None:
    """Writes `input` (batch, 3, 128, 128) → `points` (batch, 136)."""
    network = landmark_network(config.width)
    network.load_state_dict(torch.load(checkpoint, weights_only=True)["network"])
    write_onnx(network, output)


def write_onnx(network: nn.Module, output: Path) -> None:
    """Folds the network in place and writes it."""
    fold(network.eval())
    example = torch.zeros(2, 3, INPUT_SIZE, INPUT_SIZE)
    program = torch.onnx.export(
        network,
        (example,),
        input_names=["input"],
        output_names=["points"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    onnx.save(_bare(program.model_proto), output)


def fold(network: nn.Module) -> None:
    """Merges each batch normalisation that follows a convolution into it."""
    for block in network.modules():
        if not isinstance(block, nn.Sequential):
            continue
        for at, (layer, following) in enumerate(pairwise(list(block))):
            if isinstance(layer, nn.Conv2d) and isinstance(following, nn.BatchNorm2d):
                block[at], block[at + 1] = fuse_conv_bn_eval(layer, following), nn.Identity()


def _bare(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without the exporter's notes, which quote source paths of the machine it ran on."""
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    for value in (*model.graph.input, *model.graph.output):
        value.ClearField("metadata_props")
    del model.graph.value_info[:]
    return model
