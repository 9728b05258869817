// vlan-bridge's own host of the engine. What the build has linked is run once, `--snapshot PROGRAM OUTPUT`, and writes the
// executable; that one runs the program.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

/** So that no file of the program gets the number of one of the three that the caller has closed. */
static void open_standard_descriptors(void) {
  for (int fd = 0; fd < 3; fd++)
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd) _exit(1);
}

/** Errors of write(2) in place of signals that end the process. */
static void ignore_write_signals(void) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}

#ifndef CHECKED

/** More than the engine's own limit. */
static char build_stack[8 << 20] __attribute__((aligned(4096)));

static int lowest_free_descriptor(void) {
  int fd = dup(0);
  close(fd);
  return fd;
}

static int build(void *files) {
  char **paths = files;
  int before = lowest_free_descriptor();
  building = true;
  load_program(paths[0]);
  // Its number would mean another file at every start.
  if (lowest_free_descriptor() != before) fail("a module has opened a file while the snapshot was made", NULL);
  fprintf(stderr, "%zu\n", end_heap());
  write_snapshot(paths[1]);
}

/** On a stack whose address is always the same: it is in the snapshot. */
static int build_on_own_stack(char **files) {
  int status = 1;
  pid_t pid = clone(build, build_stack + sizeof build_stack, CLONE_VM | CLONE_VFORK | SIGCHLD, files);
  if (pid == -1 || waitpid(pid, &status, 0) != pid) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

#endif

#ifdef CHECKED
const char *__asan_default_options(void);
/** The process ends by _exit(2): what it has not given back is no leak. */
const char *__asan_default_options(void) {
  return "detect_leaks=0:allocator_may_return_null=1";
}
#endif

int main(int argc, char **argv) {
  open_standard_descriptors();
  ignore_write_signals();
  argument_count = argc;
  arguments = argv;
#ifdef CHECKED
  const char *program = getenv("VLAN_BRIDGE_PROGRAM");
  load_program(program == NULL ? CHECKED : program);
#else
  if (!has_snapshot()) {
    if (argc == 4 && strcmp(argv[1], "--snapshot") == 0) return build_on_own_stack(argv + 2);
    fail("there is no snapshot in this executable: build it with --snapshot PROGRAM OUTPUT", NULL);
  }
#endif
  run_main();
}
