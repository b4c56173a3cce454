const MEBIBYTE = 1024 * 1024
/** Browsers that do not say are taken for a modest office machine. */
const ASSUMED_MEMORY_GIB = 4
const SHARE = 1 / 8
const LEAST_BYTES = 128 * MEBIBYTE
const MOST_BYTES = 1024 * MEBIBYTE

/**
 * What all volumes of one page may hold together: an eighth of the machine, as the browser tells it
 * (`navigator.deviceMemory`, which is rounded and ends at 8).
 */
export function volumeBudget_bytes(
  memory_gib = (navigator as { deviceMemory?: number }).deviceMemory ?? ASSUMED_MEMORY_GIB,
): number {
  const share = memory_gib * 1024 * MEBIBYTE * SHARE
  return Math.max(LEAST_BYTES, Math.min(MOST_BYTES, share))
}

export const inMebibytes = (bytes: number): number => Math.ceil(bytes / MEBIBYTE)
