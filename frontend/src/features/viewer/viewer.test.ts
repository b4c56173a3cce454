import { describe, expect, it } from 'vitest'

import type { MeasurementBody } from '@/protocol/generated'
import { measurement, ROSA, SUMI } from '@/protocol/testing'

import { actionOf } from './bindings'
import { BINDINGS, keyNameOf } from './keyboard'
import { drawnFrom } from './measurementStore'
import lesions from '../../locales/en/lesions.json'
import presence from '../../locales/en/presence.json'
import replay from '../../locales/en/replay.json'
import tools from '../../locales/en/tools.json'
import english from '../../locales/en/viewer.json'

describe('keyboard', () => {
  it('gives no key to two actions', () => {
    const keys = BINDINGS.flatMap((binding) => binding.keys)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('names every action in the catalogue', () => {
    const names = [english, tools, replay, presence, lesions].flatMap(({ keys }) => Object.keys(keys))
    expect(BINDINGS.filter((binding) => !names.includes(binding.action))).toEqual([])
  })

  it.each([
    [{ key: 'ArrowDown' }, 'nextImage'],
    [{ key: 'ArrowDown', shiftKey: true }, 'tenForward'],
    [{ key: '+', shiftKey: true }, 'zoomIn'],
    [{ key: '?', shiftKey: true }, 'help'],
    [{ key: 'z' }, 'zoom'],
    [{ key: 'z', ctrlKey: true }, 'undo'],
    [{ key: 'z', metaKey: true }, 'undo'],
    [{ key: 'q' }, 'eraser'],
    [{ key: ';' }, null],
  ])('reads %j as %s', (press, action) => {
    const event = { ctrlKey: false, metaKey: false, shiftKey: false, ...press }
    expect(actionOf(keyNameOf(event))).toBe(action)
  })
})

describe('measurements as drawn', () => {
  const rules = { my_id: ROSA.id, may_write: true, colourOf: () => 'blue', my_colour: 'yellow' }
  const mine = measurement('m', 1, 24)
  const theirs: MeasurementBody = { ...measurement('n', 1, 10), author: SUMI }

  it('lets nobody drag what another person has drawn', () => {
    const drawn = drawnFrom({ items: [mine, theirs], pending: [] }, rules)
    expect(drawn.map(({ id, editable, colour }) => [id, editable, colour])).toEqual([
      ['m', true, 'yellow'],
      ['n', false, 'blue'],
    ])
    expect(
      drawnFrom({ items: [mine], pending: [] }, { ...rules, may_write: false })[0]?.editable,
    ).toBe(false)
  })

  it('claims no number while a change is not acknowledged', () => {
    const moved = {
      ...mine,
      points_lps: [
        [0, 0, 0],
        [50, 0, 0],
      ] as [number, number, number][],
    }
    const [drawn] = drawnFrom({ items: [mine], pending: [moved] }, rules)
    expect(drawn).toMatchObject({ pending: true, text: '…', points_lps: moved.points_lps })
  })
})
