# shellcheck shell=sh
# Sourced, by bash and by the guest's busybox.

# cover_folder FOLDER MODE [SHOWN...]: mounts an empty tmpfs on FOLDER. Every SHOWN folder below FOLDER stays visible at its path.
cover_folder() {
  covered=$1 aside=$(mktemp -d /tmp/cover.XXXXXX) || return
  # Mounted on FOLDER at once, the tmpfs would hide the folders that are bound into it.
  mount -t tmpfs -o "mode=$2" tmpfs "$aside" || return
  shift 2
  for shown in "$@"; do
    case $shown in
      "$covered"/*) show_folder "$shown" "$aside${shown#"$covered"}" || return ;;
    esac
  done
  # -n: without it util-linux fails, because it keeps a table of mounts in the old /run.
  mount -n -o move "$aside" "$covered" && rmdir "$aside"
}

# show_folder FOLDER PATH: binds FOLDER to PATH, which is made.
show_folder() {
  mkdir -p "$2" && mount -o bind "$1" "$2"
}
