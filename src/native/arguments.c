// JavaScript's arguments as C's, and C's results as JavaScript's.
#include <math.h>
#include <string.h>

#include "host.h"

bool take_number(JSContext *ctx, JSValueConst value, int64_t low, int64_t high, int64_t *number) {
  double given;
  if (!JS_IsNumber(value) || JS_ToFloat64(ctx, &given, value)) {
    JS_ThrowTypeError(ctx, "must be a number");
    return false;
  }
  // Compared as numbers of 53 bits, which all limits here are.
  if (!(given >= (double)low && given <= (double)high) || given != trunc(given)) {
    JS_ThrowRangeError(ctx, "is out of range");
    return false;
  }
  *number = (int64_t)given;
  return true;
}

bool take_int(JSContext *ctx, JSValueConst value, int *number) {
  int64_t taken;
  if (!take_number(ctx, value, INT32_MIN, INT32_MAX, &taken)) return false;
  *number = (int)taken;
  return true;
}

bool take_size(JSContext *ctx, JSValueConst value, size_t most, size_t *number) {
  int64_t taken;
  if (!take_number(ctx, value, 0, (int64_t)most, &taken)) return false;
  *number = (size_t)taken;
  return true;
}

bool take_size_or(JSContext *ctx, JSValueConst value, size_t absent, size_t *number) {
  *number = absent;
  return JS_IsUndefined(value) || take_size(ctx, value, UINT32_MAX, number);
}

bool take_bytes(JSContext *ctx, JSValueConst value, struct bytes *bytes) {
  bytes->start = JS_GetUint8Array(ctx, &bytes->length, value);
  return bytes->start != NULL;
}

bool take_sized_bytes(JSContext *ctx, JSValueConst value, JSValueConst length, struct bytes *bytes) {
  return take_bytes(ctx, value, bytes) && take_size(ctx, length, bytes->length, &bytes->length);
}

bool take_text(JSContext *ctx, JSValueConst value, struct text *text) {
  if (!JS_IsString(value)) {
    JS_ThrowTypeError(ctx, "must be a string");
    return false;
  }
  text->ctx = ctx;
  text->start = JS_ToCStringLen(ctx, &text->length, value);
  return text->start != NULL;
}

bool take_path(JSContext *ctx, JSValueConst value, struct text *text) {
  if (!take_text(ctx, value, text)) return false;
  if (strlen(text->start) == text->length) return true;
  JS_ThrowTypeError(ctx, "must not hold a zero byte");
  return false;
}

void free_text(struct text *text) {
  if (text->start != NULL) JS_FreeCString(text->ctx, text->start);
}

JSValue answer(JSContext *ctx, int64_t result) {
  return JS_NewInt64(ctx, result == -1 ? -errno : result);
}

JSValue array_of(JSContext *ctx, uint32_t count, JSValue *values) {
  JSValue array = JS_NewArray(ctx);
  // Each is given away, to an array or to nothing.
  for (uint32_t i = 0; i < count; i++) {
    if (JS_IsException(array)) JS_FreeValue(ctx, values[i]);
    else if (JS_SetPropertyUint32(ctx, array, i, values[i]) < 0) {
      JS_FreeValue(ctx, array);
      array = JS_EXCEPTION;
    }
  }
  return array;
}
