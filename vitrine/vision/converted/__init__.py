"""Convert public networks of other formats to ONNX files that this product's roles take."""
