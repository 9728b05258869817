// The engine's memory. What is allocated while the snapshot is made lies in one section of the executable, which the snapshot keeps.
#define _GNU_SOURCE
#include <stdalign.h>
#include <string.h>
#include <sys/mman.h>

#include "host.h"

/** An allocation that ends in an error which JavaScript can catch, long before the kernel would end the process. */
#define MEMORY_LIMIT ((size_t)512 << 20)

#ifdef CHECKED

JSRuntime *new_runtime(void) {
  JSRuntime *runtime = JS_NewRuntime();
  if (runtime != NULL) JS_SetMemoryLimit(runtime, MEMORY_LIMIT);
  return runtime;
}

#else

/** More than this has a mapping of its own, except in the snapshot. */
#define LARGE ((size_t)64 << 10)
/** What a call allocates, more or less: .bss costs no system call. */
#define FRESH ((size_t)256 << 10)
#define CHUNK ((size_t)1 << 20)
#define PAGE ((size_t)4096)
#define SMALLEST ((size_t)64)
#define CLASSES 80

/** Before each allocation. `capacity` is what follows; a mapping of its own has the class CLASSES. */
struct block {
  alignas(16) size_t capacity;
  size_t class;
};

static char heap[HEAP_SIZE] KEPT __attribute__((aligned(4096)));
static char fresh[FRESH] __attribute__((aligned(4096)));

/** Where new blocks are cut off. */
static char *next KEPT, *end KEPT;
/** Blocks that were given back, by class: the first bytes of each are the address of another one. */
static struct block *unused[CLASSES] KEPT;
static bool heap_ended KEPT;

/** Blocks have one of four sizes between two powers of two. */
static size_t class_of(size_t size, size_t *capacity) {
  if (size < SMALLEST) size = SMALLEST;
  unsigned log = 63u - (unsigned)__builtin_clzll(size);
  size_t step = (size_t)1 << (log - 2), rounded = (size + step - 1) & ~(step - 1);
  log = 63u - (unsigned)__builtin_clzll(rounded);
  *capacity = rounded;
  return 4 * (size_t)(log - 6) + ((rounded >> (log - 2)) & 3);
}

static void *map(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

static size_t mapping_size(size_t size) {
  return (size + sizeof(struct block) + PAGE - 1) & ~(PAGE - 1);
}

static void *own_mapping(size_t size) {
  struct block *block = map(mapping_size(size));
  if (block == NULL) return NULL;
  *block = (struct block){mapping_size(size) - sizeof *block, CLASSES};
  return block + 1;
}

/** A block of memory that was never used: zeros. */
static struct block *cut_off(size_t size) {
  if ((size_t)(end - next) < size) {
    if (!heap_ended) fail("the heap of the snapshot is too small", NULL);
    char *chunk = map(CHUNK);
    if (chunk == NULL) return NULL;
    next = chunk;
    end = chunk + CHUNK;
  }
  struct block *block = (struct block *)next;
  next += size;
  return block;
}

static void *allocate(size_t size, bool zeros) {
  size_t capacity, class;
  if (size > MEMORY_LIMIT) return NULL;
  if (size > LARGE && heap_ended) return own_mapping(size);
  class = class_of(size, &capacity);
  struct block *block = unused[class];
  if (block != NULL) {
    memcpy(&unused[class], block + 1, sizeof(struct block *));
    if (zeros) memset(block + 1, 0, size);
    return block + 1;
  }
  block = cut_off(capacity + sizeof *block);
  if (block == NULL) return NULL;
  *block = (struct block){capacity, class};
  return block + 1;
}

static void *host_malloc(__attribute__((unused)) void *opaque, size_t size) {
  return allocate(size, false);
}

static void *host_calloc(__attribute__((unused)) void *opaque, size_t count, size_t size) {
  size_t total;
  return __builtin_mul_overflow(count, size, &total) ? NULL : allocate(total, true);
}

static void host_free(__attribute__((unused)) void *opaque, void *memory) {
  if (memory == NULL) return;
  struct block *block = (struct block *)memory - 1;
  if (block->class == CLASSES) {
    munmap(block, block->capacity + sizeof *block);
    return;
  }
  memcpy(memory, &unused[block->class], sizeof(struct block *));
  unused[block->class] = block;
}

static void *host_realloc(void *opaque, void *memory, size_t size) {
  if (memory == NULL) return host_malloc(opaque, size);
  struct block *block = (struct block *)memory - 1;
  if (size <= block->capacity) return memory;
  if (size > MEMORY_LIMIT) return NULL;
  if (block->class == CLASSES) {
    block = mremap(block, block->capacity + sizeof *block, mapping_size(size), MREMAP_MAYMOVE);
    if (block == MAP_FAILED) return NULL;
    block->capacity = mapping_size(size) - sizeof *block;
    return block + 1;
  }
  void *larger = host_malloc(opaque, size);
  if (larger == NULL) return NULL;
  memcpy(larger, memory, block->capacity);
  host_free(opaque, memory);
  return larger;
}

static size_t usable_size(const void *memory) {
  return ((const struct block *)memory - 1)->capacity;
}

JSRuntime *new_runtime(void) {
  static const JSMallocFunctions OURS = {host_calloc, host_malloc, host_free, host_realloc, usable_size};
  next = heap;
  end = heap + sizeof heap;
  JSRuntime *runtime = JS_NewRuntime2(&OURS, NULL);
  if (runtime != NULL) JS_SetMemoryLimit(runtime, MEMORY_LIMIT);
  return runtime;
}

size_t end_heap(void) {
  size_t used = (size_t)(next - heap);
  heap_ended = true;
  next = fresh;
  end = fresh + sizeof fresh;
  // So that a block which a call takes is not one of a page of the snapshot that would have to be copied.
  memset(unused, 0, sizeof unused);
  return used;
}

#endif
