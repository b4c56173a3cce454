import { screen } from '@testing-library/react'
import { expect, it } from 'vitest'

import { accessibilityFaults } from '@/app/testing/accessibility'
import { aFinding, anExternal } from '@/app/testing/examples'
import { renderScreen } from '@/app/testing/render'

import { isFrom, makerWords, verificationWords } from './external'
import { ExternalFacts, ExternalLine, ExternalMark } from './ExternalMark'

it('marks another vendor’s finding, and says nothing on one of this house', () => {
  const { container } = renderScreen(<ExternalMark finding={aFinding()} />)
  expect(container).not.toHaveTextContent('External')
  renderScreen(<ExternalMark finding={aFinding({ external: anExternal() })} />)
  expect(screen.getByText('External')).toBeVisible()
})

it('says who verified it elsewhere, and that it is unreviewed here', async () => {
  const finding = aFinding({
    external: anExternal({
      verification: 'verified',
      verified_by: 'Rossi, Ada (Other House)',
      verified_at: '2026-11-20T10:11:12',
      remarks: [{ code: 'geometry_differs', message: 'Its grid is not that of the images.' }],
    }),
  })
  const { container } = renderScreen(<ExternalFacts finding={finding} />)
  expect(container).toHaveTextContent('Verified elsewhere by Rossi, Ada (Other House)')
  expect(container).toHaveTextContent('Here it is unreviewed all the same.')
  expect(container).toHaveTextContent('Its grid is not that of the images.')
  expect(container).toHaveTextContent('2.25.7 · segment 3')
  expect(await accessibilityFaults(container)).toEqual([])
})

it('says what is not stated', () => {
  const unknown = anExternal({ manufacturer: '', algorithm: '', version: 'unknown', verification: '' })
  expect(makerWords(unknown)).toBe('unknown manufacturer unknown algorithm, version not stated')
  expect(verificationWords(unknown)).toBe('Says nothing of verification')
  const { container } = renderScreen(<ExternalLine finding={aFinding({ external: unknown })} />)
  expect(container).toHaveTextContent('version not stated · Says nothing of verification')
})

it('tells sources apart', () => {
  const ours = aFinding()
  const theirs = aFinding({ external: anExternal() })
  expect([ours, theirs].filter((one) => isFrom(one, 'external'))).toEqual([theirs])
  expect([ours, theirs].filter((one) => isFrom(one, 'house'))).toEqual([ours])
  expect([ours, theirs].filter((one) => isFrom(one, 'all'))).toHaveLength(2)
})
