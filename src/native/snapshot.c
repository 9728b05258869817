// The snapshot: a copy of this executable in which all that JavaScript has made before its main module is there from the start. It
// works because the executable has no position-independent code: variables, functions and the heap have the same addresses in it.
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

/** The KEPT variables, by the linker. */
extern char __start_kept[], __stop_kept[];

/** Of all that was linked: the build makes it. */
extern const char BUILD_ID[64];
/** Of the executable that the KEPT variables are from; zeros when they are from none. */
static char kept_build_id[64] KEPT;

bool has_snapshot(void) {
  if (kept_build_id[0] == '\0') return false;
  if (memcmp(kept_build_id, BUILD_ID, sizeof kept_build_id) != 0)
    fail("the snapshot in this executable was made by another build: build it anew", NULL);
  return true;
}

struct bytes read_whole(const char *file) {
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  struct stat found;
  if (fd == -1 || fstat(fd, &found) == -1) fail(strerror(errno), file);
  struct bytes bytes = {malloc((size_t)found.st_size), (size_t)found.st_size};
  if (bytes.start == NULL || read(fd, bytes.start, bytes.length) != found.st_size) fail("cannot be read", file);
  close(fd);
  return bytes;
}

/** Where the KEPT variables are in the executable's file. */
static char *find_kept(struct bytes file) {
  const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)file.start;
  const Elf64_Phdr *segments = (const Elf64_Phdr *)(const void *)(file.start + header->e_phoff);
  uintptr_t start = (uintptr_t)__start_kept, end = (uintptr_t)__stop_kept;
  for (int i = 0; i < header->e_phnum; i++) {
    const Elf64_Phdr *segment = &segments[i];
    if (segment->p_type != PT_LOAD || start < segment->p_vaddr || end > segment->p_vaddr + segment->p_filesz) continue;
    return (char *)file.start + segment->p_offset + (start - segment->p_vaddr);
  }
  fail("no segment holds the snapshot", NULL);
}

void write_snapshot(const char *output) {
  memcpy(kept_build_id, BUILD_ID, sizeof kept_build_id);
  struct bytes file = read_whole("/proc/self/exe");
  memcpy(find_kept(file), __start_kept, (size_t)(__stop_kept - __start_kept));
  int fd = open(output, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0755);
  if (fd == -1) fail(strerror(errno), output);
  if (write(fd, file.start, file.length) != (ssize_t)file.length) fail("cannot be written", output);
  _exit(0);
}
