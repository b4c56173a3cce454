import { describe, expect, it } from 'vitest'

import { pointersAt } from './pointersThen'

const place = { series_instance_uid: '1.2', frame_of_reference_uid: '1.9', sop_instance_uid: '1.2.3', frame: 1 }
const began = Date.parse('2027-01-12T14:00:00Z')
const track = {
  from_at: '2027-01-12T14:00:00Z',
  people: ['a', 'b'],
  places: [place],
  samples: [
    [0, 0, 0, [1, 2, 3]],
    [200, 0, 0, [4, 5, 6]],
    [300, 1, 0, [7, 8]],
    [900, 0, -1, []],
  ] as const,
}
const at = (ms: number) =>
  pointersAt([track], began + ms, new Map([['a', { id: 'a', display_name: 'Dr A', discipline: 'surgery' }]]))

describe('pointers at a time of the recording', () => {
  it('are where people pointed last, and nowhere before', () => {
    expect(at(-1)).toEqual([])
    expect(at(100)).toMatchObject([{ user: 'a', name: 'Dr A', point_lps: [1, 2, 3], point_image: null }])
    expect(at(250)).toMatchObject([{ point_lps: [4, 5, 6] }])
  })

  it('keep image coordinates where the image has no patient space', () => {
    expect(at(350)).toMatchObject([{ user: 'a' }, { user: 'b', point_lps: null, point_image: [7, 8] }])
  })

  it('end when somebody stops pointing, or has not moved for long', () => {
    expect(at(950).map(({ user }) => user)).toEqual(['b'])
    expect(at(5_301)).toEqual([])
  })
})
