"""How designs are chosen: accelerators in the outer loop, subnets in the inner one."""
