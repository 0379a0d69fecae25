"""What is tried next: accelerators in the outer loop, subnets in the inner one, and the samplers of both?"""
