import { describe, expect, it } from 'vitest'

import { chooseProfile, type DeviceFacts } from './device'

const able: DeviceFacts = {
  webassembly: true,
  webgl2: true,
  software: false,
  memory_gb: 8,
  decode_ms: 12,
}
const NONE = { mode: null, renderer: null }
const GIB = 1024 ** 3

describe('what a machine is asked to do', () => {
  it('builds volumes on the card where there is memory and speed', () => {
    expect(chooseProfile(able, NONE)).toMatchObject({
      mode: 'volume',
      reason: 'able',
      renderer: 'gpu',
      memory_bytes: GIB,
    })
  })

  it.each([
    [{ memory_gb: 2 }, 'stack', 'little_memory'],
    [{ memory_gb: 1 }, 'pictures', 'little_memory'],
    [{ memory_gb: 0.25 }, 'pictures', 'little_memory'],
    [{ decode_ms: 401 }, 'pictures', 'slow_decoder'],
    [{ decode_ms: Infinity }, 'pictures', 'no_decoder'],
    [{ webassembly: false }, 'pictures', 'no_decoder'],
    [{ memory_gb: null }, 'volume', 'able'],
  ] as const)('with %o it is %s, for %s', (part, mode, reason) => {
    expect(chooseProfile({ ...able, ...part }, NONE)).toMatchObject({ mode, reason })
  })

  it('draws by the processor without a card, or with one that is pretended', () => {
    expect(chooseProfile({ ...able, webgl2: false }, NONE).renderer).toBe('canvas')
    expect(chooseProfile({ ...able, software: true }, NONE).renderer).toBe('canvas')
  })

  it('holds an eighth of the memory, within 96 MiB and 1 GiB', () => {
    const bytes = (memory_gb: number): number =>
      chooseProfile({ ...able, memory_gb }, NONE).memory_bytes
    expect(bytes(0.25)).toBe(96 * 1024 ** 2)
    expect(bytes(4)).toBe(GIB / 2)
    expect(bytes(64)).toBe(GIB)
  })

  it('does what a person asks for, but for what cannot be', () => {
    const slow = { ...able, decode_ms: 900 }
    expect(chooseProfile(slow, { ...NONE, mode: 'volume' })).toMatchObject({
      mode: 'volume',
      reason: 'wished',
    })
    const without = { ...able, webassembly: false }
    expect(chooseProfile(without, { ...NONE, mode: 'stack' }).mode).toBe('pictures')
  })
})
