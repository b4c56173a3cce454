import { describe, expect, it } from 'vitest'

import { withSwitched } from './followOverlays'

const set = (...names: string[]): Set<string> => new Set(names)

describe("LIVE-V1: one's own overlays and the presenter's", () => {
  it('what the presenter switches is switched here, and nothing else', () => {
    expect(withSwitched(set('own'), set('a'), set('a', 'b'))).toEqual(set('own', 'b'))
    expect(withSwitched(set('own', 'a', 'b'), set('a', 'b'), set('b'))).toEqual(set('own', 'b'))
  })

  it('what was hidden here stays hidden while the presenter leaves it on', () => {
    expect(withSwitched(set('own'), set('a'), set('a'))).toEqual(set('own'))
    expect(withSwitched(set(), set('a'), set('a', 'b'))).toEqual(set('b'))
  })
})
