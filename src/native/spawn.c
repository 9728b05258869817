// Other executables, run to their end within limits of time and output.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

enum ended { BY_ITSELF, BY_TIME, BY_SIZE };

/** What a program printed to one of its pipes. */
struct output {
  int fd;
  uint8_t *start;
  size_t length;
};

struct run {
  pid_t pid;
  int status;
  enum ended ended;
  int stdin_fd;
  struct bytes input;
  struct output outputs[2];
  double deadline_ms;
  size_t most;
};

static void close_fd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/** The strings of an array, NULL at the end: {NULL} when it has thrown. */
static char **take_strings(JSContext *ctx, JSValueConst array) {
  int64_t count;
  if (!JS_IsArray(array) || JS_GetLength(ctx, array, &count)) return JS_ThrowTypeError(ctx, "must be an array"), NULL;
  char **strings = calloc((size_t)count + 1, sizeof *strings);
  for (int64_t i = 0; strings != NULL && i < count; i++) {
    JSValue item = JS_GetPropertyInt64(ctx, array, i);
    TEXT text = {0};
    bool taken = take_path(ctx, item, &text);
    JS_FreeValue(ctx, item);
    if (taken && (strings[i] = strdup(text.start)) != NULL) continue;
    for (int64_t k = 0; k < i; k++) free(strings[k]);
    free(strings);
    return NULL;
  }
  return strings;
}

static void free_strings(char ***strings) {
  if (*strings == NULL) return;
  for (char **string = *strings; *string != NULL; string++) free(*string);
  free(*strings);
}
#define STRINGS __attribute__((cleanup(free_strings))) char **

/**
 * Starts the program with the signals as they are by default and none blocked: 0 or errno. `fds` are
 * the ends of the pipes that become its descriptors 0, 1 and 2; ours close by themselves.
 */
static int start(pid_t *pid, const char *file, char **argv, char **env, const int fds[3]) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  int failed = posix_spawnattr_setsigdefault(&attributes, &all);
  if (failed == 0) failed = posix_spawnattr_setsigmask(&attributes, &none);
  if (failed == 0) failed = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  for (int i = 0; i < 3 && failed == 0; i++) failed = posix_spawn_file_actions_adddup2(&actions, fds[i], i);
  if (failed == 0) failed = posix_spawn(pid, file, &actions, &attributes, argv, env);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

static void end_run(struct run *run, enum ended ended) {
  run->ended = ended;
  kill(run->pid, SIGKILL);
}

/** Takes what a pipe has: false at its end. */
static bool read_output(struct run *run, struct output *output) {
  static uint8_t chunk[65536];
  ssize_t count = read(output->fd, chunk, sizeof chunk);
  if (count <= 0) return count == -1 && errno == EINTR;
  size_t taken = (size_t)count, room = run->most - output->length;
  uint8_t *larger = realloc(output->start, output->length + (taken < room ? taken : room));
  if (taken > room || larger == NULL) end_run(run, BY_SIZE);
  if (larger == NULL) return true;
  output->start = larger;
  memcpy(output->start + output->length, chunk, taken < room ? taken : room);
  output->length += taken < room ? taken : room;
  return true;
}

/** Gives the program some of its input; one that does not read is fine. */
static void write_input(struct run *run) {
  ssize_t count = write(run->stdin_fd, run->input.start, run->input.length);
  if (count > 0) run->input = (struct bytes){run->input.start + count, run->input.length - (size_t)count};
  bool retry = count == -1 && (errno == EAGAIN || errno == EINTR);
  if (run->input.length == 0 || (count == -1 && !retry)) close_fd(&run->stdin_fd);
}

