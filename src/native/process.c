// What a process knows: its clock, environment and arguments. None of it may get into the snapshot.
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

extern char **environ;

/** Of CLOCK_MONOTONIC and CLOCK_REALTIME, at the start of the process. */
static struct timespec started, started_real;

bool building;
int argument_count;
char **arguments;

/** The constructor runs before main, also in the copy that has a snapshot. */
__attribute__((constructor)) static void note_start(void) {
  clock_gettime(CLOCK_MONOTONIC, &started);
  clock_gettime(CLOCK_REALTIME, &started_real);
}

static bool take_running(JSContext *ctx) {
  if (building) JS_ThrowInternalError(ctx, "differs from run to run: it must not be read while the snapshot is made");
  return !building;
}

static double to_ms(struct timespec time) {
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

double elapsed_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return to_ms(now) - to_ms(started);
}

/** performance.now(): () gives the milliseconds since the start of the process. */
HOST_FUNCTION(process_now) {
  if (!take_running(ctx)) return JS_EXCEPTION;
  return JS_NewFloat64(ctx, elapsed_ms());
}

/** performance.timeOrigin: () gives the start of the process in milliseconds since 1970. */
HOST_FUNCTION(process_origin) {
  if (!take_running(ctx)) return JS_EXCEPTION;
  return JS_NewFloat64(ctx, to_ms(started_real));
}

/** () gives an object: the environment. */
HOST_FUNCTION(process_env) {
  if (!take_running(ctx)) return JS_EXCEPTION;
  JSValue env = JS_NewObject(ctx);
  for (char **entry = environ; *entry != NULL; entry++) {
    const char *value = strchr(*entry, '=');
    if (value == NULL || value == *entry) continue;
    JSAtom name = JS_NewAtomLen(ctx, *entry, (size_t)(value - *entry));
    JSValue text = decode_utf8(ctx, (const uint8_t *)value + 1, strlen(value + 1));
    int defined = JS_DefinePropertyValue(ctx, env, name, text, JS_PROP_C_W_E);
    JS_FreeAtom(ctx, name);
    if (defined < 0) {
      JS_FreeValue(ctx, env);
      return JS_EXCEPTION;
    }
  }
  return env;
}

/** () gives an array: the arguments, the first of which is the program's name. */
HOST_FUNCTION(process_argv) {
  if (!take_running(ctx)) return JS_EXCEPTION;
  JSValue array = JS_NewArray(ctx);
  for (int i = 0; i < argument_count; i++) {
    JSValue text = decode_utf8(ctx, (const uint8_t *)arguments[i], strlen(arguments[i]));
    if (JS_SetPropertyUint32(ctx, array, (uint32_t)i, text) >= 0) continue;
    JS_FreeValue(ctx, array);
    return JS_EXCEPTION;
  }
  return array;
}

/** getcwd(3): () gives the path. */
HOST_FUNCTION(process_cwd) {
  char path[PATH_MAX];
  if (!take_running(ctx)) return JS_EXCEPTION;
  if (getcwd(path, sizeof path) == NULL) return answer(ctx, -1);
  return decode_utf8(ctx, (const uint8_t *)path, strlen(path));
}

/** nanosleep(2), to its end: (milliseconds). */
HOST_FUNCTION(process_sleep) {
  double milliseconds;
  if (!JS_IsNumber(argv[0]) || JS_ToFloat64(ctx, &milliseconds, argv[0])) return JS_ThrowTypeError(ctx, "must be a number");
  if (!(milliseconds >= 0 && milliseconds <= INT_MAX)) return JS_ThrowRangeError(ctx, "is out of range");
  struct timespec rest = {.tv_sec = (time_t)(milliseconds / 1e3)};
  rest.tv_nsec = (long)((milliseconds - (double)rest.tv_sec * 1e3) * 1e6);
  while (nanosleep(&rest, &rest) == -1 && errno == EINTR) continue;
  return JS_UNDEFINED;
}

static void set_alarm(int signal) {
  alarm((unsigned)signal);
}

/** signal(2): (signal) has the signal set the alarm clock of the process, with its own number as the seconds. */
HOST_FUNCTION(process_alarm_at) {
  int number;
  if (!take_int(ctx, argv[0], &number)) return JS_EXCEPTION;
  return answer(ctx, signal(number, set_alarm) == SIG_ERR ? -1 : 0);
}

static const JSCFunctionListEntry LIST[] = {
    JS_CFUNC_DEF("now", 0, process_now),     JS_CFUNC_DEF("timeOrigin", 0, process_origin),
    JS_CFUNC_DEF("env", 0, process_env),     JS_CFUNC_DEF("argv", 0, process_argv),
    JS_CFUNC_DEF("cwd", 0, process_cwd),     JS_CFUNC_DEF("sleep", 1, process_sleep),
    JS_CFUNC_DEF("alarmAt", 1, process_alarm_at),
};
const struct functions PROCESS_FUNCTIONS = FUNCTIONS(LIST);

/** gettimeofday(2) as the engine calls it, for the seeds of its tables: these are in the snapshot, and are to be the same in all builds. */
int host_gettimeofday(struct timeval *time, void *zone);
int host_gettimeofday(struct timeval *time, __attribute__((unused)) void *zone) {
  struct timespec now = {0};
  if (!building) clock_gettime(CLOCK_REALTIME, &now);
  *time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
  return 0;
}
