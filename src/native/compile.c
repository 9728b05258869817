// compile OUTPUT [--debug] MODULE...: JavaScript modules to one file of bytecode, as engine.c reads it. A tool of the build.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quickjs.h"

static int define_nothing(__attribute__((unused)) JSContext *ctx, __attribute__((unused)) JSModuleDef *module) {
  return 0;
}

/** The modules that are imported are compiled each by itself. */
static JSModuleDef *load_nothing(JSContext *ctx, const char *name, __attribute__((unused)) void *opaque) {
  return JS_NewCModule(ctx, name, define_nothing);
}

static char *read_text(const char *file, size_t *length) {
  FILE *in = fopen(file, "r");
  if (in == NULL || fseek(in, 0, SEEK_END) != 0) return NULL;
  *length = (size_t)ftell(in);
  rewind(in);
  char *text = calloc(*length + 1, 1);
  if (text == NULL || fread(text, 1, *length, in) != *length) return NULL;
  fclose(in);
  return text;
}

static int write_module(FILE *out, const char *name, const uint8_t *code, uint32_t length) {
  return fputs(name, out) < 0 || fputc('\0', out) == EOF || fwrite(&length, sizeof length, 1, out) != 1 ||
         fwrite(code, 1, length, out) != length;
}

/** In an engine of its own, so that no module's bytecode depends on another module's. */
static int compile(FILE *out, const char *file, int flags) {
  const char *slash = strrchr(file, '/'), *name = slash == NULL ? file : slash + 1;
  JSRuntime *runtime = JS_NewRuntime();
  JSContext *ctx = JS_NewContext(runtime);
  size_t length, size;
  char *text = read_text(file, &length);
  if (text == NULL) return perror(file), 1;
  JS_SetModuleLoaderFunc(runtime, NULL, load_nothing, NULL);
  JSValue module = JS_Eval(ctx, text, length, name, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
  if (JS_IsException(module)) return fprintf(stderr, "%s: %s\n", file, JS_ToCString(ctx, JS_GetException(ctx))), 1;
  uint8_t *code = JS_WriteObject(ctx, &size, module, JS_WRITE_OBJ_BYTECODE | JS_WRITE_OBJ_STRIP_SOURCE | flags);
  return code == NULL || write_module(out, name, code, (uint32_t)size);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  FILE *out = fopen(argv[1], "w");
  if (out == NULL) return perror(argv[1]), 1;
  int debug = strcmp(argv[2], "--debug") == 0;
  for (int i = debug ? 3 : 2; i < argc; i++)
    if (compile(out, argv[i], debug ? 0 : JS_WRITE_OBJ_STRIP_DEBUG)) return 1;
  return fclose(out) == 0 ? 0 : 1;
}
