"""What the lessons teach, as functions and modules: from the saliency map to the Transformer and channel attention."""
