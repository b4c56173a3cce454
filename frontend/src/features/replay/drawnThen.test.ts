import { afterEach, expect, it, vi } from 'vitest'

import { drawnApi } from '@/api/drawn'
import { Signal } from '@/viewer/signal'

import { DrawnThen, slicesOf } from './drawnThen'

afterEach(() => vi.restoreAllMocks())

/** Three frames of 3 × 3 pixels: not a whole number of bytes each. */
const SHAPE = [3, 3, 3] as const
const packed = (...set: number[]): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(4)
  for (const at of set) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7))
  return bytes
}

function setUp() {
  const laid = new Map<string, number[]>()
  const masks = {
    remove: (id: string) => {
      for (const key of [...laid.keys()]) if (key.startsWith(id)) laid.delete(key)
    },
    setSlice: (id: string, { sop_instance_uid }: { sop_instance_uid: string }, values: Uint8Array) => {
      laid.set(`${id} ${sop_instance_uid}`, [...values].flatMap((value, at) => (value ? [at] : [])))
    },
  }
  const viewer = { masks, overlaysChanged: new Signal() }
  vi.spyOn(drawnApi, 'grid').mockResolvedValue({
    shape: [...SHAPE],
    sop_instance_uids: ['1.1', '1.2', '1.3'],
    frames: [1, 1, 1],
  })
  return { laid, drawn: new DrawnThen(viewer as unknown as ConstructorParameters<typeof DrawnThen>[0]) }
}

it('cuts packed bits into the frames that have some', () => {
  const found = [...slicesOf(packed(0, 8, 18), SHAPE)]
  expect(found.map(({ frame, values }) => [frame, [...values]])).toEqual([
    [0, [1, 0, 0, 0, 0, 0, 0, 0, 1]],
    [2, [1, 0, 0, 0, 0, 0, 0, 0, 0]],
  ])
  expect(() => [...slicesOf(new Uint8Array(3), SHAPE)]).toThrow(RangeError)
})

it('shows a segment at the revision of the time, and asks for each once', async () => {
  const { laid, drawn } = setUp()
  const voxels = vi
    .spyOn(drawnApi, 'voxels')
    .mockImplementation((_, revision) => Promise.resolve(revision === 1 ? packed(4) : packed(4, 13)))
  await drawn.show([{ segmentation: 's', segment: 1, revision: 2 }])
  expect([...laid]).toEqual([['drawn:s:1 1.1', [4]], ['drawn:s:1 1.2', [4]]])
  await drawn.show([{ segmentation: 's', segment: 1, revision: 2 }])
  expect(voxels).toHaveBeenCalledTimes(1)
  await drawn.show([{ segmentation: 's', segment: 1, revision: 1 }])
  expect([...laid]).toEqual([['drawn:s:1 1.1', [4]]])
  await drawn.show([{ segmentation: 's', segment: 1, revision: 0 }])
  expect([...laid]).toEqual([])
})

it('drops an answer of a time that is over', async () => {
  const { laid, drawn } = setUp()
  let answer: (bits: Uint8Array<ArrayBuffer>) => void = () => undefined
  vi.spyOn(drawnApi, 'voxels').mockImplementation((_, revision) =>
    revision === 1 ? new Promise((resolve) => (answer = resolve)) : Promise.resolve(packed(13)),
  )
  const early = drawn.show([{ segmentation: 's', segment: 1, revision: 1 }])
  await drawn.show([{ segmentation: 's', segment: 1, revision: 2 }])
  answer(packed(4))
  await early
  expect([...laid]).toEqual([['drawn:s:1 1.2', [4]]])
})

it('says what could not be read, and asks again', async () => {
  const { laid, drawn } = setUp()
  const voxels = vi.spyOn(drawnApi, 'voxels').mockRejectedValueOnce(new Error('gone'))
  const one = { segmentation: 's', segment: 1, revision: 1 }
  await expect(drawn.show([one])).rejects.toThrow('gone')
  voxels.mockResolvedValue(packed(4))
  await drawn.show([one])
  expect(laid.size).toBe(1)
})
