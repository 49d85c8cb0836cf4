#!/usr/bin/env bash
# Compiles standalone executables into dist/; ./compile.sh --help says more. Any bash from 3.2 on will do.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'END'
Usage: ./compile.sh [--target TARGET]... [--bundle-libs] [--no-links]

Compiles parasync, parasync-server (which is serve) and parasync-client (which is push NEW URL) into
dist/. Each stands alone and has only the permissions that its work needs. Beside them are links by
the original's eighteen names, and SHA256SUMS.

  --target TARGET  for another system, into dist/TARGET/; may be given several times
                     x86_64-unknown-linux-gnu   or linux-x64
                     aarch64-unknown-linux-gnu  or linux-arm64
                     x86_64-apple-darwin        or macos-x64
                     aarch64-apple-darwin       or macos-arm64
                     x86_64-pc-windows-msvc     or windows-x64: without links, since copies would take
                                                100 MB each; call parasync.exe rsync_http_server …
  --bundle-libs    embed the ISA-L and the libblake3 of this machine, for machines that have none; when
                   they are loaded, they are unpacked into TMPDIR
  --no-links       leave the original's names out
  --help           print this

Environment
  DENO        the deno to compile with (default: deno)
  DENORT_BIN  the base binary of the same version, for this machine's own target, where deno cannot
              download it
  PARASYNC_LIBISAL, PARASYNC_LIBBLAKE3
              the libraries to embed, instead of those that the system's loader knows
END
}

say() { echo "compile.sh: $1" >&2; }
fail() {
  say "$1"
  exit 1
}

triple_of() { # triple_of TARGET
  case $1 in
    linux-x64 | x86_64-unknown-linux-gnu) echo x86_64-unknown-linux-gnu ;;
    linux-arm64 | aarch64-unknown-linux-gnu) echo aarch64-unknown-linux-gnu ;;
    macos-x64 | x86_64-apple-darwin) echo x86_64-apple-darwin ;;
    macos-arm64 | aarch64-apple-darwin) echo aarch64-apple-darwin ;;
    windows-x64 | x86_64-pc-windows-msvc) echo x86_64-pc-windows-msvc ;;
    *) fail "Cannot compile for ${1:-a target without a name}: there is no such target (see ./compile.sh --help)" ;;
  esac
}

targets=() links=yes bundle=no
while (($#)); do
  case $1 in
    --target) (($# > 1)) || fail "Cannot use --target: it needs a value"; triple=$(triple_of "$2"); targets+=("$triple"); shift ;;
    --target=*) triple=$(triple_of "${1#*=}"); targets+=("$triple") ;;
    --bundle-libs) bundle=yes ;;
    --no-links) links=no ;;
    --help | -h) usage; exit ;;
    *) fail "Cannot use $1: there is no such flag (see ./compile.sh --help)" ;;
  esac
  shift
done

