"""Tables of technology figures and the script that fits them."""
