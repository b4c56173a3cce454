import { afterEach, describe, expect, it } from 'vitest'

import { actionOf, bindingsWith, bindKey, conflictOf, nameOfKey, readChosen, resetBindings } from './bindings'
import { BINDINGS } from './keyboard'

afterEach(resetBindings)

describe('keys that a person has chosen', () => {
  it('take the place of the default, and are kept in this browser', () => {
    bindKey('length', ';')
    expect([actionOf(';'), actionOf('m')]).toEqual(['length', null])
    expect(readChosen(localStorage.getItem('consilium.keys'))).toEqual({ length: [';'] })
    resetBindings()
    expect([actionOf(';'), actionOf('m')]).toEqual([null, 'length'])
  })

  it('are checked against what has them already', () => {
    expect(conflictOf('z', 'length')).toBe('zoom')
    expect(conflictOf('m', 'length')).toBeNull()
    expect(conflictOf(';', 'length')).toBeNull()
  })

  it('never give one key to two actions, even where a later version claims it', () => {
    const keys = bindingsWith({ angle: ['z'] }).flatMap((binding) => binding.keys)
    expect(new Set(keys).size).toBe(keys.length)
    expect(bindingsWith({ angle: ['z'] })).toHaveLength(BINDINGS.length)
  })

  it.each(['', 'nonsense', '[]', '{"length":"q"}', '{"length":[7]}', '{"no such":["q"]}', 'null'])(
    'are forgotten where the store holds %j',
    (text) => {
      expect(readChosen(text)).toEqual({})
    },
  )

  it('are named as people read them', () => {
    expect([' ', 'shift+arrowup', 'shift+a', 'ctrl+z', 'escape', '[', '+'].map(nameOfKey)).toEqual([
      'Space',
      'Shift+↑',
      'Shift+A',
      'Ctrl+Z',
      'Escape',
      '[',
      '+',
    ])
  })
})
