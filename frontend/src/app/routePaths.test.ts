import { expect, it } from 'vitest'

import { pathsOf } from './routePaths'

it('names every screen of a tree once, whichever shells stand above it', () => {
  const tree = [
    { path: '/sign-in' },
    {
      children: [
        { children: [{ path: '/cases/:caseId/view' }] },
        { path: '/', children: [{ children: [{ index: true }, { path: 'worklist' }, { path: '*' }] }] },
      ],
    },
  ]
  expect(pathsOf(tree as never)).toEqual(['/sign-in', '/cases/:caseId/view', '/', '/worklist', '/*'])
})
