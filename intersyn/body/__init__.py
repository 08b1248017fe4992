"""The default body and everything that turns poses into meshes."""
