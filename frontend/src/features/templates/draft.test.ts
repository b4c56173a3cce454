import { describe, expect, it } from 'vitest'

import { keyFor, modalitiesFrom, moved } from './draft'

describe('the key of a new item', () => {
  it('is its name in plain letters', () => {
    expect(keyFor('Lung function (FEV1)', [])).toBe('lung_function_fev1')
    expect(keyFor('Ätiologie', [])).toBe('a_tiologie')
  })
  it('is used once', () => {
    expect(keyFor('CT', ['ct', 'ct_2'])).toBe('ct_3')
  })
  it('is there though the name has no letter, and never begins with a figure', () => {
    expect(keyFor('  ', [])).toBe('item')
    expect(keyFor('18F-FDG', [])).toBe('f_fdg')
  })
})

it('reads modalities as people type them', () => {
  expect(modalitiesFrom('ct, MR / pt')).toEqual(['CT', 'MR', 'PT'])
  expect(modalitiesFrom(' ')).toEqual([])
})

it('moves a row by one place and not beyond the end', () => {
  expect(moved(['a', 'b', 'c'], 1, 1)).toEqual(['a', 'c', 'b'])
  expect(moved(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c'])
})
