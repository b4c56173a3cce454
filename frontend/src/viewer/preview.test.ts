import { describe, expect, it } from 'vitest'

import { storedRange, valueOf, valuesOf } from './preview'

const CT = { slope: 1, intercept: -1024, factor: 1 }
const PET = { slope: 2.5, intercept: 0, factor: 0.0004 }

describe('pictures that the server draws', () => {
  it('are asked for in stored values, outwards to whole numbers', () => {
    expect(storedRange({ lower: -160, upper: 240 }, CT)).toEqual([864, 1264])
    expect(storedRange({ lower: 0, upper: 5 }, PET)).toEqual([0, 5000])
    expect(storedRange({ lower: 0.0001, upper: 0.0002 }, { ...CT, intercept: 0 })).toEqual([0, 1])
  })

  it('count downwards where the slope does', () => {
    const scale = { slope: -1, intercept: 100, factor: 1 }
    expect(storedRange({ lower: 0, upper: 40 }, scale)).toEqual([60, 100])
    expect(valueOf(60, scale)).toBe(40)
  })

  it('give back the values of their ends, and between them within half a grey', () => {
    const [low, high] = storedRange({ lower: -160, upper: 240 }, CT)
    const [black, white] = [valueOf(low, CT), valueOf(high, CT)]
    const rgba = [0, 0, 0, 255, 255, 255, 255, 255, 128, 128, 128, 255]
    const values = valuesOf(rgba, black, white)
    expect(values).toBeInstanceOf(Int16Array)
    expect([...values]).toEqual([-160, 240, 41])
    const grey = 255 * ((40 - black) / (white - black))
    expect(Math.abs(128 - grey)).toBeLessThan(0.51)
  })

  it('keep fractions where a grey is less than one unit', () => {
    const values = valuesOf([128, 0, 0, 255], 0, 5)
    expect(values).toBeInstanceOf(Float32Array)
    expect(values[0]).toBeCloseTo((128 / 255) * 5, 5)
  })
})
