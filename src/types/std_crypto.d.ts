// Types for "@std/crypto/timing-safe-equal", whose npm build carries none (see CONTRIBUTING.md).
export function timingSafeEqual(
  a: ArrayBufferView | ArrayBufferLike,
  b: ArrayBufferView | ArrayBufferLike,
): boolean;
