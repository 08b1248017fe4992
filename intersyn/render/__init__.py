"""Pictures of bodies through OpenGL, where there is one; nothing here imports pyrender before it is needed."""
