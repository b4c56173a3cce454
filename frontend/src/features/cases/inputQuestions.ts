import { asProblem } from '@/api/problem'

/** An input of a model for which several series of the study fit (UIDs): a person chooses. */
export interface InputQuestion {
  role: string
  label: string
  series: string[]
}

/** What a refused request asks back; null where it was refused for another reason. */
export function questionOf(error: unknown): InputQuestion | null {
  const { code, details } = asProblem(error)
  const { role, label, series } = details
  if (code !== 'inputs_ambiguous' || typeof role !== 'string' || !Array.isArray(series)) return null
  return { role, label: typeof label === 'string' ? label : role, series: series.filter((uid) => typeof uid === 'string') }
}
