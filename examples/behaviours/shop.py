"""A program whose plug-ins are found by name."""
import importlib
import sys

print(importlib.import_module("plugins." + sys.argv[1]).price())
