"""Networks in the files of other tools: ZigZag's workloads, SCALE-Sim's topologies, AccelForge's einsums."""
