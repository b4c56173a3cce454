import { renderHook } from '@testing-library/react'
import { describe, expect, it } from 'vitest'

import { usePerCase } from './usePerCase'

describe('a value per case', () => {
  it('stays while the case does and is another one in the very render that shows the next', () => {
    const seen: [string, string][] = []
    let made = 0
    const { rerender } = renderHook(
      ({ caseId }) => {
        const value = usePerCase(caseId, () => `${caseId}#${(made += 1)}`)
        seen.push([caseId, value])
        return value
      },
      { initialProps: { caseId: 'a' } },
    )
    rerender({ caseId: 'a' })
    rerender({ caseId: 'b' })
    rerender({ caseId: 'b' })
    rerender({ caseId: 'a' })
    expect(seen.every(([caseId, value]) => value.startsWith(`${caseId}#`))).toBe(true)
    expect(new Set(seen.map(([, value]) => value)).size).toBe(3)
  })
})