/** Until both outputs have ended, or a limit is reached. */
static void exchange(struct run *run) {
  struct output *outputs = run->outputs;
  if (run->input.length == 0) close_fd(&run->stdin_fd);
  while (run->ended == BY_ITSELF && (outputs[0].fd >= 0 || outputs[1].fd >= 0)) {
    struct pollfd polled[] = {{outputs[0].fd, POLLIN, 0}, {outputs[1].fd, POLLIN, 0}, {run->stdin_fd, POLLOUT, 0}};
    double left_ms = run->deadline_ms - elapsed_ms();
    int ready = left_ms <= 0 ? 0 : poll(polled, 3, (int)left_ms + 1);
    if (ready == 0) end_run(run, BY_TIME);
    if (ready <= 0) continue;
    for (int i = 0; i < 2; i++)
      if (polled[i].revents != 0 && !read_output(run, &outputs[i])) close_fd(&outputs[i].fd);
    if (polled[2].revents != 0) write_input(run);
  }
}

/** Waits for the program itself, within its time. */
static void wait_for(struct run *run) {
  for (;;) {
    pid_t ended = waitpid(run->pid, &run->status, run->ended == BY_ITSELF ? WNOHANG : 0);
    if (ended == run->pid || (ended == -1 && errno != EINTR)) return;
    if (elapsed_ms() > run->deadline_ms && run->ended == BY_ITSELF) end_run(run, BY_TIME);
    if (run->ended == BY_ITSELF) poll(NULL, 0, 1);
  }
}

static int run_program(struct run *run, const char *file, char **argv, char **env) {
  int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1};
  int failed = pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC) ? errno : 0;
  if (failed == 0) failed = fcntl(in[1], F_SETFL, O_NONBLOCK) == -1 ? errno : 0;
  if (failed == 0) failed = start(&run->pid, file, argv, env, (int[]){in[0], out[1], err[1]});
  close_fd(&in[0]);
  close_fd(&out[1]);
  close_fd(&err[1]);
  run->stdin_fd = in[1];
  run->outputs[0].fd = out[0];
  run->outputs[1].fd = err[0];
  if (failed == 0) {
    exchange(run);
    wait_for(run);
  }
  close_fd(&run->stdin_fd);
  close_fd(&run->outputs[0].fd);
  close_fd(&run->outputs[1].fd);
  return failed;
}

static JSValue output_of(JSContext *ctx, const struct output *output) {
  static const uint8_t NOTHING[1];
  return JS_NewUint8ArrayCopy(ctx, output->start == NULL ? NOTHING : output->start, output->length);
}

static void free_run(struct run *run) {
  free(run->outputs[0].start);
  free(run->outputs[1].start);
}

/**
 * posix_spawn(3): (file, argv, env, input, timeoutMs, mostBytes) gives [errno, wait status, 0 or 1 for the time or 2 for the output
 * that was too much, stdout, stderr]. With such an end the program was killed.
 */
HOST_FUNCTION(spawn_program) {
  __attribute__((cleanup(free_run))) struct run run = {0};
  TEXT file = {0};
  size_t timeout_ms;
  if (!take_path(ctx, argv[0], &file) || !take_size(ctx, argv[4], INT32_MAX, &timeout_ms) ||
      !take_size(ctx, argv[5], INT32_MAX, &run.most))
    return JS_EXCEPTION;
  STRINGS args = take_strings(ctx, argv[1]);
  STRINGS env = args == NULL ? NULL : take_strings(ctx, argv[2]);
  if (env == NULL || !take_bytes(ctx, argv[3], &run.input)) return JS_EXCEPTION;
  run.deadline_ms = elapsed_ms() + (double)timeout_ms;
  int failed = run_program(&run, file.start, args, env);
  JSValue fields[] = {
      JS_NewInt32(ctx, failed),
      JS_NewInt32(ctx, run.status),
      JS_NewInt32(ctx, run.ended),
      output_of(ctx, &run.outputs[0]),
      output_of(ctx, &run.outputs[1]),
  };
  return array_of(ctx, sizeof fields / sizeof *fields, fields);
}

static const JSCFunctionListEntry LIST[] = {JS_CFUNC_DEF("spawn", 6, spawn_program)};
const struct functions SPAWN_FUNCTIONS = FUNCTIONS(LIST);
