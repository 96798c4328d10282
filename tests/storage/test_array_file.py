import numpy as np
import pytest

from fleet.errors import DataError
from fleet.storage.array_file import ArrayFile, array_writer

ARRAYS = [
    np.arange(12.0).reshape(3, 4),
    np.array(7),
    np.array([], dtype=np.float32),
    np.array(["2024-05-20T01", "NaT"], dtype="datetime64[h]"),
    np.array([[True, False]]),
    np.arange(12.0).reshape(3, 4).T,
    np.array([np.nan, np.inf, -0.0]),
]


@pytest.fixture
def path(tmp_path):
    array_writer(ARRAYS, {"said": ["a", 1, None]})(tmp_path / "arrays")
    return tmp_path / "arrays"


def test_arrays_and_notes_come_back_unchanged(path):
    file = ArrayFile(path)
    assert file.notes == {"said": ["a", 1, None]}
    for index, array in enumerate(ARRAYS):
        found = file.array(index)
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)
        assert not found.flags.writeable


def test_a_file_that_is_cut_off_anywhere_is_refused(path):
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"arrays (is damaged or cut off|cannot be read)"):
            ArrayFile(path)


def test_a_file_with_one_changed_byte_is_refused(path):
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(DataError, match="arrays is damaged or cut off"):
            ArrayFile(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="none cannot be read"):
        ArrayFile(tmp_path / "none")
