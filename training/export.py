"""Trained weights as an ONNX file.

Batch normalisation is folded into the convolutions; the batch size is left open.
"""

from pathlib import Path
from typing import Any, Final

import onnx
import torch
from torch import nn

from training.layers import fold
from training.task import Product

OPSET: Final = 18
"""The newest one that torch's exporter writes without a conversion."""
RUN_FILE: Final = "net.onnx"
"""Name in a run's folder, where `vitrine lab app` finds it."""


def write_onnx(
    network: nn.Module,
    product: Product,
    output: Path,
) -> None:
    """Fold the network in place and write `input` (batch, C, H, W) → the product's outputs."""
    fold(network.eval())
    # A batch of 2: the exporter would take a dimension of 1 for a constant.
    example = torch.zeros(2, *product.shape)
    open_dimensions = _open_dimensions(product)
    program = torch.onnx.export(
        network,
        (example,),
        input_names=["input"],
        output_names=list(product.outputs),
        dynamic_shapes=(open_dimensions,),
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    model = program.model_proto
    _remove_notes(model)
    if product.square is not None:
        onnx.helper.set_model_props(model, product.square.metadata())
    onnx.save(model, output)


def _open_dimensions(product: Product) -> dict[int, Any]:
    dimensions: dict[int, Any] = {0: torch.export.Dim("batch")}
    if product.any_side:
        # 32 is the coarsest stride of the detector.
        dimensions[2] = 32 * torch.export.Dim("rows")
        dimensions[3] = 32 * torch.export.Dim("columns")
    return dimensions


def _remove_notes(model: onnx.ModelProto) -> None:
    """Remove the exporter's notes, which quote source paths of the machine it ran on."""
    graph = model.graph
    parts = (model, graph, *graph.node, *graph.value_info, *graph.initializer)
    for part in parts:
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    for value in (*graph.input, *graph.output):
        value.ClearField("metadata_props")
    del graph.value_info[:]
