"""The four pages: widgets and words around figures. What they show is read and computed in `data`."""
