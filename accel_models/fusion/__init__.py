"""What does a group of layers cost that runs tile by tile, so that what lies between its layers stays on the chip?"""