deno=${DENO:-deno}
command -v "$deno" >/dev/null || fail "Cannot find $deno: install Deno 2.8.2, or name one by DENO"
about=$("$deno" --version) || fail "Cannot run $deno: it does not say its version"
about=${about%%$'\n'*} # deno 2.8.2 (stable, release, x86_64-unknown-linux-gnu)
version=${about#deno }
version=${version%% *}
host=${about##* }
host=${host%)}

in_bad_range() { # in_bad_range 2.9.1
  local major minor patch
  IFS=. read -r major minor patch <<<"$1"
  patch=${patch%%[!0-9]*}
  [[ $major == 2 && (($minor == 8 && ${patch:-0} -ge 3) || ($minor == 9 && ${patch:-0} -le 6)) ]]
}
if in_bad_range "$version"; then
  say "warning: the HTTP server of Deno 2.8.3 to 2.9.6 takes uploads several times slower than that of 2.8.2; this is $version"
fi

((${#targets[@]})) && own_folders=yes || { own_folders=no; targets=("$host"); }
for target in "${targets[@]}"; do
  [[ $target == "$host" ]] && continue
  [[ -z ${DENORT_BIN:-} ]] || fail "Cannot compile for $target: DENORT_BIN is a base binary for $host"
  [[ $bundle == no ]] || fail "Cannot compile for $target: --bundle-libs embeds libraries of $host"
done

# Nothing takes its place before all of its folder is there.
mkdir -p dist
stage=$(mktemp -d dist/.compile.XXXXXX)
embedded= # the folder whose files are embedded, once it is this run's
tidy() { rm -rf "$stage" ${embedded:+"$embedded"}; }
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

find_library() { # find_library OVERRIDE NAME...: the first that the system's loader knows
  local override=$1 name path
  shift
  if [[ -n $override ]]; then
    [[ -f $override ]] || fail "Cannot embed $override: there is no such file"
    echo "$override"
    return
  fi
  for name in "$@"; do
    if [[ $host == *-linux-* ]]; then
      path=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null |
        awk -v name="$name" -v arch="${host%%-*}" '
          $1 == name && (arch == "x86_64" ? /x86-64/ : /AArch64/) { print $NF; exit }') || true
      [[ -n $path ]] && echo "$path" && return
    else
      for path in /opt/homebrew/lib/"$name" /usr/local/lib/"$name"; do
        [[ -f $path ]] && echo "$path" && return
      done
    fi
  done
  return 0
}

# A library is embedded under the first of the names by which the program looks for it.
if [[ $bundle == yes ]]; then
  case $host in
    *-linux-*) isal=(libisal.so.2 libisal.so) blake3=(libblake3.so.0 libblake3.so.1 libblake3.so) ;;
    *-darwin) isal=(libisal.2.dylib libisal.dylib) blake3=(libblake3.dylib) ;;
    *) fail "Cannot embed libraries on $host: where they are is not known there" ;;
  esac
  isal_found=$(find_library "${PARASYNC_LIBISAL:-}" "${isal[@]}")
  blake3_found=$(find_library "${PARASYNC_LIBBLAKE3:-}" "${blake3[@]}")
  # LLVM has BLAKE3 too, but 114 MB around it, and needs libraries of its own.
  [[ -n $isal_found ]] || fail "Cannot embed ISA-L: it is not installed (Debian: apt-get install libisal2), nor named by PARASYNC_LIBISAL"
  [[ -n $blake3_found ]] || fail "Cannot embed BLAKE3: there is no libblake3, nor one named by PARASYNC_LIBBLAKE3; LLVM, which is used where it is installed, is too large to embed"
  mkdir ffi/embedded 2>/dev/null || fail "Cannot embed libraries: ffi/embedded is there already; another compile.sh is at work, or was killed and it can be removed"
  embedded=ffi/embedded
  cp "$isal_found" "$embedded/${isal[0]}"
  cp "$blake3_found" "$embedded/${blake3[0]}"
fi

log=$stage/log
reason() { # what deno says is wrong, without its trace
  awk '/^Caused by:/ { deeper = 1; next }
       /^Stack backtrace:/ { exit }
       /^error: / && !said { said = substr($0, 8) }
       deeper && NF { sub(/^ *[0-9]+: /, ""); sub(/^Setting up base binary\.?$/, ""); sub(/: client error.*/, "")
         if ($0 != "") { print; found = 1; exit } }
       END { if (!found) print (said ? said : "it says nothing") }' "$log"
}

"$deno" install --quiet --frozen >"$log" 2>&1 || fail "Cannot fetch the dependencies: $(reason)"

# Of what the packages hold, types, what Node alone would load, and second forms of the same are of no use in an
# executable.
unused=()
for path in node_modules/@types node_modules/.deno/@types+* node_modules/.deno/undici-types@* \
  node_modules/.deno/@bufbuild+protobuf@*/node_modules/@bufbuild/protobuf/dist/commonjs \
  node_modules/.deno/hash-wasm@*/node_modules/hash-wasm/{src,lib,dist/lib,dist/index.esm*.js,dist/*.umd.min.js}; do
  [[ -e $path ]] && unused+=(--exclude "$path")
done

# What everyone may do:
#   net         where to listen, or whom to call, is said when the program runs
#   read        so are the root and the new file
#   write       and stored checksums, which a client keeps too (skysync_f)
#   ffi         hardware checksums, fallocate: a library has other names on other systems, so that any
#               can be loaded; with --hw=0 none with checksums is
#   sys         uid: whose a stored checksum is; statfs: how much room a disk has
#   env         the flags' variables; HOME and XDG_CACHE_HOME: where checksums are stored;
#               DENO_SERVE_ADDRESS: taken away, since it would move a server to another address
# Nobody can go beyond that at run time, nor is anyone asked (--no-prompt).
all=(--no-prompt --allow-net --allow-read --allow-write --allow-ffi)
narrow=(--allow-sys=uid,statfs
  --allow-env='PARASYNC_*,ALOG_LOG_LEVEL,NO_COLOR,TERM,HOME,XDG_CACHE_HOME,DENO_SERVE_ADDRESS')
# compare runs the program anew (run), with the environment that it has (env); tests and local make
# temporaries where the system has them, and doctor tells what the machine is (sys).
wide=(--allow-sys --allow-env --allow-run)

compile() { # compile TARGET NAME PERMISSION...
  local target=$1 name=$2
  shift 2
  local flags=()
  [[ $target == "$host" ]] || flags+=(--target "$target")
  [[ -z $embedded ]] || flags+=(--include "$embedded")
  [[ $target == *-windows-* ]] && name=$name.exe
  # A code cache would be read from a file in the folder for temporaries that anyone can put there; it
  # would save 2 ms.
  NO_COLOR=1 "$deno" compile --quiet --frozen --no-check --no-code-cache "${all[@]}" "$@" \
    --include src/workers/lane_worker.ts ${unused[@]+"${unused[@]}"} ${flags[@]+"${flags[@]}"} \
    --output "$stage/$target/$name" main.ts >"$log" 2>&1 && [[ -s $stage/$target/$name ]] && return
  local why
  why=$(reason)
  if grep -q 'denort' "$log"; then
    local advice="compile where the network is within reach"
    [[ $target == "$host" ]] && advice="$advice, or name one by DENORT_BIN"
    fail "Cannot compile for $target: the base binary of Deno $version cannot be had; $advice ($why)"
  fi
  fail "Cannot compile $name for $target: $why"
}

checksums() { # checksums FILE...
  if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

schemes=(rsync dsync skysync_f skysync_c pdsync parasync)
endings=(http_server http_client test)
holders=(parasync-server parasync-client parasync) # whose permissions suffice for each ending

finish() { # finish TARGET FOLDER: adds what lies beside executables, and moves all to its place
  local target=$1 folder=$2 scheme i
  local from=$stage/$target
  (cd "$from" && checksums parasync* >"$OLDPWD/$stage/sums")
  if [[ $target != *-windows-* && $links == yes ]]; then
    for scheme in "${schemes[@]}"; do
      for i in 0 1 2; do ln -s "${holders[$i]}" "$from/${scheme}_${endings[$i]}"; done
    done
  fi
  mkdir -p "$folder"
  rm -f "$folder/SHA256SUMS" # which is there when all else is
  for scheme in "${schemes[@]}"; do
    for i in 0 1 2; do rm -f "$folder/${scheme}_${endings[$i]}"; done
  done
  mv -f "$from"/* "$folder/"
  mv -f "$stage/sums" "$folder/SHA256SUMS"
  for path in "$folder"/parasync "$folder"/parasync-server "$folder"/parasync-client; do
    [[ $target == *-windows-* ]] && path=$path.exe
    awk -v bytes="$(wc -c <"$path")" -v path="$path" 'BEGIN { printf "%6.1f MB  %s\n", bytes / 1e6, path }'
  done
}

for target in "${targets[@]}"; do
  mkdir -p "$stage/$target"
  compile "$target" parasync "${wide[@]}"
  compile "$target" parasync-server "${narrow[@]}"
  compile "$target" parasync-client "${narrow[@]}"
  # A base binary of another version makes an executable that does not run, or does something else.
  if [[ $target == "$host" ]]; then
    said=$("$stage/$target/parasync" version 2>&1) || said="${said:-nothing}"
    [[ $said == "parasync "*"deno $version,"* ]] ||
      fail "Cannot use the base binary: with it parasync says ${said%%$'\n'*}; DENORT_BIN must be of Deno $version"
  fi
  if [[ $own_folders == yes ]]; then finish "$target" "dist/$target"; else finish "$target" dist; fi
done
