"""Files of other tools and of hand: read into a layer, an accelerator and a mapping, and written back."""
