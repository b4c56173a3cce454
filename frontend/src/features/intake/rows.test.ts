import { expect, it } from 'vitest'

import { editedFields, fieldsByColumn, mapColumn, nextToDo, textOf } from './rows'
import { aList, aRow } from './testing'

it('a column is one thing and a thing is one column', () => {
  const mapping = { patient_id: 0, name: 1 }
  expect(mapColumn(mapping, 2, 'name')).toEqual({ patient_id: 0, name: 2 })
  expect(mapColumn(mapping, 1, null)).toEqual({ patient_id: 0 })
  expect(mapColumn(mapping, 0, 'name')).toEqual({ name: 0 })
  expect(fieldsByColumn(mapping)).toEqual({ 0: 'patient_id', 1: 'name' })
})

it('a correction stands before what the list says, even when it is empty', () => {
  const list = aList()
  expect(textOf(list, aRow(), 'birth_date')).toBe('04.05.1961')
  expect(textOf(list, aRow({ corrections: { birth_date: '' } }), 'birth_date')).toBe('')
  expect(textOf(list, aRow(), 'stage')).toBe('')
})

it('what is wrong can be mended even where the list has no such column', () => {
  const row = aRow({ errors: [{ field: 'issuer', code: 'issuer_needed' }] })
  expect(editedFields(aList(), row)).toContain('issuer')
  expect(editedFields(aList(), aRow())).not.toContain('issuer')
})

it('goes to the next row that waits for somebody, round the end', () => {
  const rows = [aRow({ state: 'choice' }), aRow(), aRow({ state: 'error' }), aRow()]
  expect(nextToDo(rows, 0)).toBe(2)
  expect(nextToDo(rows, 2)).toBe(0)
  expect(nextToDo([aRow()], 0)).toBeNull()
})
