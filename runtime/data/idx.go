package data

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// The IDX format of MNIST: two zero bytes, the type, the number of axes, the
// axes' sizes (4 bytes each, big-endian), the values (big-endian, row-major).
// The first axis is the rows. LeCun, Cortes and Burges, "The MNIST database".

// readIDXFile reads an idx file of size bytes, plain or gzip. Bytes are scaled
// to 0…1 in a number port.
func readIDXFile(r io.Reader, size int64, file string) (*array, error) {
	b, err := gunzip(r, file)
	if err != nil {
		return nil, err
	}
	return readIDX(b, size, file)
}

// readIDX reads the content of an idx file; disk is the size that the file has,
// packed or not.
func readIDX(r io.Reader, disk int64, file string) (*array, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if cut(err) {
			return nil, fault(file, "", "is not an idx file: it is too short for a header")
		}
		return nil, contentError(file, err)
	}
	e, ok := map[byte]elem{8: {'u', 1, true}, 9: {'i', 1, true}, 11: {'i', 2, true}, 12: {'i', 4, true}, 13: {'f', 4, true}, 14: {'f', 8, true}}[head[2]]
	if head[0] != 0 || head[1] != 0 || !ok {
		return nil, fault(file, "", "is not an idx file: it starts with % x", head)
	}
	sizes := make([]byte, 4*int(head[3]))
	if _, err := io.ReadFull(r, sizes); err != nil {
		if cut(err) {
			return nil, fault(file, "", "is cut in its header")
		}
		return nil, contentError(file, err)
	}
	shape := make([]int, head[3])
	for i := range shape {
		shape[i] = int(binary.BigEndian.Uint32(sizes[4*i:]) & math.MaxInt32)
		if sizes[4*i] >= 0x80 {
			return nil, fault(file, "", "has a faulty idx header: axis %d is too long", i)
		}
	}
	want, err := e.bytes(shape, file)
	if err != nil {
		return nil, err
	}
	raw, err := readBody(r, want, disk, file)
	if err != nil {
		return nil, err
	}
	a := decode(shape, raw, e)
	a.scale = unit
	return a, nil
}

// gunzip unpacks what starts like a gzip file and passes on what does not.
func gunzip(r io.Reader, file string) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	magic, err := b.Peek(2)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return b, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, contentError(file, err)
	}
	return bufio.NewReaderSize(z, 1<<16), nil
}

// cut tells whether a file ended too soon.
func cut(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// contentError is an [*Error] where reading failed by what the file holds, such
// as a cut or altered gzip stream, and the system's own error where it failed
// by the disk.
func contentError(file string, err error) error {
	var corrupt flate.CorruptInputError
	if cut(err) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt) {
		return fault(file, "", "is cut or altered: %v", err)
	}
	return err
}
