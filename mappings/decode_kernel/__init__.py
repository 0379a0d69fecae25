"""From vectors in [0, 1]^n to loop nests and back, compiled; :mod:`mappings.encoding` documents the rules."""

from mappings.decode_kernel.decoding import decode as decode
from mappings.decode_kernel.encoding import encode as encode
from mappings.decode_kernel.rankings import IMPORTANCE as IMPORTANCE
from mappings.decode_kernel.rankings import INDEX as INDEX
