import { expect, it } from 'vitest'

import type { DicomDataset } from './dicomJson'
import { paletteOf } from './palette'

const inline = (...bytes: number[]) => ({ vr: 'OW', InlineBinary: btoa(String.fromCharCode(...bytes)) })
const us = (...Value: number[]) => ({ vr: 'US', Value })

const dataset = (descriptor: number[], red: object, green = red, blue = red): DicomDataset => ({
  '00281101': us(...descriptor),
  '00281102': us(...descriptor),
  '00281103': us(...descriptor),
  '00281201': red,
  '00281202': green,
  '00281203': blue,
})

it('reads 16-bit entries little endian', () => {
  const palette = paletteOf(dataset([2, 0, 16], inline(0x00, 0xff, 0x34, 0x12)))
  expect([...(palette?.red.data ?? [])]).toEqual([0xff00, 0x1234])
  expect(palette?.red.descriptor).toEqual([2, 0, 16])
})

it('reads 8-bit entries packed or in words, each colour its own', () => {
  const packed = paletteOf(dataset([3, 5, 8], inline(1, 2, 3, 0), inline(4, 5, 6, 0), inline(7, 8, 9, 0)))
  expect([packed?.red, packed?.green, packed?.blue].map((channel) => [...(channel?.data ?? [])])).toEqual([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
  const words = paletteOf(dataset([2, 0, 8], inline(9, 0, 7, 0)))
  expect([...(words?.red.data ?? [])]).toEqual([9, 7])
})

it('takes zero entries for 65536', () => {
  const palette = paletteOf(dataset([0, 0, 8], inline(...new Array<number>(65536).fill(3))))
  expect(palette?.red.data.length).toBe(65536)
})

it('reads words that came as numbers', () => {
  expect([...(paletteOf(dataset([2, 0, 16], us(258, 3)))?.blue.data ?? [])]).toEqual([258, 3])
})

it('is none when a colour is missing, too short or described as nonsense', () => {
  const whole = dataset([2, 0, 16], inline(1, 2, 3, 4))
  expect(paletteOf(whole)).not.toBeNull()
  expect(paletteOf({ ...whole, '00281203': undefined })).toBeNull()
  expect(paletteOf(dataset([4, 0, 16], inline(1, 2, 3, 4)))).toBeNull()
  expect(paletteOf(dataset([2, 0, 12], inline(1, 2, 3, 4)))).toBeNull()
  expect(paletteOf({})).toBeNull()
})
