// What the files of the host share: how JavaScript's arguments are taken and how a system call's result is answered.
#pragma once
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quickjs.h"

/** Of a variable: its value at the end of the build is its value at every start. See snapshot.c. */
#define KEPT __attribute__((section("kept")))

/**
 * A function that JavaScript calls. Each has one form: take all arguments, call, answer the value or minus errno. Arguments of a
 * wrong type or out of range throw. Missing arguments are undefined, up to the length in the function's table.
 */
#define HOST_FUNCTION(name) \
  static JSValue name(JSContext *ctx, __attribute__((unused)) JSValueConst self, __attribute__((unused)) int argc, \
                      __attribute__((unused)) JSValueConst *argv)

/** The functions of one file, by the names that JavaScript calls them. */
struct functions {
  const JSCFunctionListEntry *list;
  int count;
};
#define FUNCTIONS(list) { list, (int)(sizeof list / sizeof *list) }

extern const struct functions FILE_FUNCTIONS, BUFFER_FUNCTIONS, PROCESS_FUNCTIONS, SPAWN_FUNCTIONS, ERROR_FUNCTIONS;
/** Methods of each Buffer. */
extern const struct functions NUMBER_METHODS;
/** Adds the functions of syscalls.c to the object. */
void define_syscalls(JSContext *ctx, JSValueConst host);

/** Bytes of a Uint8Array: valid until JavaScript runs again. */
struct bytes {
  uint8_t *start;
  size_t length;
};

/** A string's UTF-8, ended by a zero. Declare it with TEXT, which gives it back at the end of the block. */
struct text {
  JSContext *ctx;
  const char *start;
  size_t length;
};
void free_text(struct text *text);
#define TEXT __attribute__((cleanup(free_text))) struct text

// Each is false when it has thrown. None of them runs JavaScript: only values that are of the wanted type already are taken.
bool take_int(JSContext *ctx, JSValueConst value, int *number);
bool take_size(JSContext *ctx, JSValueConst value, size_t most, size_t *number);
/** `absent` in place of undefined. */
bool take_size_or(JSContext *ctx, JSValueConst value, size_t absent, size_t *number);
bool take_number(JSContext *ctx, JSValueConst value, int64_t low, int64_t high, int64_t *number);
bool take_bytes(JSContext *ctx, JSValueConst value, struct bytes *bytes);
/** Bytes of which the first `length`, the argument after it, are meant. */
bool take_sized_bytes(JSContext *ctx, JSValueConst value, JSValueConst length, struct bytes *bytes);
bool take_text(JSContext *ctx, JSValueConst value, struct text *text);
/** A string without a zero byte. */
bool take_path(JSContext *ctx, JSValueConst value, struct text *text);

/** A system call's result: minus errno for -1. */
JSValue answer(JSContext *ctx, int64_t result);

/** UTF-8 as WHATWG decodes it: one U+FFFD for each maximal part of a sequence that is not UTF-8. */
JSValue decode_utf8(JSContext *ctx, const uint8_t *bytes, size_t length);
/** Fills `to` with as many bytes of the text. Halves of surrogate pairs that stand alone have no UTF-8: they become U+FFFD. */
void encode_utf8(const struct text *text, struct bytes to);
/** An array of the values, which it takes over. */
JSValue array_of(JSContext *ctx, uint32_t count, JSValue *values);

/** Milliseconds since the start of the process. */
double elapsed_ms(void);

/** Whether the snapshot is being made: what differs from run to run must not be read. */
extern bool building;
/** The arguments of the process. */
extern int argument_count;
extern char **arguments;

// memory.c
JSRuntime *new_runtime(void);
/** Fixes what has been allocated: from now on memory comes from elsewhere. @returns the bytes that are in use */
size_t end_heap(void);

// engine.c
/** Makes the engine, and evaluates all modules of the program but the main one. */
void load_program(const char *file);
/** Evaluates the main module, which ends the process. */
_Noreturn void run_main(void);
/** Ends the process with words on stderr. */
_Noreturn void fail(const char *words, const char *object);

// snapshot.c
/** Writes a copy of this executable in which all KEPT variables have their present values. */
_Noreturn void write_snapshot(const char *output);
/** Whether this executable is such a copy. Ends the process when it is a copy of another executable. */
bool has_snapshot(void);
/** All of a file; ends the process when it cannot be read. */
struct bytes read_whole(const char *file);
