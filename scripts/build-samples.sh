#!/bin/sh
# Rebuilds the programs in samples/bin, byte for byte, from their sources: the Go ones with the toolchain named here,
# the assembly one with GNU as and ld (2.40; as writes its version into the debug information).
# samples/bin/minimal-go1.15 is kept as it is: that toolchain is hard to get.
# With an argument, the programs go into that folder and the committed ones stay as they are.
set -eu

toolchain=go1.26.8
programs='hello rawsyscall readfile uname minimal println goroutines panic race'

cd "$(dirname "$0")/../samples"
out=${1:-bin}
mkdir -p "$out"
out=$(cd "$out" && pwd)

# Nothing of the machine's own settings gets into the bytes.
export GOTOOLCHAIN=$toolchain GOOS=linux GOARCH=amd64 GOAMD64=v1 CGO_ENABLED=0 GOFLAGS= GOEXPERIMENT= GOWORK=off GOENV=off
for name in $programs; do
  go build -trimpath -buildvcs=false -o "$out/$name" "./$name"
done

as --64 --gdwarf-4 --debug-prefix-map "$PWD=ring3.dev/samples" -o "$out/asm-hello.o" asm-hello/hello.s
ld -m elf_x86_64 --build-id=none -o "$out/asm-hello" "$out/asm-hello.o"
rm "$out/asm-hello.o"

if [ "$out" = "$(pwd)/bin" ]; then
  (cd bin && sha256sum $programs asm-hello >SHA256SUMS)
fi
