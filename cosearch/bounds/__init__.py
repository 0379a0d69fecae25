"""What no design inside a budget can beat: bounds on whole boxes of accelerators, over all networks and mappings."""
