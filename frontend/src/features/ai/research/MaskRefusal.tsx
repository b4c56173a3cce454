import { asProblem } from '@/api/problem'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { adviceFor } from './words'

/** Why a mask is not taken in, and what would help. */
export function MaskRefusal({ problem: thrown, onRetry }: { problem: unknown; onRetry?: () => void }) {
  const problem = asProblem(thrown)
  return <ProblemNotice problem={problem} advice={adviceFor(problem.code) || undefined} onRetry={problem.isTransient ? onRetry : undefined} />
}
