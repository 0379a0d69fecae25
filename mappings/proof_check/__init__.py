"""A second opinion on mappings that are called proven: enumeration, cut off by compulsory bounds alone."""

from mappings.proof_check.verdict import MOST as MOST
from mappings.proof_check.verdict import Verdict as Verdict
from mappings.proof_check.verdict import check as check
