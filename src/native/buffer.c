// What src/sys/native/buffer.ts, a class that extends Uint8Array, leaves to C: its making, text, and comparisons of bytes.
#include <string.h>

#include "host.h"

static JSValue uint8_array KEPT, buffer_class KEPT;

/** `Reflect.construct(Uint8Array, values, Buffer)`: the constructor of Buffer itself does not run, which takes twice as long. */
static JSValue new_buffer(JSContext *ctx, int count, JSValueConst *values) {
  return JS_CallConstructor2(ctx, uint8_array, buffer_class, count, values);
}

/** A Buffer of zeros: (length). */
HOST_FUNCTION(buffer_alloc) {
  size_t length;
  if (!take_size(ctx, argv[0], INT32_MAX, &length)) return JS_EXCEPTION;
  return new_buffer(ctx, 1, argv);
}

/** A Buffer as `new Uint8Array` makes it: a copy of bytes or numbers, or a view of an ArrayBuffer. */
HOST_FUNCTION(buffer_of) {
  return new_buffer(ctx, 1, argv);
}

/** A Buffer with the UTF-8 of a string: (string). */
HOST_FUNCTION(buffer_encode) {
  TEXT text = {0};
  struct bytes bytes = {0};
  if (!take_text(ctx, argv[0], &text)) return JS_EXCEPTION;
  JSValue length = JS_NewInt64(ctx, (int64_t)text.length), buffer = new_buffer(ctx, 1, &length);
  if (JS_IsException(buffer) || !take_bytes(ctx, buffer, &bytes)) return buffer;
  encode_utf8(&text, bytes);
  return buffer;
}

/** How many bytes of UTF-8 a string has: (string). */
HOST_FUNCTION(buffer_byte_length) {
  TEXT text = {0};
  if (!take_text(ctx, argv[0], &text)) return JS_EXCEPTION;
  return JS_NewInt64(ctx, (int64_t)text.length);
}

/** The text of UTF-8: (bytes, start, end), all of the bytes where these are undefined. */
HOST_FUNCTION(buffer_decode) {
  size_t start, end;
  struct bytes bytes;
  if (!take_size_or(ctx, argv[1], 0, &start) || !take_size_or(ctx, argv[2], SIZE_MAX, &end) ||
      !take_bytes(ctx, argv[0], &bytes))
    return JS_EXCEPTION;
  if (end > bytes.length) end = bytes.length;
  if (start > end) start = end;
  return decode_utf8(ctx, bytes.start + start, end - start);
}

/** An index of subarray within 0 to `length`; negative ones count from the end. */
static bool take_index(JSContext *ctx, JSValueConst value, int64_t absent, int64_t length, int64_t *index) {
  *index = absent;
  if (!JS_IsUndefined(value) && !take_number(ctx, value, INT32_MIN, UINT32_MAX, index)) return false;
  if (*index < 0) *index = *index < -length ? 0 : *index + length;
  if (*index > length) *index = length;
  return true;
}

/** buffer.subarray(start, end): a view. */
HOST_FUNCTION(buffer_subarray) {
  size_t offset, length, size;
  int64_t start, end;
  JSValue store = JS_GetTypedArrayBuffer(ctx, self, &offset, &length, &size), view = JS_EXCEPTION;
  if (JS_IsException(store)) return store;
  int64_t whole = (int64_t)length;
  if (take_index(ctx, argv[0], 0, whole, &start) && take_index(ctx, argv[1], whole, whole, &end)) {
    JSValue values[] = {store, JS_NewInt64(ctx, (int64_t)offset + start), JS_NewInt64(ctx, end > start ? end - start : 0)};
    view = new_buffer(ctx, 3, values);
  }
  JS_FreeValue(ctx, store);
  return view;
}

static const JSCFunctionListEntry METHODS[] = {JS_CFUNC_DEF("subarray", 2, buffer_subarray)};

/** Adds methods to the class: (Buffer, Uint8Array). The other functions make Buffers of this class. */
HOST_FUNCTION(buffer_define) {
  JSValue prototype = JS_GetPropertyStr(ctx, argv[0], "prototype");
  if (JS_IsException(prototype)) return prototype;
  buffer_class = JS_DupValue(ctx, argv[0]);
  uint8_array = JS_DupValue(ctx, argv[1]);
  JS_SetPropertyFunctionList(ctx, prototype, METHODS, sizeof METHODS / sizeof *METHODS);
  JS_SetPropertyFunctionList(ctx, prototype, NUMBER_METHODS.list, NUMBER_METHODS.count);
  JS_FreeValue(ctx, prototype);
  return JS_UNDEFINED;
}

static const JSCFunctionListEntry LIST[] = {
    JS_CFUNC_DEF("defineBuffer", 2, buffer_define),
    JS_CFUNC_DEF("alloc", 1, buffer_alloc),
    JS_CFUNC_DEF("bufferOf", 1, buffer_of),
    JS_CFUNC_DEF("encode", 1, buffer_encode),
    JS_CFUNC_DEF("byteLength", 1, buffer_byte_length),
    JS_CFUNC_DEF("decode", 3, buffer_decode),
};
const struct functions BUFFER_FUNCTIONS = FUNCTIONS(LIST);
