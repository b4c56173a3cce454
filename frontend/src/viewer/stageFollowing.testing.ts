import type { DicomDataset, DicomElement } from './dicomJson'
import { describeSeries, type SeriesDescription } from './frames'
import { SeriesLibrary } from './seriesLibrary'
import type { StackView } from './stackView'
import { Viewer } from './viewer'
import type { Fusion } from './volume/reformat'

const element = (...values: unknown[]): DicomElement => ({ Value: values })
const HEIGHTS = [0, 5, 10, 15, 20]

function series(name: string): SeriesDescription {
  const instances = HEIGHTS.map(
    (z): DicomDataset => ({
      '00080060': element('CT'),
      '00080018': element(`${name}.${z}`),
      '0020000D': element('1'),
      '0020000E': element(name),
      '00200052': element('2.25.1'),
      '00200032': element(0, 0, z),
      '00200037': element(1, 0, 0, 0, 1, 0),
      '00280030': element(1, 1),
      '00280010': element(16),
      '00280011': element(16),
      '00281050': element(40),
      '00281051': element(400),
      '00281052': element(0),
      '00281053': element(1),
    }),
  )
  const frames = HEIGHTS.flatMap((_, at) => [at, 1])
  return describeSeries(instances, `/pixels/${name}`, [
    { number: 1, facets: [], is_volume: true, warnings: [], frames },
  ])
}

const CASE = new Map(['1.1', '1.2'].map((name) => [name, series(name)]))

class CaseLibrary extends SeriesLibrary {
  override has(uid: string): boolean {
    return CASE.has(uid)
  }
  override open(uid: string): Promise<SeriesDescription> {
    const found = CASE.get(uid)
    return found ? Promise.resolve(found) : Promise.reject(new Error('not of the case'))
  }
}

const fusion: Fusion = {
  series_instance_uid: '1.2',
  stack: 1,
  opacity: 0.4,
  colormap: 'hot_iron',
  range: { lower: 1, upper: 8 },
}

const first = (viewer: Viewer): StackView => {
  const [view] = viewer.views
  if (view === undefined) throw new Error('no view')
  return view
}

/** Two people with the same case on their screens, and what one of them may do with it. */
export const personMoves = {
  viewer: (): Viewer => new Viewer(new CaseLibrary()),
  fusion,
  acts: {
    'slice and series': (viewer: Viewer) => {
      first(viewer).setIndex(4, 'user')
      void viewer.show(1, '1.1', 'user')
    },
    'layout and active viewport': (viewer: Viewer) => {
      viewer.setLayout({ rows: 2, columns: 2 }, 'user')
      viewer.setActive(2, 'user')
    },
    'window and inversion': (viewer: Viewer) => {
      first(viewer).setVoi({ lower: -900, upper: 300, invert: true }, 'user')
    },
    rotation: (viewer: Viewer) => first(viewer).rotate(90),
    'both flips': (viewer: Viewer) => {
      first(viewer).flip('horizontal')
      first(viewer).flip('vertical')
    },
    'zoom and centre': (viewer: Viewer) => {
      first(viewer).zoom(2.5)
      first(viewer).pan([3, -2])
    },
    'a coronal slab': (viewer: Viewer) => {
      viewer.planes.orient(first(viewer), 'coronal')
      viewer.planes.setSlab(first(viewer), { projection: 'mean', slab_mm: 12 })
    },
    'a turning projection': (viewer: Viewer) => {
      viewer.planes.project(first(viewer))
      first(viewer).planes.turn(3)
    },
    'a fusion': (viewer: Viewer) => {
      first(viewer).setFusion(fusion, CASE.get('1.2') ?? null, 'user')
    },
  } satisfies Record<string, (viewer: Viewer) => void>,
}
