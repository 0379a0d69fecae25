"""What does a design cost: a network on a machine, the mapping table, the workload, the values of objectives?"""
