// What package os does with files: create, write, seek, stat, list, rename, link, remove.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func main() {
	check(os.MkdirAll("made/deep", 0o755))
	check(os.WriteFile("made/a", []byte("some text\n"), 0o640))
	f := must(os.OpenFile("made/a", os.O_RDWR|os.O_APPEND, 0))
	must(f.WriteString("more"))
	must(f.Seek(2, io.SeekStart))
	fmt.Println(string(must(io.ReadAll(f))))
	must(f.ReadAt(make([]byte, 4), 1))
	check(f.Truncate(3))
	check(f.Sync())
	fmt.Println(must(f.Stat()).Size())
	check(f.Chmod(0o600))
	check(f.Close())
	check(os.Chtimes("made/a", time.Unix(1000, 5), time.Unix(2000, 7)))
	check(os.Symlink("a", "made/s"))
	fmt.Println(must(os.Readlink("made/s")), must(os.Lstat("made/s")).Mode())
	check(os.Link("made/a", "made/h"))
	check(os.Rename("made/h", "made/deep/h"))
	for _, entry := range must(os.ReadDir("made")) {
		fmt.Println(entry.Name(), entry.IsDir())
	}
	_, err := os.Open("made/none")
	fmt.Println(err)
	check(os.Chdir("made"))
	fmt.Println(filepath.Base(must(os.Getwd())))
	check(os.Chdir(".."))
	from, to := must(os.Open("text.txt")), must(os.Create("made/copy"))
	fmt.Println(must(io.Copy(to, from)))
	check(to.Close())
	check(os.Remove("made/copy"))
	check(os.Remove("made/s"))
	check(os.Remove("made/a"))
	check(os.RemoveAll("made"))
}
