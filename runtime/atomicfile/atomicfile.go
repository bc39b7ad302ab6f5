// Package atomicfile writes files whole or not at all: whoever reads a path sees
// the content from before or the content from after, and a write that fails, or a
// process that is killed, leaves what was there.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Write puts at path what content writes. It is written to a file of another name
// in the same folder, ".nnc-" and a number, synced and renamed. Where content
// returns an error, Write does, and the file of the other name is gone.
//
// The file keeps the mode of the one that it replaces; a new one has the mode
// that the process gives to new files. A symbolic link is followed. A device or a
// pipe, which has no content to keep, is written to as it is. A path that cannot
// be written to gives an [*fs.PathError] with that path.
func Write(path string, content func(w io.Writer) error) (err error) {
	file, mode, err := open(path)
	if err != nil {
		return err
	}
	if mode&fs.ModeType != 0 {
		return errors.Join(content(file), file.Close())
	}
	aside, written := file.Name(), false
	defer func() {
		if !written { // by an error or a panic
			file.Close()
			os.Remove(aside)
			err = rename(err, aside, path)
		}
	}()
	if err := content(file); err != nil {
		return err
	}
	if mode != 0 {
		if err := file.Chmod(mode); err != nil {
			return err
		}
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil { // a new file, or a link to none
		target = path
	}
	if err := os.Rename(aside, target); err != nil {
		return err
	}
	written = true
	return nil
}

// Check says why nothing could be written at a path, as far as that can be told
// without writing: for a program that works long before it writes.
func Check(path string) error {
	file, mode, err := open(path)
	if err != nil {
		return err
	}
	file.Close()
	if mode&fs.ModeType != 0 {
		return nil
	}
	return rename(os.Remove(file.Name()), file.Name(), path)
}

// open opens what is written to: a new file beside the one at path, or the device
// or pipe that is there. mode is that of what is there, 0 where nothing is.
func open(path string) (file *os.File, mode fs.FileMode, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, 0, err
	case info.IsDir():
		return nil, 0, &fs.PathError{Op: "write", Path: path, Err: errors.New("is a folder")}
	case !info.Mode().IsRegular():
		file, err = os.OpenFile(path, os.O_WRONLY, 0)
		return file, info.Mode(), err
	default:
		mode = info.Mode().Perm()
	}
	folder := filepath.Dir(path)
	if target, err := filepath.EvalSymlinks(path); err == nil {
		folder = filepath.Dir(target)
	}
	// os.CreateTemp would make a file that is closed to all others, whatever the
	// process gives to new files.
	const tries = 1000
	for range tries {
		aside := filepath.Join(folder, fmt.Sprintf(".nnc-%08x", rand.Uint32()))
		file, err = os.OpenFile(aside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return file, mode, rename(err, aside, path)
		}
	}
	return nil, 0, err
}

// rename has an error about the file aside name the path that was asked for.
func rename(err error, aside, path string) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok && p.Path == aside {
		return &fs.PathError{Op: "write", Path: path, Err: p.Err}
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok && l.Old == aside {
		return &fs.PathError{Op: "write", Path: path, Err: l.Err}
	}
	return err
}
