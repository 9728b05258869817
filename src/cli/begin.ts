/** The time when the engine was ready, by performance.now(). main.ts imports this module first, so it is evaluated first. */
export const beganMs = performance.now();
