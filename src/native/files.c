// What a system call of syscalls.c cannot answer with a number: the kind of a file, and the names in a directory.
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "host.h"

/** [dev, ino, mode, uid, size, rdev], of which dev and ino, which may have 64 bits, are BigInts. */
static JSValue status(JSContext *ctx, int result, const struct stat *found) {
  if (result == -1) return answer(ctx, -1);
  JSValue fields[] = {
      JS_NewBigUint64(ctx, found->st_dev),
      JS_NewBigUint64(ctx, found->st_ino),
      JS_NewInt64(ctx, found->st_mode),
      JS_NewInt64(ctx, found->st_uid),
      JS_NewInt64(ctx, found->st_size),
      JS_NewInt64(ctx, (int64_t)found->st_rdev),
  };
  return array_of(ctx, sizeof fields / sizeof *fields, fields);
}

/** stat(2), lstat(2): (path, followLinks) gives `status`. */
HOST_FUNCTION(file_stat) {
  TEXT path = {0};
  struct stat found;
  if (!take_path(ctx, argv[0], &path)) return JS_EXCEPTION;
  int flags = JS_ToBool(ctx, argv[1]) ? 0 : AT_SYMLINK_NOFOLLOW;
  return status(ctx, fstatat(AT_FDCWD, path.start, &found, flags), &found);
}

/** fstat(2): (fd) gives `status`. */
HOST_FUNCTION(file_fstat) {
  int fd;
  struct stat found;
  if (!take_int(ctx, argv[0], &fd)) return JS_EXCEPTION;
  return status(ctx, fstat(fd, &found), &found);
}

/** statfs(2): (path) gives f_type. */
HOST_FUNCTION(file_statfs) {
  TEXT path = {0};
  struct statfs found;
  if (!take_path(ctx, argv[0], &path)) return JS_EXCEPTION;
  return answer(ctx, statfs(path.start, &found) == -1 ? -1 : (int64_t)found.f_type);
}

/** Adds the names in the directory to the array: 0, or errno of what failed. */
static int add_names(JSContext *ctx, DIR *directory, JSValueConst array) {
  uint32_t count = 0;
  for (;;) {
    errno = 0;
    const struct dirent *entry = readdir(directory);
    if (entry == NULL) return errno;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    JSValue name = decode_utf8(ctx, (const uint8_t *)entry->d_name, strlen(entry->d_name));
    if (JS_IsException(name) || JS_SetPropertyUint32(ctx, array, count++, name) < 0) return ENOMEM;
  }
}

/** opendir(3), readdir(3): (path) gives the names without "." and "..". */
HOST_FUNCTION(file_readdir) {
  TEXT path = {0};
  if (!take_path(ctx, argv[0], &path)) return JS_EXCEPTION;
  DIR *directory = opendir(path.start);
  if (directory == NULL) return answer(ctx, -1);
  JSValue names = JS_NewArray(ctx);
  int failed = JS_IsException(names) ? ENOMEM : add_names(ctx, directory, names);
  closedir(directory);
  if (failed == 0) return names;
  JS_FreeValue(ctx, names);
  JS_FreeValue(ctx, JS_GetException(ctx));
  return JS_NewInt32(ctx, -failed);
}

#define CONSTANT(name) JS_PROP_INT32_DEF(#name, name, JS_PROP_ENUMERABLE)

static const JSCFunctionListEntry CONSTANTS[] = {
    CONSTANT(O_RDONLY), CONSTANT(O_WRONLY),   CONSTANT(O_RDWR),     CONSTANT(O_CREAT),   CONSTANT(O_EXCL),
    CONSTANT(O_TRUNC),  CONSTANT(O_NONBLOCK), CONSTANT(O_NOFOLLOW), CONSTANT(O_CLOEXEC), CONSTANT(S_IFMT),
    CONSTANT(S_IFREG),  CONSTANT(S_IFDIR),    CONSTANT(S_IXUSR),    CONSTANT(S_IWGRP),   CONSTANT(S_IWOTH),
};

static const JSCFunctionListEntry LIST[] = {
    JS_CFUNC_DEF("stat", 2, file_stat),
    JS_CFUNC_DEF("fstat", 1, file_fstat),
    JS_CFUNC_DEF("statfs", 1, file_statfs),
    JS_CFUNC_DEF("readdir", 1, file_readdir),
    JS_OBJECT_DEF("constants", CONSTANTS, (int)(sizeof CONSTANTS / sizeof *CONSTANTS), JS_PROP_ENUMERABLE),
};
const struct functions FILE_FUNCTIONS = FUNCTIONS(LIST);
