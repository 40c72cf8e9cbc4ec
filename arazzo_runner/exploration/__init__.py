"""
Every path of a workflow: its state is forked at each decision, the mock's memory with it.

Pure: what a path is answered comes from the descriptions and a seed, time passes by itself.
"""
