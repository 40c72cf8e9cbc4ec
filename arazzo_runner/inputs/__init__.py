"""The inputs of a run: taken, validated, secrets put away."""
