"""Pictures of faces as more than one network learns from them: cut, aligned, turned, made worse."""
