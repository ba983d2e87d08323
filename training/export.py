"""Trained weights as an ONNX file: batch normalisation folded into the convolutions, batch size left open."""

from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
from torch import nn

from training.networks.layers import fold

OPSET = 18


@dataclass(frozen=True)
class Product:
    """What a task leaves for the product."""

    file: str
    """Name in models/."""
    shape: tuple[int, int, int]
    """Channels, height and width of the input."""
    outputs: tuple[str, ...]
    any_side: bool = False
    """Whether height and width are left open too (multiples of 32)."""


def write_onnx(network: nn.Module, product: Product, output: Path) -> None:
    """Folds the network in place and writes `input` (batch, C, H, W) → the product's outputs."""
    fold(network.eval())
    example = torch.zeros(2, *product.shape)
    open_sides = {0: torch.export.Dim("batch")}
    if product.any_side:
        open_sides |= {
            2: 32 * torch.export.Dim("rows"),
            3: 32 * torch.export.Dim("columns"),
        }
    program = torch.onnx.export(
        network,
        (example,),
        input_names=["input"],
        output_names=list(product.outputs),
        dynamic_shapes=(open_sides,),
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    onnx.save(_bare(program.model_proto), output)


def _bare(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without the exporter's notes, which quote source paths of the machine it ran on."""
    for part in (
        model,
        model.graph,
        *model.graph.node,
        *model.graph.value_info,
        *model.graph.initializer,
    ):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    for value in (*model.graph.input, *model.graph.output):
        value.ClearField("metadata_props")
    del model.graph.value_info[:]
    return model
