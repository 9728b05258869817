# shellcheck shell=bash
# Sourced after packages.sh and debian-suites.sh. Provides the kernel that scripts/vm boots: from a distribution package, kept in a
# cache, not installed.

# cache_folder: prints the user's cache folder of this project. `~` is the account's home if HOME is unset.
cache_folder() {
  local home=~
  printf '%s/vlan-bridge\n' "${XDG_CACHE_HOME:-$home/.cache}"
}

# default_kernel_package: prints the name that stands for the distribution's current kernel.
default_kernel_package() {
  # shellcheck source=/dev/null
  if (. /etc/os-release && [[ "${ID:-} ${ID_LIKE:-}" == *ubuntu* ]]); then
    echo linux-image-generic
  else
    echo linux-image-amd64
  fi
}

# guest_kernel PACKAGE: prints the folder with `image` and `lib/modules/<version>` of a kernel. PACKAGE is a kernel image package,
# a package like linux-image-amd64 that depends on one, or a version like 6.12. A cached kernel is used until its folder is removed.
guest_kernel() {
  local package=$1 cache lock
  cache=$(cache_folder)
  mkdir -p "$cache"
  if [[ ! -e $cache/$package/image ]]; then
    exec {lock}>"$cache/lock"
    flock "$lock"
    [[ -e $cache/$package/image ]] || fetch_kernel "$package" "$cache"
    exec {lock}>&-
  fi
  realpath "$cache/$package"
}

# fetch_kernel PACKAGE CACHE: downloads the kernel into CACHE. Both renames are atomic: an interrupted run leaves no half kernel
# under a final name.
fetch_kernel() {
  local package=$1 cache=$2 image version folder aside
  find_image "$package" "$cache"
  version=${image#linux-image-}
  version=${version#unsigned-}
  folder=kernel-$version
  if [[ ! -e $cache/$folder ]]; then
    rm -rf "$cache"/fetching.*
    aside=$(mktemp -d "$cache/fetching.XXXXXX")
    say "fetching the kernel $version into $cache/$folder"
    download_kernel "$image" "$version" "$aside" || fail "cannot fetch $image"
    mv "$aside/kernel" "$cache/$folder"
    rm -rf "$aside"
  fi
  [[ $package == "$folder" ]] || { ln -sfn "$folder" "$cache/fetching.link" && mv -T "$cache/fetching.link" "$cache/$package"; }
}

# find_image PACKAGE CACHE: sets $image to the name of the kernel image package. If this release does not have the version, the
# other suites are searched; apt then keeps using the suite that has it.
find_image() {
  local wanted=$1 suite found
  [[ $wanted =~ ^[0-9]+\.[0-9]+$ ]] || { image=$(kernel_image "$wanted") && return; }
  image=$(kernel_image "$(default_kernel_package)")
  found=$image
  for suite in $(other_suites); do
    [[ $image != linux-image-"$wanted".* ]] || return 0
    use_suite "$suite" "$2"
    image=$(kernel_image "$(default_kernel_package)")
    found+=" $image"
  done
  [[ $image == linux-image-"$wanted".* ]] || fail "there is no kernel $wanted: this release and $(other_suites) have $found"
}

# kernel_image PACKAGE: prints PACKAGE if it is a kernel image package, else the image package that it depends on.
kernel_image() {
  local image
  image=$(image_dependency "$1")
  [[ -n $image ]] || { apt update && image=$(image_dependency "$1"); }
  [[ -n $image ]] || fail "apt knows no kernel image package \"$1\""
  echo "$image"
}

image_dependency() {
  { apt-cache depends --important "$1" 2>/dev/null || true; } |
    awk -v own="$1" '
      $1 == own && own ~ /^linux-image-(unsigned-)?[0-9]/ { print own; exit }
      $1 == "Depends:" && $2 ~ /^linux-image-(unsigned-)?[0-9]/ { print $2; exit }'
}

# download_kernel IMAGE VERSION ASIDE: makes ASIDE/kernel. Some distributions keep the modules in separate packages.
download_kernel() {
  local image=$1 version=$2 aside=$3 package modules
  local packages=("$image")
  for package in "linux-modules-$version" "linux-modules-extra-$version"; do
    [[ -z $(apt-cache show "$package" 2>/dev/null) ]] || packages+=("$package")
  done
  cd "$aside" || return
  apt_try -o APT::Sandbox::User=root download "${packages[@]}" || return
  for package in ./*.deb; do
    dpkg -x "$package" unpacked || return
    rm "$package"
  done
  modules=unpacked/lib/modules
  [[ -d $modules ]] || modules=unpacked/usr/lib/modules
  mkdir -p kernel/lib/modules
  mv "$modules/$version" kernel/lib/modules/ || return
  unpack_image "unpacked/boot/vmlinuz-$version" kernel/image || return
  # The initramfs loads modules with busybox, which wants them uncompressed.
  find kernel/lib/modules -name '*.ko.xz' -exec unxz {} + || return
  find kernel/lib/modules -name '*.ko.zst' -exec unzstd -q --rm {} + || return
  depmod -b "$PWD/kernel" "$version"
}

# unpack_image VMLINUZ IMAGE: unpacks the compressed kernel inside a bzImage. This takes one second here; the emulated guest took
# four at every boot. QEMU boots both forms, so an image of unknown compression is copied.
# Documentation/arch/x86/boot.rst: setup_sects (0x1f1), payload_offset (0x248), payload_length (0x24c). The payload ends in
# the unpacked length: four bytes after the compressed data.
unpack_image() {
  local vmlinuz=$1 image=$2 sectors offset length unpack
  sectors=$(od -An -v -tu1 -j $((0x1f1)) -N 1 "$vmlinuz")
  read -r offset length < <(od -An -v -tu4 -j $((0x248)) -N 8 "$vmlinuz")
  offset=$(((sectors + 1) * 512 + offset))
  case $(od -An -v -tx1 -j "$offset" -N 4 "$vmlinuz") in
    ' fd 37 7a 58') unpack=(unxz) ;;
    ' 28 b5 2f fd') unpack=(unzstd -q) ;;
    *) cp "$vmlinuz" "$image" && return ;;
  esac
  head -c "$((offset + length - 4))" "$vmlinuz" | tail -c "+$((offset + 1))" | "${unpack[@]}" >"$image"
}
