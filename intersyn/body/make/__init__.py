"""How the default body is made: a shape, its mesh, and everything SMPL's file format asks of it, from parameters."""
