// The system calls that JavaScript makes by itself: a row for each, and one function that takes the arguments of all of them.
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "host.h"

#ifdef CHECKED
#include <sanitizer/asan_interface.h>
#endif

/** The kernel takes six at most. */
#define MOST_ARGUMENTS 6

/**
 * `arguments` has a letter for each argument of the system call.
 * Taken from JavaScript: `i` an int, `u` an unsigned number, `p` a path, `b` bytes with their length in the next argument, `B` bytes
 * of which all are meant (two arguments of the call as well), `a` bytes whose length `s` limits, the bytes of a socklen_t, `t` the
 * bytes of a struct itimerval, `z` a 0 where C has a pointer. Not taken: `d` is AT_FDCWD, `0` is 0.
 */
struct row {
  const char *name;
  long number;
  const char *arguments;
};

static const struct row ROWS[] = {
    {"open", SYS_openat, "dpii"},              // open(2): (path, flags, mode) gives the descriptor
    {"close", SYS_close, "i"},                 // close(2): (fd)
    {"read", SYS_read, "iB"},                  // read(2): (fd, bytes) gives how many were read, 0 at the end
    {"write", SYS_write, "iB"},                // write(2): (fd, bytes) gives how many were written
    {"fchmod", SYS_fchmod, "ii"},              // fchmod(2): (fd, mode)
#ifdef SYS_unlink                              // newer processors have only the calls with a folder's descriptor
    {"mkdir", SYS_mkdir, "pi"},                // mkdir(2): (path, mode)
    {"unlink", SYS_unlink, "p"},               // unlink(2): (path)
    {"rename", SYS_rename, "pp"},              // rename(2): (from, to)
#else
    {"mkdir", SYS_mkdirat, "dpi"},
    {"unlink", SYS_unlinkat, "dp0"},
    {"rename", SYS_renameat, "dpdp"},
#endif
    {"socket", SYS_socket, "iii"},             // socket(2): (domain, type, protocol) gives the descriptor
    {"setsockopt", SYS_setsockopt, "iiib"},    // setsockopt(2): (fd, level, option, value, length)
    {"bind", SYS_bind, "ib"},                  // bind(2): (fd, address, length)
    {"sendto", SYS_sendto, "ibib"},            // sendto(2): (fd, bytes, length, flags, address, length) gives how many were sent
    {"recvfrom", SYS_recvfrom, "ibias"},       // recvfrom(2): (fd, bytes, length, flags, address, lengthBytes) gives the length
    {"setns", SYS_setns, "ii"},                // setns(2): (fd, nstype)
    {"flock", SYS_flock, "ii"},                // flock(2): (fd, operation)
    {"getitimer", SYS_getitimer, "it"},        // getitimer(2): (which, value)
    {"getrandom", SYS_getrandom, "bi"},        // getrandom(2): (bytes, length, flags) gives how many were filled
    {"ioctl", SYS_ioctl, "iuu"},               // ioctl(2) with a number as its argument: (fd, request, argument)
    {"_exit", SYS_exit_group, "i"},            // _exit(2): (code)
    {"prctl", SYS_prctl, "iu"},                // prctl(2): (option, argument)
    {"waitpid", SYS_wait4, "izi0"},            // waitpid(2): (pid, 0, options) gives the process, or 0
    {"kill", SYS_kill, "ii"},                  // kill(2): (pid, signal)
    {"pid", SYS_getpid, ""},                   // getpid(2)
    {"euid", SYS_geteuid, ""},                 // geteuid(2)
};
#define ROW_COUNT (sizeof ROWS / sizeof *ROWS)

/** What is taken for one call; the texts are held until it is over. */
struct call {
  long values[MOST_ARGUMENTS];
  size_t count;
  struct text texts[2];
  size_t text_count;
  /** The bytes that were taken last. */
  struct bytes bytes;
};

static void free_call(struct call *call) {
  while (call->text_count > 0) free_text(&call->texts[--call->text_count]);
}

static void put(struct call *call, long value) {
  call->values[call->count++] = value;
}

/** The bytes of a structure or number of that size. */
static bool take_structure(JSContext *ctx, JSValueConst value, size_t size, struct bytes *bytes) {
  if (!take_bytes(ctx, value, bytes)) return false;
  if (bytes->length != size) JS_ThrowRangeError(ctx, "has another length than its structure");
  return bytes->length == size;
}

static bool take_room(JSContext *ctx, JSValueConst value, struct call *call) {
  struct bytes bytes;
  socklen_t room;
  if (!take_structure(ctx, value, sizeof room, &bytes)) return false;
  memcpy(&room, bytes.start, sizeof room);
  bool fits = room <= call->bytes.length;
  if (!fits) JS_ThrowRangeError(ctx, "is more than the bytes before it");
  put(call, (long)bytes.start);
  return fits;
}

/** The kernel reads and writes unseen by the compiler's checks: they are asked about all bytes that it is given. */
static void check_bytes(const struct bytes *bytes) {
#ifdef CHECKED
  if (__asan_region_is_poisoned(bytes->start, bytes->length) != NULL) __builtin_trap();
#else
  (void)bytes;
#endif
}

/** Takes what the letter wants of the arguments at `argv`: how many those were, or -1 when it has thrown. */
static int take(JSContext *ctx, char letter, JSValueConst *argv, struct call *call) {
  int number;
  size_t size;
  switch (letter) {
    case 'd':
      return put(call, AT_FDCWD), 0;
    case '0':
      return put(call, 0), 0;
    case 'i':
      if (!take_int(ctx, argv[0], &number)) return -1;
      return put(call, number), 1;
    case 'u':
    case 'z':
      if (!take_size(ctx, argv[0], letter == 'z' ? 0 : UINT32_MAX, &size)) return -1;
      return put(call, (long)size), 1;
    case 'p':
      if (!take_path(ctx, argv[0], &call->texts[call->text_count])) return -1;
      return put(call, (long)call->texts[call->text_count++].start), 1;
    case 't':
      if (!take_structure(ctx, argv[0], sizeof(struct itimerval), &call->bytes)) return -1;
      return put(call, (long)call->bytes.start), 1;
    case 's':
      return take_room(ctx, argv[0], call) ? 1 : -1;
    default:
      if (letter == 'b' ? !take_sized_bytes(ctx, argv[0], argv[1], &call->bytes) : !take_bytes(ctx, argv[0], &call->bytes))
        return -1;
      check_bytes(&call->bytes);
      put(call, (long)call->bytes.start);
      if (letter != 'a') put(call, (long)call->bytes.length);
      return letter == 'b' ? 2 : 1;
  }
}

/** The system call of the row: its result, or minus errno. */
static JSValue make_call(JSContext *ctx, __attribute__((unused)) JSValueConst self, __attribute__((unused)) int argc,
                         JSValueConst *argv, int row) {
  __attribute__((cleanup(free_call))) struct call call = {0};
  for (const char *letter = ROWS[row].arguments; *letter != '\0'; letter++) {
    int taken = take(ctx, *letter, argv, &call);
    if (taken < 0) return JS_EXCEPTION;
    argv += taken;
  }
  const long *v = call.values;
  return answer(ctx, syscall(ROWS[row].number, v[0], v[1], v[2], v[3], v[4], v[5]));
}

void define_syscalls(JSContext *ctx, JSValueConst host) {
  for (size_t row = 0; row < ROW_COUNT; row++) {
    JSValue function = JS_NewCFunctionMagic(ctx, make_call, ROWS[row].name, MOST_ARGUMENTS, JS_CFUNC_generic_magic, (int)row);
    JS_SetPropertyStr(ctx, host, ROWS[row].name, function);
  }
}
