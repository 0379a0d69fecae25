"""Search quantum circuits with the strategies that search networks: a foreign space, a foreign cost (after QuantumNAS,
Wang et al., HPCA 2022). The state vectors are Qiskit's: pip install 'cosearch[quantum]'.

python examples/quantum_circuits.py [METHOD ...]          e.g. evolution tpe; default: random evolution

A circuit prepares the ground state of a chain of four spins. More gates come closer to it; on a noisy machine every
gate may fail, so the search is for the lowest energy among circuits that succeed often enough.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp, Statevector
from scipy.optimize import minimize

from cosearch.nas.search import search
from cosearch.problem.architectures import Problem
from cosearch.problem.goals import Best
from cosearch.problem.measures import Limit, Measure
from nets.spaces import Config, Decision, DecisionSpace

QUBITS, MOST_LAYERS = 4, 4
STEPS = 50  # of training the angles of one circuit
EVALUATIONS = 20
ERROR_ONE, ERROR_TWO = 0.001, 0.01  # of a gate on one and on two qubits: what superconducting machines are near

ABOVE = Measure("above", "energy above the ground state", "J", ratio=False)
SUCCESS = Measure("success", "estimated success", "", larger=True)
GATES = Measure("gates", "gates on two qubits", "")

chain = [("ZZ", [q, q + 1], -1.0) for q in range(QUBITS - 1)] + [("X", [q], -1.0) for q in range(QUBITS)]
HAMILTONIAN = SparsePauliOp.from_sparse_list(chain, num_qubits=QUBITS)
ENERGIES = HAMILTONIAN.to_matrix().real
GROUND = float(np.linalg.eigvalsh(ENERGIES)[0])


def circuits() -> DecisionSpace:
    """Layers of rotations and entangling gates; what a layer that is left out would hold means nothing."""
    decisions = [Decision("layers", tuple(range(1, MOST_LAYERS + 1)))]
    for layer in range(MOST_LAYERS):
        runs = frozenset(range(layer, MOST_LAYERS))
        decisions.append(Decision(f"rotation {layer}", ("ry", "rx rz", "u"), ordered=False, parent=0, when=runs))
        decisions.append(Decision(f"pattern {layer}", ("none", "pairs", "line", "ring"), parent=0, when=runs))
        entangled = frozenset({1, 2, 3})
        parent = len(decisions) - 1
        decisions.append(Decision(f"gate {layer}", ("cx", "cz"), ordered=False, parent=parent, when=entangled))
    return DecisionSpace("circuits", decisions)


def build(config: Mapping[str, Any]) -> QuantumCircuit:
    """The circuit of a configuration, its angles free."""
    angles = iter(ParameterVector("t", 3 * QUBITS * MOST_LAYERS))
    circuit = QuantumCircuit(QUBITS)
    for layer in range(config["layers"]):
        for qubit in range(QUBITS):
            if config[f"rotation {layer}"] == "ry":
                circuit.ry(next(angles), qubit)
            elif config[f"rotation {layer}"] == "u":
                circuit.u(next(angles), next(angles), next(angles), qubit)
            else:
                circuit.rx(next(angles), qubit)
                circuit.rz(next(angles), qubit)
        pattern = config[f"pattern {layer}"]
        step, last = (2 if pattern == "pairs" else 1), (QUBITS if pattern == "ring" else QUBITS - 1)
        for qubit in range(0, 0 if pattern == "none" else last, step):
            getattr(circuit, config[f"gate {layer}"])(qubit, (qubit + 1) % QUBITS)
    return circuit


class Simulator:
    """Evaluates circuits: angles are trained on the state vector, gates are counted without it."""

    measures = (ABOVE, SUCCESS, GATES)
    screened = (SUCCESS, GATES)

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[str, Any], ...], float] = {}

    def screen(self, configs: Sequence[Config]) -> list[Mapping[str, float]]:
        """What follows from the number of gates alone."""
        found = []
        for circuit in map(build, configs):
            two = circuit.num_nonlocal_gates()
            one = circuit.size() - two
            found.append({"success": (1 - ERROR_ONE) ** one * (1 - ERROR_TWO) ** two, "gates": float(two)})
        return found

    def measure(self, configs: Sequence[Config]) -> list[Mapping[str, float]]:
        """And the energy after training."""
        return [{**cheap, "above": self._trained(config)} for config, cheap in zip(configs, self.screen(configs))]

    def _trained(self, config: Config) -> float:
        key = tuple(sorted(config.items()))
        if key not in self._known:
            circuit = build(config)

            def energy(angles: Sequence[float]) -> float:
                amplitudes = Statevector(circuit.assign_parameters(angles)).data
                return float((amplitudes.conj() @ ENERGIES @ amplitudes).real)

            start = np.random.default_rng(0).uniform(-0.5, 0.5, circuit.num_parameters)
            self._known[key] = float(minimize(energy, start, method="COBYLA", options={"maxiter": STEPS}).fun) - GROUND
        return self._known[key]

    def bounds(self) -> dict[str, tuple[float, float]]:
        """No energy is below the ground state's; gates fail, so success is below 1."""
        return {"above": (0.0, np.inf), "success": (0.0, 1.0)}

    def landmarks(self) -> list[Config]:
        """The smallest circuit."""
        return [{"layers": 1, "rotation 0": "ry", "pattern 0": "none"}]

    def remark(self, config: Config) -> str:
        """Nothing: the figures are what the simulation gives."""
        return ""


def main(methods: Sequence[str]) -> None:
    """Run each method on the same problem and print what it found."""
    space = circuits()
    problem = Problem(space, Simulator(), Best(ABOVE), (Limit(SUCCESS, 0.9),))
    print(f"{space.total_size:,} circuits; ground state at {GROUND:.4f} J; success at least 0.9\n")
    print(f"{'method':<12}{'above':>9}{'success':>9}{'gates':>7}  layers")
    for method in methods:
        settings = {"population": 8, "mutation_probability": 0.3} if method == "evolution" else None
        best = search(problem, method, evaluations=EVALUATIONS, seed=0, settings=settings).best
        if best is None:
            print(f"{method:<12}nothing succeeds that often")
            continue
        figures, config = best.figures, best.config
        layers = [
            f"{config[f'rotation {layer}']} + {config[f'pattern {layer}']} {config.get(f'gate {layer}', '')}".strip()
            for layer in range(config["layers"])
        ]
        above, success, gates = (figures[measure.name] for measure in (ABOVE, SUCCESS, GATES))
        print(f"{method:<12}{above:>9.4f}{success:>9.3f}{gates:>7.0f}  {'; '.join(layers)}")


if __name__ == "__main__":
    main(sys.argv[1:] or ["random", "evolution"])
