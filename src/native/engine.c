// The engine, and the program's modules in it.
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host.h"

/** More than the deepest input needs. */
#define MOST_STACK ((size_t)4 << 20)
#define MAIN "main.js"
#define LIBRARY "library.js"

static JSRuntime *runtime KEPT;
static JSContext *context KEPT;
static JSValue main_module KEPT;

/** What compile.c has written: for each module its name, a zero, the length of its bytecode in four bytes, and the bytecode. */
static struct bytes program;

/** Prints the error that the engine has thrown and ends the process. */
static _Noreturn void fail_with_exception(void) {
  JSValue error = JS_GetException(context), stack = JS_GetPropertyStr(context, error, "stack");
  const char *words = JS_ToCString(context, error), *lines = JS_ToCString(context, stack);
  fprintf(stderr, "vlan-bridge: %s\n%s", words == NULL ? "error" : words, lines == NULL ? "" : lines);
  _exit(1);
}

void fail(const char *words, const char *object) {
  fprintf(stderr, "vlan-bridge: %s%s%s\n", object == NULL ? "" : object, object == NULL ? "" : ": ", words);
  _exit(1);
}

/** Finds a module's bytecode in the program: false when it has none of that name. */
static bool find_module(const char *name, struct bytes *code) {
  const uint8_t *at = program.start, *end = at + program.length;
  while (at < end) {
    const char *found = (const char *)at;
    uint32_t length;
    at += strlen(found) + 1;
    memcpy(&length, at, sizeof length);
    *code = (struct bytes){(uint8_t *)at + sizeof length, length};
    if (strcmp(found, name) == 0) return true;
    at += sizeof length + length;
  }
  return false;
}

static JSModuleDef *load_module(JSContext *ctx, const char *name, __attribute__((unused)) void *opaque) {
  struct bytes code;
  if (!find_module(name, &code)) {
    JS_ThrowReferenceError(ctx, "there is no module %s", name);
    return NULL;
  }
  JSValue module = JS_ReadObject(ctx, code.start, code.length, JS_READ_OBJ_BYTECODE);
  if (JS_IsException(module)) return NULL;
  JSModuleDef *definition = JS_VALUE_GET_PTR(module);
  // The context holds it.
  JS_FreeValue(ctx, module);
  return definition;
}

/** A module by its name, with the modules that it imports, not yet evaluated. */
static JSValue require_module(const char *name) {
  JSModuleDef *definition = load_module(context, name, NULL);
  if (definition == NULL) fail_with_exception();
  JSValue module = JS_MKPTR(JS_TAG_MODULE, definition);
  if (JS_ResolveModule(context, module) < 0) fail_with_exception();
  return JS_DupValue(context, module);
}

static void evaluate(JSValue module) {
  JSValue promise = JS_EvalFunction(context, module);
  if (JS_IsException(promise)) fail_with_exception();
  if (JS_PromiseState(context, promise) == JS_PROMISE_REJECTED) {
    JS_Throw(context, JS_PromiseResult(context, promise));
    fail_with_exception();
  }
  JS_FreeValue(context, promise);
}

/** What the program uses of the language. There is no eval, and no compiler of regular expressions: compile.c has compiled them. */
static void new_context(void) {
  runtime = new_runtime();
  context = runtime == NULL ? NULL : JS_NewContextRaw(runtime);
  if (context == NULL) fail("there is not enough memory", NULL);
  if (JS_AddIntrinsicBaseObjects(context) || JS_AddIntrinsicRegExp(context) || JS_AddIntrinsicJSON(context) ||
      JS_AddIntrinsicMapSet(context) || JS_AddIntrinsicTypedArrays(context) || JS_AddIntrinsicPromise(context) ||
      JS_AddIntrinsicBigInt(context) || JS_AddIntrinsicDate(context) || JS_AddIntrinsicProxy(context))
    fail_with_exception();
  // A call is over before it would have paid to look for garbage.
  JS_SetGCThreshold(runtime, SIZE_MAX);
  // The same in every build: it is in the snapshot.
  JS_SetMaxStackSize(runtime, MOST_STACK);
  JS_SetModuleLoaderFunc(runtime, NULL, load_module, NULL);
}

static void define_host(void) {
  static const struct functions *const ALL[] = {&FILE_FUNCTIONS, &BUFFER_FUNCTIONS, &PROCESS_FUNCTIONS, &SPAWN_FUNCTIONS,
                                                &ERROR_FUNCTIONS};
  JSValue global = JS_GetGlobalObject(context), host = JS_NewObject(context);
  for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++)
    JS_SetPropertyFunctionList(context, host, ALL[i]->list, ALL[i]->count);
  define_syscalls(context, host);
  JS_SetPropertyStr(context, global, "host", host);
  // Its seed is in the snapshot: every run would have the same numbers.
  JSValue math = JS_GetPropertyStr(context, global, "Math");
  JSAtom random = JS_NewAtom(context, "random");
  JS_DeleteProperty(context, math, random, 0);
  JS_FreeAtom(context, random);
  JS_FreeValue(context, math);
  JS_FreeValue(context, global);
}

void load_program(const char *file) {
  program = read_whole(file);
  new_context();
  define_host();
  evaluate(require_module(LIBRARY));
  main_module = require_module(MAIN);
  JSContext *job;
  while (JS_ExecutePendingJob(runtime, &job) > 0) continue;
  JS_RunGC(runtime);
}

/** Half of the stack that the caller allows: what is deeper is an error in JavaScript, not the end of the process. */
static void limit_stack(void) {
  struct rlimit limit;
  size_t most = MOST_STACK;
  if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur / 2 < most)
    most = limit.rlim_cur / 2;
  JS_UpdateStackTop(runtime);
  JS_SetMaxStackSize(runtime, most);
}

void run_main(void) {
  limit_stack();
  evaluate(JS_DupValue(context, main_module));
  fail("the program has not ended the process", NULL);
}
