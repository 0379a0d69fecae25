"""The compiled part of counting groups: positions along an axis, words alive of a tensor, all groups that end alike."""
