import { useState } from 'react'

/**
 * One value per case: another case gets another value within the same render, so that nothing of
 * the former patient is ever drawn beside the name of the next.
 */
export function usePerCase<Value>(caseId: string, make: () => Value): Value {
  const [held, setHeld] = useState(() => ({ caseId, value: make() }))
  if (held.caseId === caseId) return held.value
  const next = { caseId, value: make() }
  setHeld(next)
  return next.value
}
