"""Networks in the files of other tools."""
