"""Writes the npy files of this folder by NumPy itself, for npy_test.go: python3 make.py

An array counts through its elements row by row, whatever its order on disk: k for unsigned, k - 2 for signed
integers, (k - 2) / 4 for floats, k odd for bool.
"""
import numpy as np
from numpy.lib import format

def values(dtype, shape):
    k = np.arange(int(np.prod(shape)))
    kind = np.dtype(dtype).kind
    v = {"u": k, "i": k - 2, "f": (k - 2) / 4, "b": k % 2 == 1}[kind]
    return v.astype(dtype).reshape(shape)

def save(name, dtype, shape=(2, 3), order="C", version=None):
    with open(name + ".npy", "wb") as f:
        format.write_array(f, np.array(values(dtype, shape), order=order), version=version)

for dtype in ["<f2", "<f4", "<f8", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "|b1"]:
    save(dtype[1:], dtype)
for dtype in [">f2", ">f4", ">f8", ">i2", ">i4", ">i8", ">u2", ">u4", ">u8"]:
    save(dtype[1:] + "_big", dtype)
save("version2", "<f4", version=(2, 0))
save("version3", "<f4", version=(3, 0))
save("vector", "<f8", shape=(5,))
save("column", "<f8", shape=(5, 1))
save("fortran", "<f4", order="F")
save("fortran_4d", ">i2", shape=(2, 3, 4, 5), order="F")
np.save("complex.npy", np.zeros((2, 3), "c8"))
np.save("string.npy", np.array([["a", "b"]]))
np.save("record.npy", np.zeros(2, [("a", "<f4")]))
np.save("object.npy", np.array([[1, None]], object), allow_pickle=True)
np.save("scalar.npy", np.float32(1))
