"""A mark of the files that an hour reads. It changes when one of them does."""

from fleet.storage.workspace import Workspace

Mark = tuple[tuple[int, int, int], ...]


def inputs_mark(workspace: Workspace) -> Mark:
    """Return a mark of telemetry, outlooks, rulings and fleet; zeros for a file that does not exist."""
    mark = []
    for path in (workspace.telemetry, workspace.outlooks, workspace.releases, workspace.fleet):
        try:
            found = path.stat()
            mark.append((found.st_ino, found.st_size, found.st_mtime_ns))
        except OSError:
            mark.append((0, 0, 0))
    return tuple(mark)
