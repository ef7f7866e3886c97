#!/bin/sh
# Rebuilds test/dap/versions/programs.br: one program as Go 1.19, 1.22, 1.24, 1.26 and 1.27 make it (as released, without
# optimisation, stripped; the oldest and the newest position-independent, too), and the like in C and Rust, with and without optimisation.
# The toolchains from 1.21 on come as Go modules. GO119 names the go command of a Go 1.19 (Debian 12: the packages
# golang-1.19-go and golang-1.19-src have /usr/lib/go-1.19/bin/go); C needs gcc, Rust needs rustc.
# With an argument, the programs go into that folder and the committed archive stays as it is; with a second one,
# only Go's, of that version (1.23.12).
set -eu

cd "$(dirname "$0")/.."
archive=test/dap/versions/programs.br
out=${1:-$(mktemp -d)}
mkdir -p "$out"
out=$(cd "$out" && pwd)

# Nothing of the machine's own settings gets into the bytes.
export GOOS=linux GOARCH=amd64 GOAMD64=v1 CGO_ENABLED=0 GOFLAGS= GOEXPERIMENT= GOWORK=off GOENV=off

build_go() { # NAME GO-COMMAND
  name=$1
  shift
  (
    cd test/dap/versions
    # Debug information is not compressed here: the archive does it better, for all of them at once.
    "$1" build -trimpath -buildvcs=false -ldflags=-compressdwarf=false -o "$out/$name-plain" .
    "$1" build -trimpath -buildvcs=false -ldflags=-compressdwarf=false '-gcflags=all=-N -l' -o "$out/$name-unoptimised" .
    case $name in
    go1.22 | go1.24 | go1.26) ;;
    *) "$1" build -trimpath -buildvcs=false -ldflags=-compressdwarf=false -buildmode=pie -o "$out/$name-pie" . ;;
    esac
    "$1" build -trimpath -buildvcs=false '-ldflags=-s -w' -o "$out/$name-stripped" .
  )
}

if [ $# -gt 1 ]; then
  export GOTOOLCHAIN="go$2"
  build_go "go${2%.*}" go
  exit
fi

export GOTOOLCHAIN=local
build_go go1.19 "${GO119:-/usr/lib/go-1.19/bin/go}"
for version in 1.22.12 1.24.9 1.26.8 1.27.0; do
  export GOTOOLCHAIN="go$version"
  build_go "go${version%.*}" go
done

# Compiled where the sources are, so that their folder's name is all there is to replace: the test mounts them at /source.
cd test/dap/versions
map="$PWD=/source"
for level in 0 2; do
  name=$([ $level = 0 ] && echo unoptimised || echo plain)
  gcc -O$level -g -static -nostdlib -ffreestanding -fno-stack-protector -fcf-protection=none -fno-pie -no-pie \
    "-ffile-prefix-map=$map" -Wl,--build-id=none -o "$out/c-$name" crossing.c
  rustc --edition 2021 -g -C opt-level=$level -C overflow-checks=off -C panic=abort -C relocation-model=static \
    -C link-arg=-nostdlib -C link-arg=-static -C link-arg=-Wl,--build-id=none \
    --remap-path-prefix "$map" -o "$out/rust-$name" crossing.rs
done
cd ../../..

[ $# -gt 0 ] || npx tsx scripts/pack-versions.ts "$out" "$archive"
