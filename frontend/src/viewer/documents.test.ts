import { describe, expect, it } from 'vitest'

import { DocumentPlaces } from './documents'

const letter = { id: 'a', title: 'Letter', date: '', study_instance_uid: '1.2', page_url: '/p/' }

function opened(pages: number): DocumentPlaces {
  const places = new DocumentPlaces()
  places.open(0, letter)
  places.setPages(0, pages)
  return places
}

describe('a document in a viewport', () => {
  it('is paged within its pages', () => {
    const places = opened(3)
    places.perform(0, 'nextSeries')
    places.perform(0, 'nextImage')
    places.perform(0, 'nextImage')
    expect(places.at(0)?.page).toBe(3)
    places.perform(0, 'firstImage')
    expect(places.at(0)?.page).toBe(1)
    places.perform(0, 'lastImage')
    expect(places.at(0)?.page).toBe(3)
  })

  it('moves by arrow when enlarged, and stays on the page', () => {
    const places = opened(2)
    places.perform(0, 'zoomIn')
    for (let i = 0; i < 9; i += 1) places.perform(0, 'nextImage')
    expect(places.at(0)).toMatchObject({ page: 1, centre: [0.5, 1] })
    places.perform(0, 'fit')
    expect(places.at(0)).toMatchObject({ zoom: 1, centre: [0.5, 0.5] })
  })

  it('leaves to the picture what means nothing on a page, and everything where there is none', () => {
    const places = opened(1)
    expect(places.perform(0, 'length')).toBe(false)
    expect(places.perform(1, 'nextImage')).toBe(false)
    expect(places.perform(0, 'cancel')).toBe(true)
    expect(places.at(0)).toBeNull()
  })

  it('goes with its viewport when the grid shrinks', () => {
    const places = opened(1)
    places.open(3, letter)
    places.closeFrom(2)
    expect([places.at(0)?.id, places.at(3)]).toEqual(['a', null])
  })
})
