# Sourced by the scripts of this folder, in the root of the repository. Takes tools from packages of Debian trixie, and keeps
# them in target/cross-toolchain. They run with their own C library, and change nothing on the system.

# shellcheck shell=bash
readonly SKIPPED=77
readonly HOME_DIR="$PWD/target/cross-toolchain"
readonly ROOT="$HOME_DIR/root"
readonly LIBS="$ROOT/usr/lib/x86_64-linux-gnu"
readonly MIRROR="${TARGETS_DEBIAN_MIRROR:-http://deb.debian.org/debian}"
readonly KEYS=/usr/share/keyrings/debian-archive-keyring.gpg
# rustc 1.85, the lowest version that we promise, with the source of its standard library.
readonly RUST_PACKAGES="rustc libstd-rust-1.85 libstd-rust-dev rust-src libllvm19 libc6 libgcc-s1 libstdc++6 zlib1g libzstd1
  libxml2 liblzma5 libffi8 libedit2 libtinfo6 libbsd0 libmd0 libz3-4"

skip() {
  echo "skipped: $SKIP_WHAT: $1"
  exit $SKIPPED
}

# Downloads and unpacks packages, unless this was done before. The first argument names the set of packages.
install_packages() {
  local set=$1 state="$HOME_DIR/apt" package
  shift
  [ -e "$HOME_DIR/complete-$set" ] && return
  [ "$(uname -sm)" = "Linux x86_64" ] || skip "the script knows packages for Linux on x86_64 alone"
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || skip "apt-get and dpkg-deb are not installed"
  [ -e $KEYS ] || skip "the package debian-archive-keyring is not installed"
  write_apt_state "$state"
  # A server that does not answer must not hold up a run for long.
  local options=(-qq -o Acquire::Retries=2 -o Acquire::http::Timeout=20)
  export APT_CONFIG="$state/apt.conf"
  timeout 120 apt-get "${options[@]}" update >"$state/log" 2>&1 || skip "apt cannot read $MIRROR; see $state/log"
  (cd "$state/debs" && timeout 300 apt-get "${options[@]}" download "$@" >>"$state/log" 2>&1) || skip "a download failed; see $state/log"
  unset APT_CONFIG
  for package in "$state"/debs/*.deb; do
    dpkg-deb -x "$package" "$ROOT" || skip "$package is broken"
  done
  rm -rf "$state/debs"
  touch "$HOME_DIR/complete-$set"
}

# A state of its own: apt neither reads nor changes what the system knows of packages.
write_apt_state() {
  local state=$1
  rm -rf "$state"
  mkdir -p "$state/lists/partial" "$state/archives/partial" "$state/debs" "$ROOT"
  echo "deb [arch=amd64 signed-by=$KEYS] $MIRROR trixie main" >"$state/sources.list"
  touch "$state/status"
  cat >"$state/apt.conf" <<CONF
Dir::State "$state";
Dir::State::lists "$state/lists";
Dir::State::status "$state/status";
Dir::Cache "$state";
Dir::Cache::archives "$state/archives";
Dir::Etc::sourcelist "$state/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
APT::Sandbox::User "";
APT::Architecture "amd64";
CONF
}

# Installs the compiler, with a wrapper that starts it with its own C library.
install_rust() {
  # shellcheck disable=SC2086
  install_packages rust $RUST_PACKAGES
  mkdir -p "$HOME_DIR/bin"
  cat >"$HOME_DIR/rustc" <<WRAPPER
#!/bin/sh
exec "$LIBS/ld-linux-x86-64.so.2" --library-path "$LIBS" --argv0 rustc "$ROOT/usr/bin/rustc" "\$@"
WRAPPER
  chmod +x "$HOME_DIR/rustc"
  "$HOME_DIR/rustc" --version >>"$HOME_DIR/apt/log" 2>&1 || skip "the compiler does not start; see $HOME_DIR/apt/log"
}
