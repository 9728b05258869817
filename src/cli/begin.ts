/** When the first module of the program was evaluated, by performance.now(): the engine was ready. main.ts imports it first. */
export const beganMs = performance.now();
