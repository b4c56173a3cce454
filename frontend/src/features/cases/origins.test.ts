import { expect, it } from 'vitest'

import type { Series } from '@/api/types'
import { aStudy } from '@/app/testing/examples'

import { fetchedElsewhere } from './origins'

const from = (...names: string[]) => ({ fetched_from: names.map((name) => ({ name, objects: 3 })) }) as Series

it('names the PACS that stood in, once', () => {
  const study = aStudy({ series: [from('House PACS'), from('Mirror'), from('House PACS', 'Mirror')] })
  expect(fetchedElsewhere(study)).toEqual(['Mirror'])
})

it('says nothing where all came from the study\'s own, or nothing is known', () => {
  expect(fetchedElsewhere(aStudy({ series: [from('House PACS'), from()] }))).toEqual([])
})
