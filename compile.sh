#!/usr/bin/env bash
# Compiles standalone executables for this machine into dist/: parasync, parasync-server, parasync-client.
#   DENO=…       the deno to compile with (default: deno)
#   DENORT_BIN=… the base binary, where `deno compile` cannot download it
set -euo pipefail
cd "$(dirname "$0")"
deno=${DENO:-deno}
command -v "$deno" >/dev/null || { echo "compile.sh: cannot find $deno; install Deno 2.8.2 or set DENO" >&2; exit 1; }
case $("$deno" --version | head -n 1) in
  *" 2.8."[3-9]* | *" 2.9."[0-6]*)
    echo "compile.sh: warning: this Deno's HTTP server takes uploads several times slower than 2.8.2's" >&2 ;;
esac

everyone=(--allow-read --allow-write --allow-ffi --allow-sys --allow-env)
mkdir -p dist
compile() { # compile NAME NETWORK...
  local name=$1
  shift
  "$deno" compile --quiet --no-check --no-prompt "${everyone[@]}" "$@" \
    --include src/workers/lane_worker.ts --output "dist/$name" main.ts ||
    { echo "compile.sh: cannot compile $name: see above; without network, set DENORT_BIN to deno's base binary" >&2; exit 1; }
}
# A program finds its role from the name it is called by.
# Comparing schemes runs each in a process of its own.
compile parasync --allow-net --allow-run
compile parasync-server --allow-net
compile parasync-client --allow-net
ls -l dist >&2
