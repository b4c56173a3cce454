import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { RegistrationLink } from '@/geometry'

import type { DicomDataset, DicomElement } from './dicomJson'
import { describeSeries } from './frames'
import { placePointer, type RemotePointer } from './overlay/pointers'
import { Viewer } from './viewer'

// No pixels here: what is tested is where positions lie. Every picture is there at once.
vi.mock('./loader', () => ({
  cachedImage: () => ({ color: true, columns: 16, rows: 16 }),
  loadFrame: () => new Promise(() => undefined),
  dropPrefetch: () => undefined,
}))

const element = (...values: unknown[]): DicomElement => ({ Value: values })

const series = (name: string, frame_of_reference_uid: string) =>
  describeSeries(
    [0, 10, 20, 30, 40].map(
      (z): DicomDataset => ({
        '00080060': element('CT'),
        '00080018': element(`${name}.${z}`),
        '0020000E': element(name),
        '00200052': element(frame_of_reference_uid),
        '00200032': element(0, 0, z),
        '00200037': element(1, 0, 0, 0, 1, 0),
        '00280030': element(1, 1),
        '00280010': element(16),
        '00280011': element(16),
      }),
    ),
    `/pixels/${name}`,
  )

const by = { sop_instance_uid: '9.1', name: 'MR to CT', date: '20260301', contradicted: false }
/** MR to CT: thirty millimetres up. */
const link: RegistrationLink = {
  source: 'mr-space',
  target: 'ct-space',
  matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 30, 0, 0, 0, 1],
  by,
}
const pointer: RemotePointer = {
  user: 'u',
  name: 'Rosa',
  colour: 'red',
  series_instance_uid: '2',
  frame_of_reference_uid: 'mr-space',
  point_lps: [8, 8, 10],
  sop_instance_uid: null,
  frame: null,
  point_image: null,
}

describe('positions of another frame of reference', () => {
  let viewer: Viewer
  beforeEach(() => {
    viewer = new Viewer()
    viewer.setLayout({ rows: 1, columns: 2 }, 'program')
    viewer.views[0]?.showSeries(series('1', 'ct-space'), 4, 'program')
    viewer.views[1]?.showSeries(series('2', 'mr-space'), 1, 'program')
  })
  const ct = () => {
    const [view] = viewer.views
    if (view === undefined) throw new Error('no view')
    return view
  }

  it('have no place, and nothing is said, where nothing links them', () => {
    expect(placePointer(ct(), pointer, viewer.registrations)).toBeNull()
    expect(viewer.registeredBy(ct())).toBeNull()
    viewer.goToPoint([8, 8, 0], 'mr-space')
    expect(ct().state.index).toBe(4)
  })

  it('are brought across by a registration, and the view says by which', () => {
    viewer.setRegistrations([link])
    const placed = placePointer(ct(), pointer, viewer.registrations)
    // z = 10 in the MR is 40 in the CT: on the very slice that is shown.
    expect(placed).toMatchObject({ registered: true, strength: 1 })
    expect(viewer.registeredBy(ct())).toBe(by)
    viewer.goToPoint([8, 8, -20], 'mr-space')
    expect(ct().state.index).toBe(1)
    expect(viewer.views[1]?.state.index).toBe(0)
  })

  it('say so for a pointer, too, when its own series is on nobody’s screen here', () => {
    viewer.setRegistrations([link])
    viewer.setLayout({ rows: 1, columns: 1 }, 'program')
    expect(viewer.registeredBy(ct())).toBeNull()
    const told = vi.fn()
    viewer.changed.on(told)
    viewer.people.setPointers([pointer])
    viewer.people.setPointers([{ ...pointer, point_lps: [1, 2, 3] }])
    expect(told).toHaveBeenCalledTimes(1)
    expect(viewer.registeredBy(ct())).toBe(by)
  })
})
