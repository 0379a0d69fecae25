"""Feature maps and channel counts to build blocks from."""

from hypothesis import strategies as st

from nets.blocks import FeatureMap
from nets.network import Network

channels = st.integers(1, 40)
strides = st.integers(1, 3)
odd_kernels = st.sampled_from([1, 3, 5, 7])


@st.composite
def images(draw: st.DrawFn, *, multiple: int = 1, smallest: int = 1) -> FeatureMap:
    """A feature map whose channels are a multiple of ``multiple``, not the network's input."""
    return FeatureMap(
        None,
        multiple * draw(st.integers(1, 12)),
        draw(st.integers(smallest, 33)),
        draw(st.integers(smallest, 33)),
        draw(st.integers(1, 3)),
    )


def entered(x: FeatureMap) -> tuple[Network, FeatureMap]:
    """A network with one layer that writes a feature map like ``x``."""
    from nets.blocks import vector

    net = Network("test")
    return net, vector(net, "entry", "movement", (x,), x)
